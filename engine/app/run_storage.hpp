// The directory of a run: journal, ledger, the configuration it began with.
#pragma once

#include "engine/app/replay_session.hpp"

namespace polyquant::app {

// Makes the directory, with an earlier run moved aside (over the one that was aside before) if
// `fresh`, and opens what belongs to the run; another run's journal there is refused.
Result<ReplaySession::Storage> open_storage(ReplayPlan const& plan, bool fresh);

// What strategies are told, into the storage: quote table, trained models and the market's blend as
// the configuration names them. A run that goes on begins with the models it began with.
Result<void> open_models(
    config::RunConfig const& config, ReplayPlan const& plan, ReplaySession::Storage& storage
);

// What the run began with, so that it can go on after its files were edited. Written once: a reload
// on the way is in the journal.
Result<void> keep_config(config::RunConfig config, ReplayPlan const& plan);

ExitCode exit_for(Failure const& failure);

} // namespace polyquant::app

// Where a live run keeps what must outlast it: one ledger for a mode, and for each start a journal
// and recordings of its own.
//
//   state/scalp/paper/ledger.sqlite            every fact, of all starts
//   state/scalp/paper/config.toml              the configuration of the newest start
//   state/scalp/paper/journal/20261123T031500Z.log
//   state/scalp/paper/tape/...                 what the feeds brought
//   state/scalp/paper/models/20261123T031500Z/ copies of the trained models, the blend and the
//   values
//                                              from outside it used, which config.toml names
//                                              instead of the originals
#pragma once

#include "config/run_config.hpp"
#include "engine/app/trained_models.hpp"
#include "engine/ledger/ledger.hpp"
#include "engine/runtime/journal.hpp"
#include "models/calibration/ask_table.hpp"
#include "models/registry/fitted_blend.hpp"

#include <filesystem>
#include <memory>
#include <string>

namespace polyquant::app {

struct LiveStorage {
    std::filesystem::path directory;
    std::string name; // of this start: "20261123T031500Z"
    std::unique_ptr<runtime::Journal> journal;
    std::shared_ptr<ledger::Ledger> ledger;
    std::uint64_t facts_recovered = 0; // the last process's journal was ahead of its ledger
    std::uint64_t facts_known = 0;     // of all earlier starts
    models::calibration::AskTable quote_table = models::calibration::AskTable{};
    TrainedModels trained{};
    std::optional<models::registry::FittedBlend> blend{};
};

// Locks the ledger (a second instance is refused with the holder's process id), books what the last
// process could not, and opens this start's journal. `now` names it.
Result<LiveStorage> open_live_storage(
    std::filesystem::path const& directory, config::RunConfig const& config, UtcTime now
);

// Copies the models, their values from outside and the blend of the storage into models/<name>:
// whatever is promoted or fitted anew later, a replay or backtest of the run's tapes with its
// config.toml decides with these. Nothing to do where the configuration asks for neither.
Result<void> keep_models(
    LiveStorage const& storage,
    config::RunConfig const& config,
    std::string const& name,
    UtcTime now
);

} // namespace polyquant::app

// Which changes a running engine accepts. A refused reload changes nothing.
#pragma once

#include "config/run_config.hpp"

#include <map>
#include <string>
#include <vector>

namespace polyquant::config {

// Full keys ("risk.kill_switch", "strategy.s1.bet"), sections in their fixed order, then the
// strategies. A strategy that came or went is one entry whose missing side is empty.
std::vector<ParamChange> diff_configs(RunConfig const& before, RunConfig const& after);

// What the engine knows about a strategy when it is asked to reload; all of it is optional and only
// makes the answer more telling.
struct StrategyRecord {
    Usdc bankroll;
    int wins = 0;
    int losses = 0;
    bool open_positions = false;
};

using ReloadHistory = std::map<std::string, StrategyRecord, std::less<>>;

struct ReloadVerdict {
    std::vector<ParamChange> changes;
    ConfigProblems refusals;
    // Consequences a trader should see: break-even before and after against the record, a strategy
    // that stops at once, a new epoch.
    std::vector<std::string> notes;
    std::vector<std::string> new_epochs; // names of the strategies whose statistics restart

    bool accepted() const { return refusals.empty(); }
};

// Rules, in this order: what is fixed for the life of the process may not change; strategies may
// not come, go or change their kind; a bankroll is moved in the ledger, not here; a risk limit may
// be tightened freely and loosened only where the new file says `allow_loosening = true` in [risk];
// no strategy may be unsound by its own numbers unless it has `force = true`.
ReloadVerdict
check_reload(RunConfig const& running, RunConfig const& next, ReloadHistory const& history = {});

// For the console: one line a change, then notes or refusals.
std::string to_string(ReloadVerdict const& verdict);

} // namespace polyquant::config

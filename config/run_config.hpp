// Everything a run is configured with: one or several TOML files merged, checked as a whole.
// Secrets are never part of it; they come from the encrypted keystore or the environment.
#pragma once

#include "config/endpoint_params.hpp"
#include "config/execution_params.hpp"
#include "config/feed_params.hpp"
#include "config/learning_params.hpp"
#include "config/model_params.hpp"
#include "config/risk_params.hpp"
#include "config/run_params.hpp"
#include "config/settlement_params.hpp"
#include "config/simulated_params.hpp"
#include "config/strategy_kind.hpp"
#include "config/wallet_params.hpp"

#include <boost/system/result.hpp>

#include <filesystem>
#include <iosfwd>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace polyquant::config {

struct RunConfig {
    RunParams run;
    FeedParams feed;
    EndpointParams endpoints;
    WalletParams wallet;
    ModelParams model;
    RiskParams risk;
    ExecutionParams execution;
    SimulatedParams simulated;
    SettlementParams settlement;
    LearningParams learning;
    std::vector<StrategyConfig> strategies; // in the order of the files

    // Where each key that a file sets was set: "risk.kill_switch", "strategy.s1.bet". What is not
    // here is a default. No part of the hash.
    std::map<std::string, Origin, std::less<>> origins;

    StrategyConfig const* find(std::string_view strategy) const;
    Origin origin_of(std::string_view key) const;

    // The tapes as paths that open from the working directory: relative ones start at the folder of
    // the file that names them.
    std::vector<std::filesystem::path> tape_paths() const;

    // TOML that loads to an equal configuration; the hash is over this text.
    std::string print() const;
    std::uint64_t hash() const;
};

// Calls visit(name, params) for the ten sections in their fixed order.
template <class Config, class Visit>
void for_each_section(Config& config, Visit visit) {
    visit("run", config.run);
    visit("feed", config.feed);
    visit("endpoints", config.endpoints);
    visit("wallet", config.wallet);
    visit("model", config.model);
    visit("risk", config.risk);
    visit("execution", config.execution);
    visit("simulated", config.simulated);
    visit("settlement", config.settlement);
    visit("learning", config.learning);
}

using Loaded = boost::system::result<RunConfig, ConfigProblems>;

// Using a configuration that did not load is a bug of ours.
[[noreturn]] void
throw_exception_from_error(ConfigProblems const& problems, boost::source_location const& where);

// All problems of all files at once. A key set in two files is a problem unless both agree.
Loaded load_run_config(std::span<std::filesystem::path const> files, StrategyKinds kinds);

// The same from text, for tests and for `--set`-like uses; `name` stands for the file in problems.
struct ConfigText {
    std::string name;
    std::string text;
};

Loaded parse_run_config(std::span<ConfigText const> texts, StrategyKinds kinds);

// Strategies that lose or can never trade by their own numbers and are not forced.
ConfigProblems unsound_strategies(RunConfig const& config);

} // namespace polyquant::config

// Every kind of strategy, one explicit line each in catalog.cpp.
#pragma once

#include "strategies/strategy.hpp"

#include <memory>

namespace polyquant::strategies {

// For load_run_config and for the generated documentation.
config::StrategyKinds strategy_kinds();

// `config` has been checked by load_run_config; an unknown kind is a bug.
std::unique_ptr<Strategy> make_strategy(config::StrategyConfig const& config);

} // namespace polyquant::strategies

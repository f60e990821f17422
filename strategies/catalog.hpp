// Every kind of strategy, one explicit line each in catalog.cpp.
#pragma once

#include "strategies/strategy.hpp"

#include <memory>

namespace polyquant::strategies {

namespace expiry {
class ExpiryStrategy;
}

// For load_run_config and for the generated documentation.
config::StrategyKinds strategy_kinds();

// Does it trade the windows of our coins (StrategyActor)? Otherwise it is an expiry strategy.
bool trades_windows(config::StrategyConfig const& config);

// `config` has been checked by load_run_config; an unknown kind, or one of the other sort, is a
// bug.
std::unique_ptr<Strategy> make_strategy(config::StrategyConfig const& config);
std::unique_ptr<expiry::ExpiryStrategy> make_expiry(config::StrategyConfig const& config);

} // namespace polyquant::strategies

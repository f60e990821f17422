// What a backtest plays: recorded books, or markets made of bars with quotes of a model.
#pragma once

#include "engine/app/backtest_command.hpp"
#include "engine/app/replay_feed.hpp"
#include "engine/app/replay_plan.hpp"

#include <memory>

namespace polyquant::app {

struct BacktestInput {
    ReplayPlan plan;
    std::unique_ptr<RunInput> input;
    backtest::RunRecord record; // source, quotes and span
};

Result<BacktestInput>
backtest_of_tapes(config::RunConfig const& config, BacktestOptions const& options);

Result<BacktestInput> backtest_of_bars(
    config::RunConfig const& config,
    BacktestOptions const& options,
    models::window::AssetBars const& bars
);

} // namespace polyquant::app

// The latency of orders as it was measured: out of recordings, or out of a list.
#pragma once

#include "config/run_config.hpp"
#include "engine/backtest/measured_latency.hpp"

#include <filesystem>
#include <string>

namespace polyquant::app {

// Of a tape, or of every tape in a folder and its subfolders.
Result<backtest::RoundTrips> read_round_trips(std::filesystem::path const& input);

// Sets [simulated] to draw from what was measured. A tape or a folder of tapes gives both ways of
// an order; a text file gives the way there, a number of milliseconds a line, '#' for comments.
Result<void> take_latency(config::RunConfig& config, std::filesystem::path const& input);

// "measured, median 31 ms, 1 in 100 above 120 ms".
std::string latency_text(config::SimulatedParams const& params);

} // namespace polyquant::app

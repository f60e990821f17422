// From measured round trips to the two ways of an order.
#pragma once

#include "engine/core/failure.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace polyquant::backtest {

// Milliseconds by who was asked for what, as connectors/tape/round_trip.hpp keeps them.
using RoundTrips = std::map<std::string, std::vector<double>>;

// How a session names its own orders. Those of a simulated venue took what was assumed, so they are
// shown and never taken for measured ones.
inline constexpr std::string_view order_path = "order post";
inline constexpr std::string_view simulated_order_path = "simulated order post";

struct LatencyRow {
    std::string path;
    std::size_t answers = 0;
    double least_ms = 0;
    double median_ms = 0;
    double p99_ms = 0;
    double most_ms = 0;
};

std::vector<LatencyRow> latency_rows(RoundTrips const& trips);

struct OrderLatency {
    std::vector<double> there_ms; // quantiles 0 to 1 in equal steps, to the matching engine
    double back_ms = 0;
    std::size_t answers = 0;
    std::string basis; // which answers they come from
};

// From the session's own orders if there are 30, else from what else was asked of the exchange's
// host, which stands for orders until some were sent. The way back is half of the quickest answer;
// all the rest, queueing and work at the venue included, is taken to pass before the matching:
// pessimistic. Calls that were never answered are not in it; [simulated] lost_answer is for them.
// Fails where fewer than 30 answers were measured.
Result<OrderLatency> order_latency_of(RoundTrips const& trips);

// As order_latency_of() cuts them: as finely as a hundred orders tell.
std::vector<double> latency_quantiles(std::vector<double> measured);

} // namespace polyquant::backtest

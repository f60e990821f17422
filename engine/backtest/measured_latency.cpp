#include "engine/backtest/measured_latency.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace polyquant::backtest {

namespace {

constexpr std::size_t answers_min = 30;
constexpr std::size_t quantile_count = 101;

// Signing in waits for the key's work there, and happens once.
bool stands_for_orders(std::string_view path) {
    return path.starts_with("clob.") && path.find("/auth") == path.npos;
}

double quantile(std::vector<double> const& sorted, std::size_t part, std::size_t parts) {
    return sorted[part * (sorted.size() - 1) / parts];
}

OrderLatency split(std::vector<double> measured, std::string basis) {
    OrderLatency latency;
    latency.answers = measured.size();
    latency.basis = std::move(basis);
    latency.there_ms = latency_quantiles(std::move(measured));
    latency.back_ms = latency.there_ms.front() / 2;
    for (auto& ms : latency.there_ms)
        ms -= latency.back_ms;
    return latency;
}

} // namespace

std::vector<LatencyRow> latency_rows(RoundTrips const& trips) {
    std::vector<LatencyRow> rows;
    for (auto const& [path, measured] : trips) {
        if (measured.empty()) continue;
        auto sorted = measured;
        std::sort(sorted.begin(), sorted.end());
        rows.push_back(
            {path,
             sorted.size(),
             sorted.front(),
             quantile(sorted, 50, 100),
             quantile(sorted, 99, 100),
             sorted.back()}
        );
    }
    return rows;
}

Result<OrderLatency> order_latency_of(RoundTrips const& trips) {
    auto const own = trips.find(std::string{order_path});
    if (own != trips.end() && own->second.size() >= answers_min)
        return split(own->second, fmt::format("{} orders", own->second.size()));
    std::vector<double> measured;
    std::string paths;
    for (auto const& [path, answers] : trips) {
        if (!stands_for_orders(path)) continue;
        measured.insert(measured.end(), answers.begin(), answers.end());
        paths += (paths.empty() ? "" : ", ") + path;
    }
    if (measured.size() < answers_min)
        return Failure{
            Fault::invalid,
            "latency",
            fmt::format(
                "{} answers of the exchange's host were measured, {} are needed: record for longer",
                measured.size(),
                answers_min
            )
        };
    auto basis = fmt::format("{} answers to {}", measured.size(), paths);
    return split(std::move(measured), std::move(basis));
}

std::vector<double> latency_quantiles(std::vector<double> measured) {
    std::sort(measured.begin(), measured.end());
    std::vector<double> cut;
    for (std::size_t i = 0; i < quantile_count; ++i)
        cut.push_back(quantile(measured, i, quantile_count - 1));
    return cut;
}

} // namespace polyquant::backtest

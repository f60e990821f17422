#include "engine/app/analyze_latency.hpp"

#include "engine/app/clock_check.hpp"
#include "engine/app/measured_latency.hpp"
#include "engine/app/run_storage.hpp"

#include <fmt/format.h>

namespace polyquant::app {

namespace {

namespace fs = std::filesystem;

void print_rows(backtest::RoundTrips const& trips, std::FILE* out) {
    fmt::print(
        out,
        "{:<36} {:>8} {:>10} {:>10} {:>10} {:>10}\n",
        "round trips",
        "answers",
        "least ms",
        "median ms",
        "p99 ms",
        "most ms"
    );
    for (auto const& row : backtest::latency_rows(trips))
        fmt::print(
            out,
            "  {:<34} {:>8} {:>10.1f} {:>10.1f} {:>10.1f} {:>10.1f}\n",
            row.path,
            row.answers,
            row.least_ms,
            row.median_ms,
            row.p99_ms,
            row.most_ms
        );
}

// Two clocks that disagree shift all delays alike, so those behind the quickest message are true
// whatever the offset. A replay plays events as they were received: it has these delays already.
Result<void> print_feeds(fs::path const& tape, std::FILE* out) {
    auto const check = check_clocks(tape);
    if (!check) return check.error();
    fmt::print(
        out,
        "{:<36} {:>8} {:>10} {:>10} {:>10}\n",
        "feeds, behind the quickest message",
        "events",
        "median ms",
        "p99 ms",
        "most ms"
    );
    for (auto const& row : check->rows) {
        // Bars, listings and states carry times that are not those of sending.
        if (!row.kind.starts_with("book_change") && !row.kind.starts_with("price_tick binance"))
            continue;
        fmt::print(
            out,
            "  {:<34} {:>8} {:>10.1f} {:>10.1f} {:>10.1f}\n",
            row.kind,
            row.events,
            row.median_ms - row.min_ms,
            row.p99_ms - row.min_ms,
            row.max_ms - row.min_ms
        );
    }
    return {};
}

void print_section(config::SimulatedParams const& p, std::FILE* out) {
    fmt::print(
        out,
        "[simulated]\nlatency_model = \"measured\"\norder_latency = \"{0}ms\"\n"
        "cancel_latency = \"{0}ms\"\nanswer_latency = \"{1}ms\"\nlatency_quantiles = [",
        p.order_latency.count(),
        p.answer_latency.count()
    );
    for (std::size_t i = 0; i < p.latency_quantiles.size(); ++i)
        fmt::print(out, "{}\"{}\"", i == 0 ? "" : ", ", p.latency_quantiles[i]);
    fmt::print(out, "]\n");
}

} // namespace

int analyze_latency(std::vector<fs::path> const& inputs, std::FILE* out, std::FILE* err) {
    for (auto const& input : inputs) {
        auto const refuse = [&](Failure const& failure) {
            fmt::print(err, "{}\n", describe(failure));
            return code(exit_for(failure));
        };
        auto const trips = read_round_trips(input);
        if (!trips) return refuse(trips.error());
        print_rows(*trips, out);
        if (!fs::is_directory(input))
            if (auto const printed = print_feeds(input, out); !printed)
                return refuse(printed.error());
        config::RunConfig config;
        if (auto const taken = take_latency(config, input); !taken) {
            fmt::print(out, "not enough for a backtest: {}\n", describe(taken.error()));
            continue;
        }
        fmt::print(
            out,
            "orders: {}; from {}\n\n",
            latency_text(config.simulated),
            backtest::order_latency_of(*trips).value().basis
        );
        print_section(config.simulated, out);
    }
    return code(ExitCode::ok);
}

} // namespace polyquant::app

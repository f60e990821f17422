#include "engine/app/measured_latency.hpp"

#include "connectors/tape/reader.hpp"
#include "connectors/tape/round_trip.hpp"
#include "models/window/bar_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace polyquant::app {

namespace {

namespace fs = std::filesystem;
using backtest::RoundTrips;

constexpr double minute_ms = 60'000;

Result<void> add_tape(fs::path const& path, RoundTrips& trips) {
    auto reader = tape::TapeReader::open(path);
    if (!reader) return reader.error();
    while (auto const* record = reader->next()) {
        auto const* frame = std::get_if<tape::RawFrame>(record);
        if (frame == nullptr) continue;
        if (auto trip = tape::round_trip_in(*frame))
            trips[trip->path].push_back(
                std::chrono::duration<double, std::milli>(trip->took).count()
            );
    }
    return {};
}

Result<std::vector<double>> read_list(fs::path const& file) {
    auto const text = models::window::read_text_file(file);
    if (!text) return text.error();
    std::vector<double> measured;
    std::string_view rest = *text;
    for (std::size_t number = 1; !rest.empty(); ++number) {
        auto const end = std::min(rest.find('\n'), rest.size());
        auto const line = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 1, rest.size()));
        if (line.empty() || line.front() == '#') continue;
        double ms = 0;
        auto const [stop, error] = std::from_chars(line.data(), line.data() + line.size(), ms);
        if (error != std::errc{} || !(ms >= 0 && ms <= minute_ms))
            return Failure{
                Fault::parse,
                fmt::format("{}:{}", file.string(), number),
                "is no latency in milliseconds (0 to 60000)"
            };
        measured.push_back(ms);
    }
    if (measured.size() < 2)
        return Failure{Fault::invalid, file.string(), "holds fewer than two latencies, one a line"};
    return measured;
}

void draw_from(config::SimulatedParams& simulated, std::vector<double> const& quantiles) {
    simulated.latency_model = config::LatencyModel::measured;
    simulated.latency_quantiles.clear();
    for (auto const ms : quantiles)
        simulated.latency_quantiles.push_back(fmt::format("{:.3f}", std::min(ms, minute_ms)));
}

} // namespace

Result<RoundTrips> read_round_trips(fs::path const& input) {
    std::vector<fs::path> tapes{input};
    if (fs::is_directory(input)) {
        tapes.clear();
        std::error_code error;
        for (auto const& entry : fs::recursive_directory_iterator{input, error})
            if (entry.path().extension() == ".tape") tapes.push_back(entry.path());
        if (error) return Failure{Fault::invalid, input.string(), error.message()};
        std::sort(tapes.begin(), tapes.end());
    }
    RoundTrips trips;
    for (auto const& tape : tapes)
        if (auto const added = add_tape(tape, trips); !added) return added.error();
    if (trips.empty())
        return Failure{
            Fault::invalid,
            input.string(),
            "holds no measured round trips: only what `record` and `run` record does"
        };
    return trips;
}

Result<void> take_latency(config::RunConfig& config, fs::path const& input) {
    auto& simulated = config.simulated;
    if (!fs::is_directory(input) && input.extension() != ".tape") {
        auto measured = read_list(input);
        if (!measured) return measured.error();
        draw_from(simulated, backtest::latency_quantiles(std::move(*measured)));
        return {};
    }
    auto const trips = read_round_trips(input);
    if (!trips) return trips.error();
    auto const latency = backtest::order_latency_of(*trips);
    if (!latency) return Failure{latency.error().fault, input.string(), latency.error().detail};
    draw_from(simulated, latency->there_ms);
    // A cancel takes the way an order takes.
    auto const median = latency->there_ms[latency->there_ms.size() / 2];
    simulated.order_latency = simulated.cancel_latency = Millis{std::llround(median)};
    simulated.answer_latency = Millis{std::llround(latency->back_ms)};
    return {};
}

std::string latency_text(config::SimulatedParams const& p) {
    switch (p.latency_model) {
    case config::LatencyModel::fixed: return fmt::format("fixed {} ms", p.order_latency.count());
    case config::LatencyModel::lognormal:
        return fmt::format(
            "lognormal, median {} ms, 1 in 100 above {} ms",
            p.order_latency.count(),
            p.order_latency_p99.count()
        );
    case config::LatencyModel::measured: {
        auto const q = p.quantiles();
        return fmt::format(
            "measured, median {:.4g} ms, 1 in 100 above {:.4g} ms",
            q[q.size() / 2],
            q[q.size() * 99 / 100]
        );
    }
    }
    std::abort();
}

} // namespace polyquant::app

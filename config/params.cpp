// Rules between members that need more than a line.
#include "config/endpoint_params.hpp"
#include "config/execution_params.hpp"
#include "config/feed_params.hpp"
#include "config/model_params.hpp"
#include "config/risk_params.hpp"
#include "config/run_params.hpp"
#include "config/settlement_params.hpp"
#include "config/simulated_params.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace polyquant::config {

namespace {

constexpr double speed_max = 1e6;
constexpr double unreadable = -1;

double parse_speed(std::string const& text) {
    if (text == "max") return 0;
    double value = 0;
    auto const* const end = text.data() + text.size();
    auto const [rest, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc{} || rest != end || !(value > 0 && value <= speed_max))
        return unreadable;
    return value;
}

} // namespace

double FeedParams::speed_factor() const {
    auto const factor = parse_speed(speed);
    ENSURE(factor >= 0, "speed is checked when the file is read");
    return factor;
}

std::vector<ParamFault> FeedParams::faults() const {
    std::vector<ParamFault> found;
    if (parse_speed(speed) < 0)
        found.push_back(
            {"speed",
             fmt::format("\"{}\" is neither \"max\" nor a positive number up to 1000000", speed)}
        );
    std::optional<UtcTime> bounds[2];
    int i = 0;
    for (auto const& [key, text] : {std::pair{"from", &from}, std::pair{"until", &until}}) {
        auto& bound = bounds[i++];
        if (text->empty()) continue;
        if (auto at = parse_utc(*text))
            bound = *at;
        else
            found.push_back({key, at.error().detail});
    }
    if (bounds[0] && bounds[1] && *bounds[0] >= *bounds[1])
        found.push_back({"until", fmt::format("{} is not after from ({})", until, from)});
    for (std::size_t a = 0; a < tapes.size(); ++a) {
        if (tapes[a].empty()) found.push_back({"tapes", "contains an empty path"});
        for (std::size_t b = 0; b < a; ++b)
            if (tapes[a] == tapes[b])
                found.push_back({"tapes", fmt::format("names \"{}\" twice", tapes[a])});
    }
    return found;
}

std::vector<ParamFault> EndpointParams::faults() const {
    std::vector<ParamFault> found;
    for_each_param<EndpointParams>([&]<class Row>(Row const& row) {
        if constexpr (std::is_same_v<typename Row::Value, std::string>) {
            if (row.unit != "URL") return;
            auto const& url = this->*row.member;
            auto const secure = url.starts_with("https://") || url.starts_with("wss://");
            auto const local =
                url.starts_with("http://127.0.0.1") || url.starts_with("ws://127.0.0.1") ||
                url.starts_with("http://localhost") || url.starts_with("ws://localhost");
            if (!secure && !local)
                found.push_back(
                    {std::string{row.name},
                     fmt::format(
                         "\"{}\" must begin with https:// or wss:// (without TLS only on the "
                         "loopback)",
                         url
                     )}
                );
        }
    });
    for (auto const& [key, text] :
         {std::pair{"clock_real_anchor", &clock_real_anchor},
          std::pair{"clock_scaled_anchor", &clock_scaled_anchor}})
        if (!text->empty())
            if (auto const at = parse_utc(*text); !at) found.push_back({key, at.error().detail});
    if (clock_real_anchor.empty() != clock_scaled_anchor.empty())
        found.push_back(
            {clock_real_anchor.empty() ? "clock_real_anchor" : "clock_scaled_anchor",
             "is missing: the two anchors go together"}
        );
    if (clock_factor != 1 && clock_real_anchor.empty())
        found.push_back({"clock_real_anchor", "is needed when clock_factor is not 1"});
    return found;
}

std::vector<ParamFault> ModelParams::faults() const {
    constexpr int look_back = 120; // the slowest feature (60 bars of MACD and volatility), doubled
    std::vector<ParamFault> found;
    if (feature_set != 39 && feature_set != 46)
        found.push_back({"feature_set", fmt::format("{} is neither 39 nor 46", feature_set)});
    if (history_bars < train_bars + look_back)
        found.push_back(
            {"history_bars",
             fmt::format(
                 "{} is less than train_bars + {} = {}",
                 history_bars,
                 look_back,
                 train_bars + look_back
             )}
        );
    if (train_rows_min > train_bars)
        found.push_back(
            {"train_rows_min", fmt::format("{} is more than train_bars", train_rows_min)}
        );
    if (!external_file.empty() && kind != ModelKind::trained)
        found.push_back({"external_file", "counts for kind = \"trained\" only; leave it out"});
    if (market_blend == MarketBlendUse::on) {
        if (kind != ModelKind::window && kind != ModelKind::trained)
            found.push_back(
                {"market_blend", "corrects kind = \"window\" or \"trained\" only; set it to off"}
            );
        if (market_blend_file.empty())
            found.push_back(
                {"market_blend_file",
                 "is empty, but market_blend is on: name a file of `polyquant evaluate --blend`"}
            );
    }
    return found;
}

std::vector<ParamFault> RiskParams::faults() const {
    std::vector<ParamFault> found;
    auto at_most = [&](char const* key, Usdc value, char const* other, Usdc cap) {
        if (value > cap)
            found.push_back(
                {key,
                 fmt::format("{} is more than {} = {}", to_string(value), other, to_string(cap))}
            );
    };
    at_most("order_max", order_max, "exposure_per_window_max", exposure_per_window_max);
    at_most(
        "exposure_per_window_max", exposure_per_window_max, "exposure_total_max", exposure_total_max
    );
    at_most(
        "exposure_per_asset_max", exposure_per_asset_max, "exposure_total_max", exposure_total_max
    );
    if (calibration_stop_alpha > calibration_reduce_alpha)
        found.push_back(
            {"calibration_stop_alpha",
             fmt::format(
                 "{} is above calibration_reduce_alpha = {}: it would stop before it reduces",
                 calibration_stop_alpha,
                 calibration_reduce_alpha
             )}
        );
    if (price_min > price_max)
        found.push_back(
            {"price_min",
             fmt::format("{} is above price_max = {}", to_string(price_min), to_string(price_max))}
        );
    return found;
}

std::vector<double> SimulatedParams::quantiles() const {
    std::vector<double> values;
    for (auto const& text : latency_quantiles) {
        double value = 0;
        auto const* const end = text.data() + text.size();
        auto const [rest, error] = std::from_chars(text.data(), end, value);
        constexpr double minute_ms = 60'000;
        if (error != std::errc{} || rest != end || !(value >= 0 && value <= minute_ms)) return {};
        values.push_back(value);
    }
    return values;
}

std::vector<ParamFault> SimulatedParams::faults() const {
    std::vector<ParamFault> found;
    if (latency_model == LatencyModel::measured) {
        auto const measured = quantiles();
        if (measured.size() < 2 || !std::is_sorted(measured.begin(), measured.end()))
            found.push_back(
                {"latency_quantiles", "must be two or more numbers of 0 to 60000 ms in rising order"
                }
            );
    }
    if (latency_model == LatencyModel::lognormal && order_latency_p99 < order_latency)
        found.push_back({"order_latency_p99", "is below order_latency, the median"});
    if (latency_model == LatencyModel::lognormal && order_latency.count() == 0 &&
        order_latency_p99.count() > 0)
        found.push_back({"order_latency", "a lognormal latency needs a median above zero"});
    if (lost_request + lost_answer + server_error > 1)
        found.push_back(
            {"server_error", "lost_request, lost_answer and server_error add up to more than 1"}
        );
    return found;
}

} // namespace polyquant::config

#include "models/window/volatility_model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace polyquant::models::window {

namespace {

constexpr std::size_t horizons = forecast_horizons_minutes.size();
constexpr std::size_t warm_up_bars = 720;
constexpr std::size_t long_horizon = 30; // minutes, for the uncertainty of sigma
// A minute without a single price change happens on quiet coins; a forecast of zero would then be
// certain of itself. 1e-12 is a millionth of a basis point squared a second.
constexpr double variance_floor = 1e-12;

// A forecast moment every five minutes, with what came after it.
struct Moments {
    std::array<std::vector<EstimatorValues>, horizons> forecasts;
    std::array<std::vector<double>, horizons> realised;
    std::vector<double> long_realised; // over the next 30 minutes, NaN across a gap
};

bool is_contiguous(std::span<Bar const> bars, std::size_t first, std::size_t last) {
    auto const expected = Seconds{60 * static_cast<std::int64_t>(last - first)};
    return bars[last].open_time - bars[first].open_time == expected;
}

double realised_variance(std::span<Bar const> bars, std::size_t after, std::size_t count) {
    double sum = 0;
    for (std::size_t k = 1; k <= count; ++k)
        sum += close_variance(bars[after + k - 1].close, bars[after + k]);
    return sum / static_cast<double>(count);
}

struct Split {
    Moments train;
    Moments held_out;
};

Split collect(std::span<Bar const> bars, UtcTime train_end, TimeOfDayProfile const& profile) {
    VolatilityState state{profile};
    Split split;
    for (std::size_t i = 0; i < bars.size(); ++i) {
        state.on_bar(bars[i]);
        auto const close_time = bars[i].close_time();
        auto const on_grid = unix_seconds(close_time) % 300 == 60; // as at the first decision
        if (!on_grid || state.bars_seen() < warm_up_bars || i + long_horizon >= bars.size())
            continue;
        auto const last_needed = bars[i + horizons].close_time();
        if (!is_contiguous(bars, i, i + horizons)) continue;
        auto const in_train = last_needed <= train_end;
        if (!in_train && close_time < train_end) continue; // the outcome straddles the border
        auto& moments = in_train ? split.train : split.held_out;
        for (std::size_t h = 0; h < horizons; ++h) {
            auto const minutes = forecast_horizons_minutes[h];
            auto values = state.forecasts(close_time, 60.0 * minutes);
            for (auto& value : values)
                value = std::max(value, variance_floor);
            moments.forecasts[h].push_back(values);
            moments.realised[h].push_back(
                realised_variance(bars, i, static_cast<std::size_t>(minutes))
            );
        }
        auto const whole = is_contiguous(bars, i, i + long_horizon) &&
                           (!in_train || bars[i + long_horizon].close_time() <= train_end);
        moments.long_realised.push_back(
            whole ? realised_variance(bars, i, long_horizon) : std::nan("")
        );
    }
    return split;
}

double combine(EstimatorValues const& weights, EstimatorValues const& values) {
    double sum = 0;
    for (std::size_t k = 0; k < estimator_count; ++k)
        sum += weights[k] * values[k];
    return std::max(sum, variance_floor);
}

std::vector<double>
combine_all(EstimatorValues const& weights, std::span<EstimatorValues const> rows) {
    std::vector<double> forecasts;
    forecasts.reserve(rows.size());
    for (auto const& row : rows)
        forecasts.push_back(combine(weights, row));
    return forecasts;
}

// ln(v / f) over 30 minutes varies because the forecast is wrong and because 30 squared returns are
// a noisy sum; the latter's variance is about 2.6/30 for returns with a kurtosis of 3.6 within the
// half hour. Half of what remains, on the log scale, is sigma's.
double relative_sd_of_sigma(Moments const& moments, EstimatorValues const& weights) {
    double sum = 0;
    double squares = 0;
    double n = 0;
    auto const& rows = moments.forecasts[horizons - 1];
    for (std::size_t i = 0; i < rows.size(); ++i) {
        auto const realised = moments.long_realised[i];
        if (!(realised > 0)) continue;
        auto const ratio = std::log(realised / combine(weights, rows[i]));
        sum += ratio;
        squares += ratio * ratio;
        n += 1;
    }
    if (n < 2) return 0;
    auto const variance = squares / n - (sum / n) * (sum / n);
    return 0.5 * std::sqrt(std::max(variance - 2.6 / long_horizon, 0.0));
}

VolatilityScore score(
    std::string name, Moments const& held_out, std::span<EstimatorValues const, horizons> weights
) {
    VolatilityScore line{std::move(name), {}};
    for (std::size_t h = 0; h < horizons; ++h)
        line.qlike[h] =
            mean_qlike(combine_all(weights[h], held_out.forecasts[h]), held_out.realised[h]);
    return line;
}

} // namespace

VolatilityModel VolatilityModel::unfitted() {
    VolatilityModel model;
    for (auto& weights : model.weights)
        weights[static_cast<std::size_t>(Estimator::ewma_30)] = 1;
    return model;
}

double VolatilityModel::sigma(VolatilityState const& state, UtcTime from, double seconds) const {
    auto const minutes = std::clamp(seconds / 60, 1.0, static_cast<double>(horizons));
    auto const nearest = static_cast<std::size_t>(std::lround(minutes)) - 1;
    return std::sqrt(combine(weights[nearest], state.forecasts(from, seconds)));
}

double mean_qlike(std::span<double const> forecasts, std::span<double const> realised) {
    ENSURE(forecasts.size() == realised.size() && !forecasts.empty(), "one outcome a forecast");
    double sum = 0;
    for (std::size_t i = 0; i < forecasts.size(); ++i)
        sum += std::log(forecasts[i]) + realised[i] / forecasts[i];
    return sum / static_cast<double>(forecasts.size());
}

EstimatorValues
fit_qlike_weights(std::span<EstimatorValues const> forecasts, std::span<double const> realised) {
    ENSURE(forecasts.size() == realised.size() && !forecasts.empty(), "one outcome a forecast");
    constexpr int rounds_max = 300;
    constexpr double change_min = 1e-4;
    EstimatorValues weights;
    weights.fill(1.0 / estimator_count);
    for (int round = 0; round < rounds_max; ++round) {
        EstimatorValues pull{};
        EstimatorValues push{};
        for (std::size_t i = 0; i < forecasts.size(); ++i) {
            auto const forecast = combine(weights, forecasts[i]);
            auto const towards = realised[i] / (forecast * forecast);
            auto const away = 1 / forecast;
            for (std::size_t k = 0; k < estimator_count; ++k) {
                pull[k] += forecasts[i][k] * towards;
                push[k] += forecasts[i][k] * away;
            }
        }
        double change = 0;
        for (std::size_t k = 0; k < estimator_count; ++k) {
            auto const updated = push[k] > 0 ? weights[k] * std::sqrt(pull[k] / push[k]) : 0;
            change = std::max(change, std::abs(updated - weights[k]));
            weights[k] = updated;
        }
        if (change < change_min) break;
    }
    return weights;
}

Result<VolatilityFit> fit_volatility(std::span<Bar const> bars, UtcTime train_end) {
    constexpr std::size_t rows_min = 500;
    auto const border = std::partition_point(bars.begin(), bars.end(), [&](Bar const& bar) {
        return bar.close_time() <= train_end;
    });
    auto const train_bars = bars.first(static_cast<std::size_t>(border - bars.begin()));
    VolatilityFit fit;
    fit.model.profile = TimeOfDayProfile::learn(train_bars);
    auto const split = collect(bars, train_end, fit.model.profile);
    fit.train_rows = split.train.long_realised.size();
    fit.held_out_rows = split.held_out.long_realised.size();
    if (fit.train_rows < rows_min)
        return Failure{
            Fault::invalid,
            "fit_volatility",
            fmt::format(
                "{} five-minute moments before {}, at least {} needed (about two days of bars "
                "after half a day of warm-up)",
                fit.train_rows,
                format_utc(train_end),
                rows_min
            )
        };
    for (std::size_t h = 0; h < horizons; ++h)
        fit.model.weights[h] = fit_qlike_weights(split.train.forecasts[h], split.train.realised[h]);
    fit.model.sigma_relative_sd =
        relative_sd_of_sigma(split.train, fit.model.weights[horizons - 1]);
    if (fit.held_out_rows == 0) return fit;

    for (std::size_t k = 0; k < estimator_count; ++k) {
        std::array<EstimatorValues, horizons> single{};
        for (auto& weights : single)
            weights[k] = 1;
        fit.scores.push_back(
            score(std::string{to_string(static_cast<Estimator>(k))}, split.held_out, single)
        );
    }
    auto const flat = collect(bars, train_end, TimeOfDayProfile::flat());
    std::array<EstimatorValues, horizons> flat_weights{};
    for (std::size_t h = 0; h < horizons; ++h)
        flat_weights[h] = fit_qlike_weights(flat.train.forecasts[h], flat.train.realised[h]);
    fit.scores.push_back(score("combined, no time of day", flat.held_out, flat_weights));
    fit.scores.push_back(score("combined", split.held_out, fit.model.weights));
    for (std::size_t h = 0; h < horizons; ++h) {
        auto best = fit.scores.front().qlike[h];
        for (auto const& line : fit.scores)
            best = std::min(best, line.qlike[h]);
        for (auto& line : fit.scores)
            line.qlike[h] -= best;
    }
    return fit;
}

} // namespace polyquant::models::window

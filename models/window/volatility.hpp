// Incremental volatility estimators on 1-minute bars, and their combination into one forecast.
// All variances are of log returns per second; a forecast's square root goes into the closed form.
#pragma once

#include "engine/core/failure.hpp"
#include "engine/core/market.hpp"

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace polyquant::models::window {

// Exponentially weighted mean that starts as the plain mean of what it has seen, so that it has no
// memory of an arbitrary first value.
class DecayingMean {
public:
    explicit DecayingMean(double half_life_steps);

    void add(double value) {
        weight_ = keep_ * weight_ + 1;
        mean_ += (value - mean_) / weight_;
    }

    double mean() const { return mean_; }

private:
    double keep_;
    double weight_ = 0;
    double mean_ = 0;
};

// Variance per second that one bar shows: the squared close-to-close return.
double close_variance(double previous_close, Bar const& bar);

// Garman and Klass (1980): 0.5 ln(h/l)^2 - (2 ln 2 - 1) ln(c/o)^2, about 7 times less noisy than a
// squared return, blind to jumps between bars and low when trades are few.
double garman_klass_variance(Bar const& bar);

// Rolling Garman-Klass over a fixed number of bars.
class RollingGarmanKlass {
public:
    explicit RollingGarmanKlass(std::size_t bars);
    void add(Bar const& bar);
    void add(double variance_per_second);

    bool is_full() const { return count_ == values_.size(); }

    double variance() const; // of the bars seen so far, NaN before the first

private:
    std::vector<double> values_;
    std::size_t next_ = 0;
    std::size_t count_ = 0;
};

// How the variance of a minute compares with its day's mean: a factor of its slot of the day (5
// minutes wide, UTC, smoothed over neighbours, mean 1) times one of its place in the five-minute
// grid (mean 1). The second is there because trading clusters at the boundaries that
// 5-minute markets settle on: since March 2026 the last minute of a window has carried a third more
// BTC volume than the four before it, and 15 % more variance than the two before it.
class TimeOfDayProfile {
public:
    static constexpr std::size_t slots = 288;
    static constexpr std::size_t grid_minutes = 5;
    static constexpr std::size_t grid_days = 28; // the newest, because that habit changes

    static TimeOfDayProfile flat();
    // Learned from contiguous or gapped 1-minute bars. Every day is first divided by its own mean,
    // so that one wild day does not shape the profile. Fewer than 7 whole days give the flat one.
    static TimeOfDayProfile learn(std::span<Bar const> bars);
    static Result<TimeOfDayProfile>
    from_factors(std::span<double const> slot_factors, std::span<double const> grid_factors);

    double factor(UtcTime t) const;

    // Mean of factor() over the `seconds` after `from`, minute by minute; the factor at `from`
    // where no time is left.
    double mean_factor(UtcTime from, double seconds) const;

    std::span<double const> factors() const { return factors_; }

    std::span<double const> grid_factors() const { return grid_; }

private:
    void learn_grid(std::span<Bar const> bars);

    std::array<double, slots> factors_{};
    std::array<double, grid_minutes> grid_{};
};

// The single estimators a forecast may weigh. Half-lives and lengths are in minutes.
enum class Estimator : std::uint8_t {
    ewma_5,
    ewma_15,
    ewma_30,
    ewma_120,
    ewma_720,
    garman_klass_15,
    garman_klass_60,
    garman_klass_ewma_5,
    garman_klass_ewma_30,
    garman_klass_ewma_240,
};
inline constexpr std::size_t estimator_count = 10;
std::string_view to_string(Estimator estimator);

using EstimatorValues = std::array<double, estimator_count>;

// All estimators, fed bar by bar. Seasonality is divided out of each bar before it enters and put
// back for the time a forecast is for.
class VolatilityState {
public:
    explicit VolatilityState(TimeOfDayProfile profile);

    // Bars in order of time. After a gap the return across it is left out, and the estimators go
    // on; a bar older than the last one is ignored.
    void on_bar(Bar const& bar);

    // The same with a better look at the minute: the sum of squared log returns between ticks
    // (say every 5 s) within this bar replaces the squared return and the Garman-Klass value.
    void on_bar(Bar const& bar, double realised_variance);

    // Each estimator's variance per second over the `seconds` after `from`.
    EstimatorValues forecasts(UtcTime from, double seconds) const;

    // Bars seen since the start or the last gap of more than a day; forecasts are meaningful from
    // 60 on.
    std::size_t bars_seen() const { return bars_seen_; }

private:
    void add(Bar const& bar, double close_based, double range_based);

    TimeOfDayProfile profile_;
    std::array<DecayingMean, 5> ewmas_;
    std::array<DecayingMean, 3> ranges_;
    std::array<RollingGarmanKlass, 2> rolling_;
    UtcTime last_close_time_{};
    double last_close_ = 0;
    std::size_t bars_seen_ = 0;
};

} // namespace polyquant::models::window

#include "models/window/volatility.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace polyquant::models::window {

namespace {

constexpr double seconds_a_day = 86'400;
constexpr double slot_seconds = seconds_a_day / TimeOfDayProfile::slots;

std::size_t slot_of(UtcTime t) {
    auto const day = std::chrono::floor<std::chrono::days>(t);
    auto const seconds = std::chrono::duration<double>(t - day).count();
    return std::min(static_cast<std::size_t>(seconds / slot_seconds), TimeOfDayProfile::slots - 1);
}

} // namespace

DecayingMean::DecayingMean(double half_life_steps) : keep_{std::exp2(-1 / half_life_steps)} {}

double close_variance(double previous_close, Bar const& bar) {
    auto const move = std::log(bar.close / previous_close);
    return move * move / static_cast<double>(bar.length.count());
}

double garman_klass_variance(Bar const& bar) {
    auto const range = std::log(bar.high / bar.low);
    auto const body = std::log(bar.close / bar.open);
    auto const value = 0.5 * range * range - (2 * std::numbers::ln2 - 1) * body * body;
    return std::max(value, 0.0) / static_cast<double>(bar.length.count());
}

RollingGarmanKlass::RollingGarmanKlass(std::size_t bars) : values_(bars) {}

void RollingGarmanKlass::add(Bar const& bar) {
    add(garman_klass_variance(bar));
}

void RollingGarmanKlass::add(double variance_per_second) {
    values_[next_] = variance_per_second;
    next_ = (next_ + 1) % values_.size();
    count_ = std::min(count_ + 1, values_.size());
}

double RollingGarmanKlass::variance() const {
    if (count_ == 0) return std::numeric_limits<double>::quiet_NaN();
    // Summed afresh: a running sum would keep the rounding of every value that ever passed.
    double sum = 0;
    for (std::size_t i = 0; i < count_; ++i)
        sum += values_[i];
    return sum / static_cast<double>(count_);
}

TimeOfDayProfile TimeOfDayProfile::flat() {
    TimeOfDayProfile profile;
    profile.factors_.fill(1);
    profile.grid_.fill(1);
    return profile;
}

TimeOfDayProfile TimeOfDayProfile::learn(std::span<Bar const> bars) {
    constexpr int days_min = 7;
    constexpr int bars_of_whole_day = 1380; // 23 hours: an outage of an hour is forgiven
    std::array<double, slots> sums{};
    std::array<double, slots> day_sums{};
    std::array<int, slots> day_counts{};
    std::array<int, slots> counts{};
    int days = 0;
    int day_bars = 0;
    auto const close_day = [&] {
        double total = 0;
        for (auto const sum : day_sums)
            total += sum;
        if (day_bars >= bars_of_whole_day && total > 0) {
            auto const mean = total / day_bars;
            for (std::size_t i = 0; i < slots; ++i) {
                if (day_counts[i] == 0) continue;
                // One slot of one day counts at most 20 times that day's mean: news, not season.
                sums[i] += std::min(day_sums[i] / day_counts[i] / mean, 20.0);
                ++counts[i];
            }
            ++days;
        }
        day_sums.fill(0);
        day_counts.fill(0);
        day_bars = 0;
    };
    auto day = UtcTime::min();
    for (auto const& bar : bars) {
        auto const this_day = UtcTime{std::chrono::floor<std::chrono::days>(bar.open_time)};
        if (this_day != day) close_day();
        day = this_day;
        auto const slot = slot_of(bar.open_time);
        day_sums[slot] += garman_klass_variance(bar);
        ++day_counts[slot];
        ++day_bars;
    }
    close_day();
    if (days < days_min) return flat();

    // A triangle over seven slots (35 minutes) keeps the full-hour peaks visible but not noisy.
    constexpr std::array<double, 4> kernel{4, 3, 2, 1};
    auto const ratio = [&](std::size_t i) {
        return counts[i] > 0 ? sums[i] / counts[i] : 1.0;
    };
    auto profile = flat();
    double total = 0;
    for (std::size_t i = 0; i < slots; ++i) {
        auto smooth = kernel[0] * ratio(i);
        auto weight = kernel[0];
        for (std::size_t k = 1; k < kernel.size(); ++k) {
            smooth += kernel[k] * (ratio((i + k) % slots) + ratio((i + slots - k) % slots));
            weight += 2 * kernel[k];
        }
        profile.factors_[i] = smooth / weight;
        total += profile.factors_[i];
    }
    for (auto& factor : profile.factors_)
        factor = std::clamp(factor * slots / total, 0.05, 20.0);
    profile.learn_grid(bars);
    return profile;
}

// Each whole window counts by how its five minutes share its squared returns: bounded, so that one
// jump weighs no more than any other window, at the price of showing differences a little smaller
// than they are.
void TimeOfDayProfile::learn_grid(std::span<Bar const> bars) {
    constexpr double windows_min = 1000; // below, the shares are noise of more than 4 %
    auto const since = bars.back().close_time() - std::chrono::days{grid_days};
    std::array<double, grid_minutes> shares{};
    double windows = 0;
    for (std::size_t i = 0; i + grid_minutes <= bars.size(); ++i) {
        if (bars[i].open_time < since || unix_seconds(bars[i].open_time) % 300 != 0) continue;
        if (bars[i + grid_minutes - 1].open_time - bars[i].open_time != 4min) continue;
        std::array<double, grid_minutes> squares{};
        double total = 0;
        for (std::size_t k = 0; k < grid_minutes; ++k) {
            auto const move = std::log(bars[i + k].close / bars[i + k].open);
            squares[k] = move * move;
            total += squares[k];
        }
        if (total <= 0) continue;
        for (std::size_t k = 0; k < grid_minutes; ++k)
            shares[k] += squares[k] / total;
        windows += 1;
    }
    if (windows < windows_min) return;
    for (std::size_t k = 0; k < grid_minutes; ++k)
        grid_[k] = shares[k] / windows * static_cast<double>(grid_minutes);
}

Result<TimeOfDayProfile> TimeOfDayProfile::from_factors(
    std::span<double const> slot_factors, std::span<double const> grid_factors
) {
    auto const refuse = [](std::string why) {
        return Failure{Fault::invalid, "time_of_day_profile", std::move(why)};
    };
    if (slot_factors.size() != slots || grid_factors.size() != grid_minutes)
        return refuse(fmt::format(
            "{} and {} factors given, {} and {} expected",
            slot_factors.size(),
            grid_factors.size(),
            slots,
            grid_minutes
        ));
    for (auto const factors : {slot_factors, grid_factors})
        for (auto const factor : factors)
            if (!(factor > 0) || !std::isfinite(factor))
                return refuse(fmt::format("{} is not a positive factor", factor));
    TimeOfDayProfile profile;
    std::copy(slot_factors.begin(), slot_factors.end(), profile.factors_.begin());
    std::copy(grid_factors.begin(), grid_factors.end(), profile.grid_.begin());
    return profile;
}

double TimeOfDayProfile::factor(UtcTime t) const {
    auto const minute = std::chrono::floor<std::chrono::minutes>(t.time_since_epoch()).count();
    return factors_[slot_of(t)] * grid_[static_cast<std::size_t>(minute) % grid_minutes];
}

double TimeOfDayProfile::mean_factor(UtcTime from, double seconds) const {
    if (!(seconds > 0)) return factor(from);
    auto const end =
        from +
        std::chrono::duration_cast<Nanos>(std::chrono::duration<double>{std::min(seconds, 3600.0)});
    double sum = 0;
    for (auto t = from; t < end;) {
        auto const next =
            std::min<UtcTime>(std::chrono::floor<std::chrono::minutes>(t) + 1min, end);
        sum += factor(t) * std::chrono::duration<double>(next - t).count();
        t = next;
    }
    return sum / std::chrono::duration<double>(end - from).count();
}

std::string_view to_string(Estimator estimator) {
    switch (estimator) {
    case Estimator::ewma_5: return "ewma_5";
    case Estimator::ewma_15: return "ewma_15";
    case Estimator::ewma_30: return "ewma_30";
    case Estimator::ewma_120: return "ewma_120";
    case Estimator::ewma_720: return "ewma_720";
    case Estimator::garman_klass_15: return "garman_klass_15";
    case Estimator::garman_klass_60: return "garman_klass_60";
    case Estimator::garman_klass_ewma_5: return "garman_klass_ewma_5";
    case Estimator::garman_klass_ewma_30: return "garman_klass_ewma_30";
    case Estimator::garman_klass_ewma_240: return "garman_klass_ewma_240";
    }
    std::abort();
}

VolatilityState::VolatilityState(TimeOfDayProfile profile)
    : profile_{profile},
      ewmas_{
          DecayingMean{5}, DecayingMean{15}, DecayingMean{30}, DecayingMean{120}, DecayingMean{720}
      },
      ranges_{DecayingMean{5}, DecayingMean{30}, DecayingMean{240}},
      rolling_{RollingGarmanKlass{15}, RollingGarmanKlass{60}} {}

void VolatilityState::on_bar(Bar const& bar) {
    auto const range_based = garman_klass_variance(bar);
    add(bar, std::numeric_limits<double>::quiet_NaN(), range_based);
}

void VolatilityState::on_bar(Bar const& bar, double realised_variance) {
    auto const per_second = realised_variance / static_cast<double>(bar.length.count());
    add(bar, per_second, per_second);
}

// `close_based` NaN: take the squared return since the last bar, if that bar was the one before.
void VolatilityState::add(Bar const& bar, double close_based, double range_based) {
    if (bars_seen_ > 0 && bar.close_time() <= last_close_time_) return;
    auto const gap = bar.open_time - last_close_time_;
    if (bars_seen_ > 0 && gap > std::chrono::hours{24}) bars_seen_ = 0;
    if (std::isnan(close_based))
        close_based =
            bars_seen_ > 0 && gap == Nanos{0} ? close_variance(last_close_, bar) : range_based;
    auto const season = profile_.factor(bar.open_time);
    for (auto& ewma : ewmas_)
        ewma.add(close_based / season);
    for (auto& ewma : ranges_)
        ewma.add(range_based / season);
    for (auto& window : rolling_)
        window.add(range_based / season);
    last_close_time_ = bar.close_time();
    last_close_ = bar.close;
    ++bars_seen_;
}

EstimatorValues VolatilityState::forecasts(UtcTime from, double seconds) const {
    auto const season = profile_.mean_factor(from, seconds);
    EstimatorValues values{};
    std::size_t i = 0;
    for (auto const& ewma : ewmas_)
        values[i++] = season * ewma.mean();
    for (auto const& window : rolling_)
        values[i++] = season * window.variance();
    for (auto const& ewma : ranges_)
        values[i++] = season * ewma.mean();
    return values;
}

} // namespace polyquant::models::window

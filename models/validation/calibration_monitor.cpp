#include "models/validation/calibration_monitor.hpp"

#include "models/validation/random.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <vector>

namespace polyquant::models::validation {

namespace {

constexpr auto shift_count = CalibrationMonitor::log_odds_shifts.size();

// e^-s, written out once: std::exp is not constexpr before C++26.
std::array<double, shift_count> const& odds_ratios() {
    static std::array<double, shift_count> const ratios = [] {
        std::array<double, shift_count> values{};
        for (std::size_t k = 0; k < shift_count; ++k)
            values[k] = std::exp(-CalibrationMonitor::log_odds_shifts[k]);
        return values;
    }();
    return ratios;
}

// Weight of the products that start after this many bets. It falls slowly enough that a break after
// 1,000 good bets costs about as much patience as one at the start.
double not_started(std::uint64_t bets) {
    return 1 / std::sqrt(1 + static_cast<double>(bets));
}

double quantile(std::vector<double>& values, double q) {
    if (values.empty()) return std::numeric_limits<double>::quiet_NaN();
    std::sort(values.begin(), values.end());
    return values[static_cast<std::size_t>(q * static_cast<double>(values.size() - 1))];
}

std::optional<double> next_number(std::string_view& text) {
    while (text.starts_with(' '))
        text.remove_prefix(1);
    double value = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || !std::isfinite(value)) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return value;
}

} // namespace

CalibrationMonitor::CalibrationMonitor(MonitorLimits limits) : limits_{limits} {
    ENSURE(
        limits.stop_alpha > 0 && limits.stop_alpha <= limits.reduce_alpha &&
            limits.reduce_alpha < 1,
        "0 < stop_alpha <= reduce_alpha < 1"
    );
}

CalibrationState CalibrationMonitor::on_bet(double promised, bool won) {
    ENSURE(promised > 0 && promised < 1, "a promise lies strictly between 0 and 1");
    ++bets_;
    wins_ += won ? 1 : 0;
    promised_sum_ += promised;
    if (state_ == CalibrationState::stopped) return state_;
    auto const newly_started = not_started(bets_ - 1) - not_started(bets_);
    for (std::size_t k = 0; k < shift_count; ++k) {
        auto const ratio = odds_ratios()[k];
        auto const total = 1 - promised + promised * ratio;
        started_[k] = (started_[k] + newly_started) * ((won ? ratio : 1) / total);
    }
    judge();
    return state_;
}

void CalibrationMonitor::judge() {
    auto const e = evidence();
    auto const reduce_at = 1 / limits_.reduce_alpha;
    if (e >= 1 / limits_.stop_alpha)
        state_ = CalibrationState::stopped;
    else if (e >= reduce_at)
        state_ = CalibrationState::reduced;
    else if (e < 0.5 * reduce_at)
        state_ = CalibrationState::trusted;
}

double CalibrationMonitor::evidence() const {
    double sum = 0;
    for (auto const value : started_)
        sum += value;
    return sum / shift_count + not_started(bets_);
}

double CalibrationMonitor::promised_mean() const {
    return promised_sum_ / static_cast<double>(bets_);
}

double CalibrationMonitor::won_share() const {
    return static_cast<double>(wins_) / static_cast<double>(bets_);
}

std::string CalibrationMonitor::print() const {
    auto text = fmt::format("{} {} {} {}", to_string(state_), bets_, wins_, promised_sum_);
    for (auto const value : started_)
        text += fmt::format(" {}", value);
    return text;
}

Result<CalibrationMonitor> CalibrationMonitor::parse(std::string_view text, MonitorLimits limits) {
    auto const refuse = [&] {
        return Failure{
            Fault::parse,
            "calibration_monitor",
            fmt::format("'{}' is not a printed monitor state", text)
        };
    };
    CalibrationMonitor monitor{limits};
    auto rest = text.substr(std::min(text.find(' '), text.size()));
    auto const word = text.substr(0, text.size() - rest.size());
    bool known = false;
    for (auto const state :
         {CalibrationState::trusted, CalibrationState::reduced, CalibrationState::stopped})
        if (word == to_string(state)) {
            monitor.state_ = state;
            known = true;
        }
    if (!known) return refuse();
    auto const bets = next_number(rest);
    auto const wins = next_number(rest);
    auto const promised = next_number(rest);
    if (!bets || !wins || !promised || *wins < 0 || *bets < *wins || *promised < 0 ||
        *promised > *bets || *bets > 1e15)
        return refuse();
    monitor.bets_ = static_cast<std::uint64_t>(*bets);
    monitor.wins_ = static_cast<std::uint64_t>(*wins);
    monitor.promised_sum_ = *promised;
    for (auto& value : monitor.started_) {
        auto const number = next_number(rest);
        if (!number || *number < 0) return refuse();
        value = *number;
    }
    if (!rest.empty()) return refuse();
    return monitor;
}

MonitorOutcome simulate_monitor(MonitorTrial const& trial, MonitorLimits limits) {
    SeededRandom random{trial.seed};
    std::size_t reduced = 0;
    std::size_t false_stops = 0;
    std::vector<double> delays;
    std::vector<double> reduce_delays;
    for (std::size_t i = 0; i < trial.simulations; ++i) {
        CalibrationMonitor monitor{limits};
        bool was_reduced = false;
        for (std::uint64_t bet = 0; bet < trial.break_at + trial.bets_max; ++bet) {
            auto const promised =
                trial.promised_low + (trial.promised_high - trial.promised_low) * random.uniform();
            auto const broken = bet >= trial.break_at;
            auto const truth = promised - (broken ? trial.excess : 0);
            auto const state = monitor.on_bet(promised, random.uniform() < truth);
            auto const delay = static_cast<double>(bet - trial.break_at + 1);
            if (broken && !was_reduced && state != CalibrationState::trusted) {
                was_reduced = true;
                ++reduced;
                reduce_delays.push_back(delay);
            }
            if (state == CalibrationState::stopped) {
                if (broken)
                    delays.push_back(delay);
                else
                    ++false_stops;
                break;
            }
        }
    }
    auto const n = static_cast<double>(trial.simulations);
    MonitorOutcome outcome;
    outcome.reduced_share = static_cast<double>(reduced) / n;
    outcome.stopped_share = static_cast<double>(delays.size()) / n;
    outcome.false_stop_share = static_cast<double>(false_stops) / n;
    outcome.median_delay = quantile(delays, 0.5);
    outcome.p90_delay = quantile(delays, 0.9);
    outcome.median_reduce_delay = quantile(reduce_delays, 0.5);
    return outcome;
}

} // namespace polyquant::models::validation

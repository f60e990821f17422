#include "models/evaluation/oracle_check.hpp"

#include "models/calibration/scores.hpp"
#include "models/evaluation/csv_reader.hpp"
#include "models/window/bar_file.hpp"
#include "models/window/closed_form.hpp"
#include "models/window/json_lines.hpp"
#include "models/window/volatility.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <string_view>

namespace polyquant::models::evaluation {

namespace {

constexpr auto tick_age_max = 3s;
constexpr std::array rules{spot_rule(), twap_rule(Seconds{30}), twap_rule(Seconds{60})};
constexpr std::array lead_seconds{240, 120, 60, 45, 30, 15, 5};

// sigma per square-root second after each ten-second step of the day.
std::map<UtcTime, double> causal_sigmas(OracleDay const& day) {
    constexpr auto step = 10s;
    constexpr double half_life_steps = 180;
    constexpr int steps_min = 90;
    std::map<UtcTime, double> sigmas;
    if (day.ticks().empty()) return sigmas;
    window::DecayingMean variance{half_life_steps};
    int steps = 0;
    auto before = day.price_at(day.ticks().front().at);
    for (auto t = day.ticks().front().at + step; t <= day.ticks().back().at; t += step) {
        auto const now = day.price_at(t);
        if (before && now) {
            auto const move = std::log(*now / *before);
            variance.add(move * move / 10);
            if (++steps >= steps_min) sigmas[t] = std::sqrt(variance.mean());
        }
        before = now;
    }
    return sigmas;
}

std::optional<double> promise(
    OracleDay const& day,
    Window window,
    SettlementRule rule,
    int seconds_left,
    std::map<UtcTime, double> const& sigmas
) {
    auto const now = window.end() - Seconds{seconds_left};
    auto const spot = day.price_at(now);
    auto const strike = day.settlement_value(window.start, rule);
    auto const newer = sigmas.upper_bound(now);
    if (!spot || !strike || newer == sigmas.begin()) return std::nullopt;
    window::WindowState state{
        .strike = *strike,
        .spot = *spot,
        .average_so_far = *spot,
        .seconds_left = static_cast<double>(seconds_left),
        .average_seconds = static_cast<double>(rule.twap_length.count())
    };
    if (now > window.end() - rule.twap_length) {
        auto const so_far = day.mean_between(window.end() - rule.twap_length, now);
        if (!so_far) return std::nullopt;
        state.average_so_far = *so_far;
    }
    static auto const shape = window::TailShape::student_t(5).value();
    return window::up_probability(state, {.sigma = std::prev(newer)->second}, shape);
}

} // namespace

Result<std::vector<OracleTick>> read_oracle_ticks(std::filesystem::path const& path) {
    auto const text = window::read_text_file(path);
    if (!text) return text.error();
    CsvReader reader{path.string(), *text};
    auto const time = reader.column("feed_ts_ms");
    if (!time) return time.error();
    auto const value = reader.column("value");
    if (!value) return value.error();
    std::vector<OracleTick> ticks;
    while (reader.next()) {
        auto const at = reader.number(*time);
        auto const price = reader.number(*value);
        if (std::isfinite(at) && price > 0)
            ticks.push_back({utc_from_millis(static_cast<std::int64_t>(at)), price});
    }
    std::sort(ticks.begin(), ticks.end(), [](auto const& a, auto const& b) { return a.at < b.at; });
    if (ticks.empty()) return Failure{Fault::parse, path.string(), "holds no ticks"};
    return ticks;
}

std::optional<double> OracleDay::price_at(UtcTime t) const {
    auto const after =
        std::partition_point(ticks_.begin(), ticks_.end(), [&](OracleTick const& tick) {
            return tick.at <= t;
        });
    if (after == ticks_.begin() || t - std::prev(after)->at > tick_age_max) return std::nullopt;
    return std::prev(after)->price;
}

std::optional<double> OracleDay::mean_between(UtcTime from, UtcTime to) const {
    auto it = std::partition_point(ticks_.begin(), ticks_.end(), [&](OracleTick const& tick) {
        return tick.at <= from;
    });
    double sum = 0;
    double count = 0;
    for (; it != ticks_.end() && it->at <= to; ++it) {
        sum += it->price;
        count += 1;
    }
    auto const expected = std::chrono::duration<double>(to - from).count();
    if (count == 0 || count < 0.9 * expected) return std::nullopt;
    return sum / count;
}

std::optional<double> OracleDay::settlement_value(UtcTime boundary, SettlementRule rule) const {
    return rule.kind == SettlementRule::Kind::spot
               ? price_at(boundary)
               : mean_between(boundary - rule.twap_length, boundary);
}

std::optional<bool> OracleDay::up_won(Window window, SettlementRule rule) const {
    auto const strike = settlement_value(window.start, rule);
    auto const final = settlement_value(window.end(), rule);
    if (!strike || !final) return std::nullopt;
    return *final >= *strike;
}

Result<std::vector<OfficialOutcome>> read_official_outcomes(std::filesystem::path const& path) {
    auto const text = window::read_text_file(path);
    if (!text) return text.error();
    std::vector<OfficialOutcome> outcomes;
    auto const read = window::for_each_json_line(*text, path.string(), [&](auto const& object) {
        auto const* start = object.if_contains("start_sec");
        auto const* stop = object.if_contains("end_sec");
        auto const* resolved = object.if_contains("resolved");
        auto const* prices = object.if_contains("outcome_prices");
        if (!start || !start->is_int64() || !stop || !stop->is_int64())
            return std::string{"is no market (an object with start_sec and end_sec)"};
        if (!resolved || !resolved->is_bool() || !resolved->as_bool() || !prices ||
            !prices->is_array() || prices->as_array().size() != 2 ||
            !prices->as_array()[0].is_string())
            return std::string{};
        auto const& up = prices->as_array()[0].as_string();
        if (up != "0" && up != "1") return std::string{};
        outcomes.push_back(
            {{utc_from_seconds(start->as_int64()), Seconds{stop->as_int64() - start->as_int64()}},
             up == "1"}
        );
        return std::string{};
    });
    if (!read) return read.error();
    return outcomes;
}

OracleStudy study_oracle(OracleDay const& day, std::vector<OfficialOutcome> const& official) {
    OracleStudy study;
    auto const sigmas = causal_sigmas(day);
    for (auto const rule : rules) {
        RuleAgreement agreement{.rule = rule};
        std::array<std::vector<double>, lead_seconds.size()> promised, outcomes;
        for (auto const& market : official) {
            auto const up = day.up_won(market.window, rule);
            auto const by_spot = day.up_won(market.window, spot_rule());
            if (!up || !by_spot) continue;
            ++agreement.windows;
            agreement.agree_official += *up == market.up_won ? 1 : 0;
            agreement.differ_from_spot += *up != *by_spot ? 1 : 0;
            for (std::size_t k = 0; k < lead_seconds.size(); ++k)
                if (auto const p = promise(day, market.window, rule, lead_seconds[k], sigmas)) {
                    promised[k].push_back(*p);
                    outcomes[k].push_back(*up ? 1 : 0);
                }
        }
        study.agreements.push_back(agreement);
        for (std::size_t k = 0; k < lead_seconds.size(); ++k) {
            if (promised[k].empty()) continue;
            auto const n = static_cast<double>(promised[k].size());
            RuleForecast forecast{
                .rule = rule,
                .seconds_left = lead_seconds[k],
                .windows = promised[k].size(),
                .brier = calibration::brier(promised[k], outcomes[k])
            };
            for (std::size_t i = 0; i < promised[k].size(); ++i) {
                auto const up_favoured = promised[k][i] >= 0.5;
                forecast.promised += (up_favoured ? promised[k][i] : 1 - promised[k][i]) / n;
                forecast.won += (up_favoured == (outcomes[k][i] == 1) ? 1 : 0) / n;
            }
            study.forecasts.push_back(forecast);
        }
    }
    return study;
}

std::string format_oracle_study(OracleStudy const& study) {
    std::string text = "| rule | windows | agrees with the official (spot-era) outcome | differs "
                       "from spot |\n|---|---:|---:|---:|\n";
    for (auto const& line : study.agreements)
        text += fmt::format(
            "| {} | {} | {} | {} |\n",
            to_string(line.rule),
            line.windows,
            line.agree_official,
            line.differ_from_spot
        );
    text += "\nThe closed form on the same ticks, asked before each close; outcomes by the same "
            "rule, favoured side:\n\n| rule | s left | windows | Brier | promised | won | 95 % "
            "interval |\n|---|---:|---:|---:|---:|---:|---|\n";
    for (auto const& line : study.forecasts) {
        auto const n = static_cast<double>(line.windows);
        auto const interval = calibration::wilson(line.won * n, n);
        text += fmt::format(
            "| {} | {} | {} | {:.4f} | {:.4f} | {:.4f} | {:.4f}-{:.4f} |\n",
            to_string(line.rule),
            line.seconds_left,
            line.windows,
            line.brier,
            line.promised,
            line.won,
            interval.low,
            interval.high
        );
    }
    return text;
}

} // namespace polyquant::models::evaluation

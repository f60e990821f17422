// The settlement rules on the oracle's own ticks: do recomputed outcomes agree with the official
// ones, and does the closed form promise right under each rule?
#pragma once

#include "engine/core/failure.hpp"
#include "engine/core/market.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace polyquant::models::evaluation {

struct OracleTick {
    UtcTime at{};
    double price = 0;
};

// csv[.gz] with columns feed_ts_ms and value, in order of time (sorted here if not).
Result<std::vector<OracleTick>> read_oracle_ticks(std::filesystem::path const& path);

// The oracle's day with its look-ups.
class OracleDay {
public:
    explicit OracleDay(std::vector<OracleTick> ticks) : ticks_{std::move(ticks)} {}

    // The newest tick at or before `t`, not older than 3 s.
    std::optional<double> price_at(UtcTime t) const;

    // Mean of the ticks in (from, to]; empty when more than a tenth of the seconds lack one.
    std::optional<double> mean_between(UtcTime from, UtcTime to) const;

    // The value a rule settles by at a boundary.
    std::optional<double> settlement_value(UtcTime boundary, SettlementRule rule) const;
    std::optional<bool> up_won(Window window, SettlementRule rule) const;

    std::vector<OracleTick> const& ticks() const { return ticks_; }

private:
    std::vector<OracleTick> ticks_;
};

struct OfficialOutcome {
    Window window;
    bool up_won = false;
};

// jsonl[.gz] with start_sec, end_sec, resolved and outcome_prices; unresolved ones are left out.
Result<std::vector<OfficialOutcome>> read_official_outcomes(std::filesystem::path const& path);

struct RuleAgreement {
    SettlementRule rule;
    std::size_t windows = 0;
    std::size_t agree_official = 0; // of windows with a known official outcome
    std::size_t differ_from_spot = 0;
};

// How the closed form did at one lead time under one rule; favourites only, so that promised and
// won can be compared as two numbers.
struct RuleForecast {
    SettlementRule rule;
    int seconds_left = 0;
    std::size_t windows = 0;
    double brier = 0;
    double promised = 0; // mean of the favoured side
    double won = 0;
};

struct OracleStudy {
    std::vector<RuleAgreement> agreements;
    std::vector<RuleForecast> forecasts;
};

// Volatility from the ticks themselves (10-second returns, half-life 30 minutes, causal).
OracleStudy study_oracle(OracleDay const& day, std::vector<OfficialOutcome> const& official);

std::string format_oracle_study(OracleStudy const& study);

} // namespace polyquant::models::evaluation

// Trains every model on the past and asks each of them about the same later moments: the data
// behind the evaluation report.
#pragma once

#include "models/boosting/lightgbm.hpp"
#include "models/evaluation/look_ahead_check.hpp"
#include "models/validation/honesty.hpp"
#include "models/window/logistic_correction.hpp"
#include "models/window/window_dataset.hpp"

#include <array>
#include <functional>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

namespace polyquant::models::evaluation {

// In order of the report. The first two are the baseline's own: they look five minutes ahead from
// the window's start and are the same at every moment of it.
enum class Member : std::uint8_t {
    heuristic,
    baseline, // 0.7 logistic on the 46 features, 0.3 heuristic; trained on the last 7 days
    closed_form,
    logistic,
    boosting,
    recent,  // the logistic correction, fitted anew on the newest 28 days
    stacked, // simplex weights over the five above, calibrated by time left; on all days before
};
inline constexpr std::size_t member_count = 7;
std::string_view to_string(Member member);

// Models that are fitted again as time goes on: before each block of `step`, on the past, never on
// an outcome that is known less than `embargo` before the block.
struct WalkForward {
    std::chrono::days step{1};
    Seconds embargo{300};
    std::chrono::days baseline{7};
    std::chrono::days recent{28};
};

struct EvaluationOptions {
    window::LabelStyle style = window::LabelStyle::spot;
    // Judged; the bars of the others only lead them.
    std::vector<Asset> assets{all_assets.begin(), all_assets.end()};
    // Training windows start in [train_from, tune_from); early stopping, tail shape, calibration
    // and stacking use [tune_from, test_from); [test_from, test_to) is only ever predicted.
    UtcTime train_from = utc_from_seconds(1'735'689'600); // 2025-01-01
    UtcTime tune_from = utc_from_seconds(1'774'396'800);  // 2026-03-25
    UtcTime test_from = utc_from_seconds(1'775'001'600);  // 2026-04-01
    UtcTime test_to = UtcTime::max();
    WalkForward walk_forward;
    boosting::BoostingParams boosting;
    window::CorrectionParams correction;
    std::string lightgbm; // path; empty: the usual places
    std::size_t placebo_repeats = 8;
    std::uint64_t seed = 1;
    // Runs job(0) ... job(n - 1), in any order and at once if it can; empty: one after the other.
    // The result does not depend on it: every coin is a job of its own.
    std::function<void(std::size_t n, std::function<void(std::size_t)> const& job)> run_jobs;
    // Told from any thread after each piece of work.
    std::function<void(std::size_t done, std::size_t of)> progress;
};

// One list per column of the report; all of one length, test rows in order of time.
struct Predictions {
    std::vector<UtcTime> window_start;
    std::vector<int> seconds_left;
    std::vector<std::int64_t> day; // of the window's start, UTC
    std::vector<double> outcome;
    std::array<std::vector<double>, member_count> up;
    // The same models without the inputs that come from other coins.
    std::vector<double> logistic_alone;
    std::vector<double> boosting_alone;
    // The stack under each way of calibrating it: none, platt, isotonic, beta, and a slope a
    // moment drawn towards 1.
    std::array<std::vector<double>, 5> stacked_by;
    // The last two pooled over the coins: a slope a moment, an isotonic map a moment; and the
    // slopes on the newest fourteen days alone.
    std::vector<double> pooled_slopes;
    std::vector<double> pooled_recent_slopes;
    std::vector<double> pooled_isotonic;

    std::size_t size() const { return outcome.size(); }
};

struct CoinEvaluation {
    Asset asset = Asset::btc;
    std::size_t train_rows = 0;
    std::size_t tune_rows = 0;
    std::optional<window::VolatilityFit> volatility;
    // Log loss on the tuning block by tail shape, best first used.
    std::vector<std::pair<std::string, double>> shapes;
    std::string boosting; // rounds and losses, or why it is missing
    std::vector<std::pair<std::string, double>> stack_weights; // of the last day
    std::vector<std::pair<std::string, validation::PlaceboReport>> placebo;
    LookAheadReport look_ahead;
    Predictions test;
    // The uncalibrated stack over tuning and test rows, for calibrations pooled over coins.
    std::vector<double> stack_promised;
    std::vector<double> stack_outcome;
    std::vector<double> stack_seconds_left;
    std::vector<std::int64_t> stack_day;
};

struct BarEvaluation {
    EvaluationOptions options;
    std::vector<CoinEvaluation> coins;
    bool has_boosting = false;
    std::string boosting_note; // why not, where it is missing

    CoinEvaluation const* coin(Asset asset) const; // null where it was not judged
};

// Minutes of work on two years of bars; progress lines go to `progress`. Without LightGBM the
// boosting member repeats the logistic one and the note says so.
Result<BarEvaluation> evaluate_bars(
    window::AssetBars const& bars, EvaluationOptions const& options, std::ostream& progress
);

} // namespace polyquant::models::evaluation

#include "models/evaluation/calibration_table.hpp"
#include "models/evaluation/report_sections.hpp"
#include "models/window/volatility_model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace polyquant::models::evaluation {

namespace {

constexpr std::uint64_t seed = 20261123;
constexpr auto stacked = static_cast<std::size_t>(Member::stacked);
constexpr auto baseline = static_cast<std::size_t>(Member::baseline);

std::string day_text(UtcTime t) {
    return format_utc(t).substr(0, 10);
}

// The rows of one time left (0: all).
struct Selected {
    std::vector<std::size_t> rows;

    Selected(Predictions const& test, int seconds_left) {
        for (std::size_t i = 0; i < test.size(); ++i)
            if (seconds_left == 0 || test.seconds_left[i] == seconds_left) rows.push_back(i);
    }

    template <class T>
    std::vector<T> of(std::vector<T> const& all) const {
        std::vector<T> some;
        some.reserve(rows.size());
        for (auto const i : rows)
            some.push_back(all[i]);
        return some;
    }
};

std::vector<double>
losses(std::span<double const> promised, std::span<double const> outcomes, bool log) {
    std::vector<double> values;
    for (std::size_t i = 0; i < promised.size(); ++i) {
        auto const miss = promised[i] - outcomes[i];
        values.push_back(log ? calibration::log_loss_of(promised[i], outcomes[i]) : miss * miss);
    }
    return values;
}

std::string score_table(BarEvaluation const& evaluation, bool log) {
    std::string text = "| coin | s left | windows |";
    for (std::size_t m = 0; m < member_count; ++m)
        text += fmt::format(" {} |", to_string(static_cast<Member>(m)));
    text += "\n|---|---:|---:|" + [] {
        std::string dashes;
        for (std::size_t m = 0; m < member_count; ++m)
            dashes += "---|";
        return dashes;
    }() + "\n";
    for (auto const& coin : evaluation.coins)
        for (auto const left : window::decision_seconds) {
            Selected const some{coin.test, left};
            auto const outcomes = some.of(coin.test.outcome);
            auto const days = some.of(coin.test.day);
            text += fmt::format("| {} | {} | {} |", to_string(coin.asset), left, outcomes.size());
            for (auto const& member : coin.test.up) {
                auto const values = losses(some.of(member), outcomes, log);
                text += fmt::format(
                    " {} |", interval_text(calibration::block_bootstrap(values, days, seed), 4)
                );
            }
            text += "\n";
        }
    return text;
}

struct Margins {
    std::string table;
    bool all_beat = true;
};

// How much better than the baseline ensemble, on the same windows.
Margins margin_table(BarEvaluation const& evaluation) {
    Margins margins;
    margins.table = "| coin | s left | closed form, Brier | stacked, Brier | stacked, log loss |\n"
                    "|---|---:|---|---|---|\n";
    for (auto const& coin : evaluation.coins)
        for (auto const left : window::decision_seconds) {
            Selected const some{coin.test, left};
            auto const outcomes = some.of(coin.test.outcome);
            auto const days = some.of(coin.test.day);
            auto const reference = some.of(coin.test.up[baseline]);
            auto const gain = [&](std::size_t member, bool log) {
                auto values = losses(reference, outcomes, log);
                auto const own = losses(some.of(coin.test.up[member]), outcomes, log);
                for (std::size_t i = 0; i < values.size(); ++i)
                    values[i] -= own[i];
                auto const mean = calibration::block_bootstrap(values, days, seed);
                margins.all_beat = margins.all_beat && mean.low > 0;
                return interval_text(mean, 4);
            };
            constexpr auto closed_form = static_cast<std::size_t>(Member::closed_form);
            margins.table += fmt::format(
                "| {} | {} | {} | {} | {} |\n",
                to_string(coin.asset),
                left,
                gain(closed_form, false),
                gain(stacked, false),
                gain(stacked, true)
            );
        }
    return margins;
}

// Favourites promised 0.85 to 0.95, of either side.
std::string favourite_table(BarEvaluation const& evaluation) {
    std::string text = "| coin | model | s left | windows | mean promised | won | 95 % interval |\n"
                       "|---|---|---:|---:|---:|---:|---|\n";
    constexpr double edges[] = {0.85, 0.95};
    for (auto const& coin : evaluation.coins)
        for (auto const member : {Member::stacked})
            for (auto const left : window::decision_seconds) {
                Selected const some{coin.test, left};
                auto promised = some.of(coin.test.up[static_cast<std::size_t>(member)]);
                auto outcomes = some.of(coin.test.outcome);
                for (std::size_t i = 0; i < promised.size(); ++i)
                    if (promised[i] < 0.5) {
                        promised[i] = 1 - promised[i];
                        outcomes[i] = 1 - outcomes[i];
                    }
                auto const bin = calibration::reliability(promised, outcomes, edges).front();
                if (bin.count == 0) continue;
                text += fmt::format(
                    "| {} | {} | {} | {} | {:.4f} | {:.4f} | {:.4f}-{:.4f} |\n",
                    to_string(coin.asset),
                    to_string(member),
                    left,
                    bin.count,
                    bin.promised,
                    bin.observed,
                    bin.interval.low,
                    bin.interval.high
                );
            }
    return text;
}

std::string parts_table(BarEvaluation const& evaluation) {
    std::string text =
        "| coin | model | Brier | reliability | resolution | uncertainty | ECE | sharpness |\n"
        "|---|---|---:|---:|---:|---:|---:|---:|\n";
    for (auto const& coin : evaluation.coins)
        for (auto const member :
             {Member::baseline,
              Member::closed_form,
              Member::logistic,
              Member::boosting,
              Member::stacked}) {
            auto const m = static_cast<std::size_t>(member);
            auto const& promised = coin.test.up[m];
            auto const parts = calibration::brier_parts(promised, coin.test.outcome);
            text += fmt::format(
                "| {} | {} | {:.4f} | {:.5f} | {:.4f} | {:.4f} | {:.4f} | {:.4f} |\n",
                to_string(coin.asset),
                to_string(static_cast<Member>(m)),
                parts.brier,
                parts.reliability,
                parts.resolution,
                parts.uncertainty,
                calibration::expected_calibration_error(promised, coin.test.outcome),
                calibration::sharpness(promised)
            );
        }
    return text;
}

// What the inputs from other coins, and each way of calibrating, add: log loss, all times together.
std::string choices_table(BarEvaluation const& evaluation) {
    std::string text =
        "| coin | logistic: gain by leads | boosting: gain by leads | stack uncalibrated | Platt | "
        "isotonic | beta | slope by moment (used) |\n|---|---|---|---:|---:|---:|---:|---:|\n";
    for (auto const& coin : evaluation.coins) {
        auto const& test = coin.test;
        auto const gain = [&](std::vector<double> const& without, Member with) {
            auto values = losses(without, test.outcome, true);
            auto const own = losses(test.up[static_cast<std::size_t>(with)], test.outcome, true);
            for (std::size_t i = 0; i < values.size(); ++i)
                values[i] -= own[i];
            return interval_text(calibration::block_bootstrap(values, test.day, seed), 5);
        };
        text += fmt::format(
            "| {} | {} | {} |",
            to_string(coin.asset),
            gain(test.logistic_alone, Member::logistic),
            gain(test.boosting_alone, Member::boosting)
        );
        for (auto const& calibrated : test.stacked_by)
            text += fmt::format(" {:.5f} |", calibration::log_loss(calibrated, test.outcome));
        text += "\n";
    }
    return text;
}

// The stack by other ways of calibrating it: how many cells would lie within two points.
std::string calibration_choices(BarEvaluation const& evaluation) {
    std::string text =
        "| calibrated by | log loss, all coins | cells within 2 points | expected of "
        "a perfect model | beyond, corrected |\n|---|---:|---:|---:|---:|\n";

    struct Way {
        char const* name;
        PromisesOf promises;
    };

    auto const by = [](std::size_t m) {
        return [m](CoinEvaluation const& coin) -> std::vector<double> const& {
            return coin.test.stacked_by[m];
        };
    };
    Way const ways[] = {
        {"nothing", by(0)},
        {"Platt, each coin", by(1)},
        {"isotonic, each coin", by(2)},
        {"beta, each coin", by(3)},
        {"slope by moment, each coin (used)", by(4)},
        {"slope by moment, coins pooled",
         [](CoinEvaluation const& coin) -> std::vector<double> const& {
             return coin.test.pooled_slopes;
         }},
        {"the same, on the newest 14 days",
         [](CoinEvaluation const& coin) -> std::vector<double> const& {
             return coin.test.pooled_recent_slopes;
         }},
        {"isotonic by moment, coins pooled",
         [](CoinEvaluation const& coin) -> std::vector<double> const& {
             return coin.test.pooled_isotonic;
         }},
    };
    for (auto const& way : ways) {
        std::vector<double> promised, outcome;
        for (auto const& coin : evaluation.coins) {
            auto const& own = way.promises(coin);
            promised.insert(promised.end(), own.begin(), own.end());
            outcome.insert(outcome.end(), coin.test.outcome.begin(), coin.test.outcome.end());
        }
        auto const cells = summarise(tabulate_calibration(evaluation, way.promises).single);
        text += fmt::format(
            "| {} | {:.5f} | {} of {} | {:.1f} | {} |\n",
            way.name,
            calibration::log_loss(promised, outcome),
            cells.within,
            cells.judged,
            static_cast<double>(cells.judged) - cells.expected.mean,
            cells.proven_beyond
        );
    }
    return text;
}

std::string volatility_table(BarEvaluation const& evaluation) {
    std::string text = "| estimator |";
    for (auto const& coin : evaluation.coins)
        text += fmt::format(" {} 1 min | {} 4 min |", to_string(coin.asset), to_string(coin.asset));
    text += "\n|---|";
    for (std::size_t i = 0; i < 2 * evaluation.coins.size(); ++i)
        text += "---:|";
    text += "\n";
    auto const lines = evaluation.coins.front().volatility->scores.size();
    for (std::size_t k = 0; k < lines; ++k) {
        text += fmt::format("| {} |", evaluation.coins.front().volatility->scores[k].name);
        for (auto const& coin : evaluation.coins) {
            auto const& qlike = coin.volatility->scores[k].qlike;
            text += fmt::format(" {:.4f} | {:.4f} |", qlike.front(), qlike.back());
        }
        text += "\n";
    }
    return text;
}

std::string look_ahead_note(LookAheadReport const& report) {
    if (report.passed())
        return fmt::format(
            " Look-ahead: none of the {} columns at {} moments and of {} outcomes changes when "
            "later "
            "bars of any coin do.",
            report.columns,
            report.rows,
            report.outcomes
        );
    if (report.problems.empty()) return " Look-ahead: NOT CHECKED, no window could be asked.";
    auto const& first = report.problems.front();
    return fmt::format(
        " Look-ahead: FAILED, {} values change with later bars, the first {} at {}: {} and {}.",
        report.problems.size(),
        first.column,
        format_utc(first.at),
        first.honest,
        first.disturbed
    );
}

std::string training_notes(BarEvaluation const& evaluation) {
    std::string text;
    for (auto const& coin : evaluation.coins) {
        text += fmt::format(
            "- **{}**: {} training, {} tuning, {} test rows. Tail shapes by log loss on the tuning "
            "block:",
            to_string(coin.asset),
            coin.train_rows,
            coin.tune_rows,
            coin.test.size()
        );
        for (auto const& [name, loss] : coin.shapes)
            text += fmt::format(" {} {:.5f},", name, loss);
        text.back() = '.';
        text += fmt::format(
            " Sigma is uncertain by {:.0f} %. Minute factors of the five-minute grid:",
            100 * coin.volatility->model.sigma_relative_sd
        );
        for (auto const factor : coin.volatility->model.profile.grid_factors())
            text += fmt::format(" {:.3f}", factor);
        text += fmt::format(". Boosting: {}. Last stack:", coin.boosting);
        for (auto const& [name, weight] : coin.stack_weights)
            text += fmt::format(" {} {:.2f},", name, weight);
        text.back() = '.';
        for (auto const& [name, report] : coin.placebo)
            text += fmt::format(
                " Placebo of {}: skill {:+.4f} +- {:.4f}, {}.",
                name,
                report.mean,
                report.standard_error,
                report.passed ? "passed" : "FAILED: something leaks"
            );
        text += look_ahead_note(coin.look_ahead);
        text += "\n";
    }
    return text;
}

} // namespace

std::string bars_section(BarEvaluation const& evaluation, bool with_volatility) {
    auto const& options = evaluation.options;
    auto const margins = margin_table(evaluation);
    auto const deciles = tabulate_calibration(evaluation, Member::stacked);
    auto const style = options.style == window::LabelStyle::spot
                           ? "spot-style outcomes (close of the window against its open)"
                           : "average-style outcomes (mean of open, high, low and close of the "
                             "minute before each boundary)";
    auto text = fmt::format(
        "## Held-out bars, {}\n\n"
        "Trained on windows from {} to {}, tuned to {}, tested after that. What is fitted anew as "
        "time goes on (the baseline on {} days, the recent logistic on {}, stack and calibration "
        "on "
        "all before) is so for every {} day(s), without outcomes of the last {} s before. "
        "Intervals "
        "are 95 %, from 2,000 resamples of whole test days.\n\n"
        "**Verdict.** The window model {} the baseline ensemble at every coin and moment by a "
        "margin whose interval excludes 0.\n\n**Calibration of the stacked model.** {}\n",
        style,
        day_text(options.train_from),
        day_text(options.tune_from),
        day_text(options.test_from),
        options.walk_forward.baseline.count(),
        options.walk_forward.recent.count(),
        options.walk_forward.step.count(),
        options.walk_forward.embargo.count(),
        margins.all_beat ? "beats" : "does NOT beat",
        calibration_verdict(deciles)
    );
    if (!evaluation.has_boosting)
        text += "LightGBM was not there: the boosting column repeats the logistic one.\n\n";
    text += "### Margin over the baseline ensemble\n\n" + margins.table;
    text += "\n### Brier score\n\n" + score_table(evaluation, false);
    text += "\n### Log loss\n\n" + score_table(evaluation, true);
    text += "\n### Parts of the Brier score, all moments together\n\n" + parts_table(evaluation);
    text += "\n### Favourites promised 0.85 to 0.95\n\n" + favourite_table(evaluation);
    text += "\n### Stacked model by decile\n\n" + format_calibration(deciles);
    text += "\n### What leads and calibration add (log loss; gains positive when they help)\n\n" +
            choices_table(evaluation);
    text += "\nThe way that is used was chosen on days before the test; the others are shown for "
            "comparison only:\n\n" +
            calibration_choices(evaluation);
    if (with_volatility)
        text += "\n### Volatility forecasts on held-out days (QLIKE above the best)\n\n" +
                volatility_table(evaluation);
    return text + "\n### Training\n\n" + training_notes(evaluation);
}

} // namespace polyquant::models::evaluation

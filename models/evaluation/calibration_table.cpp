#include "models/evaluation/calibration_table.hpp"

#include "models/calibration/scores.hpp"
#include "models/validation/random.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

namespace polyquant::models::evaluation {

namespace {

constexpr double z95 = 1.959964;
constexpr std::size_t deciles = 10;

struct Tally {
    std::size_t count = 0;
    double promised = 0;
    double won = 0;
    std::map<UtcTime, double> gap_by_window;
    std::vector<double> promises;
};

using Tallies = std::array<Tally, deciles>;

void add(
    Tallies& tallies, Predictions const& test, std::vector<double> const& promised, int seconds_left
) {
    for (std::size_t i = 0; i < test.size(); ++i) {
        if (seconds_left != 0 && test.seconds_left[i] != seconds_left) continue;
        auto const decile = static_cast<std::size_t>(promised[i] * deciles);
        auto& tally = tallies[std::min(decile, deciles - 1)];
        ++tally.count;
        tally.promised += promised[i];
        tally.won += test.outcome[i];
        tally.promises.push_back(promised[i]);
        tally.gap_by_window[test.window_start[i]] += promised[i] - test.outcome[i];
    }
}

void append(
    std::vector<DecileCell>& cells, Tallies const& tallies, std::string_view coin, int seconds_left
) {
    for (std::size_t d = 0; d < deciles; ++d) {
        auto const& tally = tallies[d];
        if (tally.count <= decile_count_min) continue;
        auto const n = static_cast<double>(tally.count);
        auto const mean_gap = (tally.promised - tally.won) / n;
        auto const windows = static_cast<double>(tally.gap_by_window.size());
        double squares = 0;
        for (auto const& [start, gap] : tally.gap_by_window)
            squares += gap * gap;
        // About the mean gap a window; without windows to compare nothing is known.
        auto const about_mean = squares - n * n * mean_gap * mean_gap / windows;
        auto const error =
            std::sqrt(std::max(about_mean, 0.0) * windows / std::max(windows - 1, 1.0)) / n;
        cells.push_back(
            {.coin = std::string{coin},
             .seconds_left = seconds_left,
             .from = static_cast<double>(d) / deciles,
             .to = static_cast<double>(d + 1) / deciles,
             .count = tally.count,
             .promised = tally.promised / n,
             .won = tally.won / n,
             .standard_error = error,
             .promises = tally.promises}
        );
    }
}

std::string format_cells(std::vector<DecileCell> const& cells) {
    auto const z = bonferroni_z(cells.size());
    std::string text = "| coin | s left | promised | count | mean promised | won | points off | "
                       "standard error | verdict |\n|---|---:|---|---:|---:|---:|---:|---:|---|\n";
    for (auto const& cell : cells)
        text += fmt::format(
            "| {} | {} | {:.1f}-{:.1f} | {} | {:.4f} | {:.4f} | {:+.1f} | {:.1f} | {} |\n",
            cell.coin,
            cell.seconds_left == 0 ? "all" : std::to_string(cell.seconds_left),
            cell.from,
            cell.to,
            cell.count,
            cell.promised,
            cell.won,
            cell.gap_points(),
            100 * cell.standard_error,
            cell.is_within()           ? "within"
            : cell.is_proven_beyond(z) ? "BEYOND"
                                       : "off, may be chance"
        );
    return text;
}

// One line a coin and moment: "+1.2 +- 1.8 (640)", points off, standard error, promises; "?" where
// the gap is above two points and the band still meets the interval, bold where it does not.
std::string format_compact(std::vector<DecileCell> const& cells) {
    auto const z = bonferroni_z(cells.size());
    std::string text = "| coin | s left |";
    for (std::size_t d = 0; d < deciles; ++d)
        text += fmt::format(
            " {:.1f}-{:.1f} |",
            static_cast<double>(d) / deciles,
            static_cast<double>(d + 1) / deciles
        );
    text += "\n|---|---:|";
    for (std::size_t d = 0; d < deciles; ++d)
        text += "---|";
    text += "\n";
    for (std::size_t i = 0; i < cells.size();) {
        auto const& first = cells[i];
        text += fmt::format("| {} | {} |", first.coin, first.seconds_left);
        for (std::size_t d = 0; d < deciles; ++d) {
            auto const at_decile = i < cells.size() && cells[i].coin == first.coin &&
                                   cells[i].seconds_left == first.seconds_left &&
                                   std::lround(cells[i].from * deciles) == static_cast<long>(d);
            if (!at_decile) {
                text += " |";
                continue;
            }
            auto const& cell = cells[i++];
            text += fmt::format(
                " {}{:+.1f} +- {:.1f} ({}){} |",
                cell.is_proven_beyond(z) ? "**" : "",
                cell.gap_points(),
                100 * cell.standard_error,
                cell.count,
                cell.is_within()           ? ""
                : cell.is_proven_beyond(z) ? "**"
                                           : " ?"
            );
        }
        text += "\n";
    }
    return text;
}

std::string describe(std::string_view which, DecileSummary const& summary) {
    auto const share = 100 * static_cast<double>(summary.misses) /
                       static_cast<double>(std::max<std::size_t>(summary.judged, 1));
    return fmt::format(
        "{}: of {} deciles {} are within 2 points and {} are not; a perfectly calibrated model "
        "with "
        "the same promises would have {:.1f} that are not (95 % of draws: {} to {}). In {} the "
        "band "
        "of 2 points lies outside the cell's Wilson interval (95 % for all cells together); {:.0f} "
        "% of the single 95 % intervals miss the promise (5 % would by chance), the worst by "
        "{:.1f} "
        "standard errors.",
        which,
        summary.judged,
        summary.within,
        summary.judged - summary.within,
        summary.expected.mean,
        summary.expected.low,
        summary.expected.high,
        summary.proven_beyond,
        share,
        summary.worst_standard_errors
    );
}

// Normal approximations would do for most cells, not for those near 0 and 1.
ExpectedMisses simulate_misses(std::vector<DecileCell> const& cells) {
    constexpr std::size_t draws = 1'000;
    constexpr std::uint64_t seed = 20261123;
    validation::SeededRandom random{seed};
    std::vector<std::size_t> misses(draws);
    for (auto const& cell : cells)
        for (auto& missed : misses) {
            double gap = 0;
            for (auto const p : cell.promises)
                gap += p - (random.uniform() < p ? 1 : 0);
            auto const points = 100 * std::abs(gap) / static_cast<double>(cell.count);
            missed += points > tolerance_points ? 1 : 0;
        }
    std::sort(misses.begin(), misses.end());
    ExpectedMisses expected;
    for (auto const missed : misses)
        expected.mean += static_cast<double>(missed) / draws;
    expected.low = misses[draws / 40];
    expected.high = misses[draws - 1 - draws / 40];
    return expected;
}

} // namespace

bool DecileCell::is_within() const {
    return std::abs(gap_points()) <= tolerance_points;
}

bool DecileCell::is_proven_beyond(double z) const {
    // Promises of one window that share an outcome are fewer draws than promises.
    auto const variance = won * (1 - won);
    auto const draws = standard_error > 0 && variance > 0
                           ? variance / (standard_error * standard_error)
                           : static_cast<double>(count);
    auto const n = std::min(draws, static_cast<double>(count));
    auto const interval = calibration::wilson(won * n, n, z);
    constexpr auto band = tolerance_points / 100;
    return promised + band < interval.low || promised - band > interval.high;
}

double bonferroni_z(std::size_t cells) {
    // Solved on the tail: there is no quantile function in the standard library.
    auto const tail = 0.025 / static_cast<double>(std::max<std::size_t>(cells, 1));
    double low = 0;
    double high = 10;
    for (int i = 0; i < 100; ++i) {
        auto const middle = (low + high) / 2;
        (0.5 * std::erfc(middle / std::sqrt(2.0)) > tail ? low : high) = middle;
    }
    return low;
}

bool DecileCell::misses_promise() const {
    return std::abs(gap_points()) > z95 * 100 * standard_error;
}

CalibrationTable tabulate_calibration(BarEvaluation const& evaluation, Member member) {
    return tabulate_calibration(
        evaluation,
        [member](CoinEvaluation const& coin) -> std::vector<double> const& {
            return coin.test.up[static_cast<std::size_t>(member)];
        }
    );
}

CalibrationTable
tabulate_calibration(BarEvaluation const& evaluation, PromisesOf const& promises_of) {
    CalibrationTable table;
    for (auto const& coin : evaluation.coins)
        for (auto const left : window::decision_seconds) {
            Tallies tallies;
            add(tallies, coin.test, promises_of(coin), left);
            append(table.single, tallies, to_string(coin.asset), left);
        }
    for (auto const left : window::decision_seconds) {
        Tallies tallies;
        for (auto const& coin : evaluation.coins)
            add(tallies, coin.test, promises_of(coin), left);
        append(table.by_moment, tallies, "all", left);
    }
    Tallies tallies;
    for (auto const& coin : evaluation.coins)
        add(tallies, coin.test, promises_of(coin), 0);
    append(table.pooled, tallies, "all", 0);
    return table;
}

DecileSummary summarise(std::vector<DecileCell> const& cells) {
    DecileSummary summary;
    summary.judged = cells.size();
    summary.expected = simulate_misses(cells);
    auto const z = bonferroni_z(cells.size());
    for (auto const& cell : cells) {
        summary.within += cell.is_within() ? 1 : 0;
        summary.proven_beyond += cell.is_proven_beyond(z) ? 1 : 0;
        summary.misses += cell.misses_promise() ? 1 : 0;
        if (cell.standard_error > 0)
            summary.worst_standard_errors = std::max(
                summary.worst_standard_errors,
                std::abs(cell.gap_points()) / (100 * cell.standard_error)
            );
    }
    return summary;
}

std::string calibration_verdict(CalibrationTable const& table) {
    auto const single = summarise(table.single);
    auto const by_moment = summarise(table.by_moment);
    auto const pooled = summarise(table.pooled);
    if (single.judged + by_moment.judged + pooled.judged == 0)
        return fmt::format("No decile holds more than {} promises.", decile_count_min);
    auto const all_within = [](DecileSummary const& summary) {
        return summary.within == summary.judged;
    };
    std::string conclusion;
    if (all_within(single) && all_within(by_moment) && all_within(pooled))
        conclusion = "Every decile is calibrated within 2 points.";
    else if (single.proven_beyond + by_moment.proven_beyond + pooled.proven_beyond > 0)
        conclusion = "The model is NOT calibrated within 2 points everywhere: some deciles are "
                     "further off than luck explains.";
    else if (all_within(pooled))
        conclusion =
            "Calibrated within 2 points in every decile only when pooled; the smaller cells do not "
            "all lie within 2 points, and their sampling error is too large to say that their true "
            "gaps do.";
    else
        conclusion = "Not every decile lies within 2 points; none is proven to be beyond.";
    return fmt::format(
        "{}\n\n- {}\n- {}\n- {}\n",
        conclusion,
        describe("By coin and moment", single),
        describe("By moment, all coins pooled", by_moment),
        describe("All coins and moments pooled", pooled)
    );
}

std::string format_calibration(CalibrationTable const& table) {
    return fmt::format(
        "All coins and moments pooled:\n\n{}\nBy moment, all coins pooled:\n\n{}\nBy coin and "
        "moment, points off +- standard error (promises); ? where more than 2 points off but the "
        "band of 2 points still meets the Wilson interval (95 % for all cells together), bold "
        "where "
        "it does not:\n\n{}",
        format_cells(table.pooled),
        format_cells(table.by_moment),
        format_compact(table.single)
    );
}

} // namespace polyquant::models::evaluation

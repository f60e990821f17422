#include "models/evaluation/calibration_table.hpp"

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
};

using Tallies = std::array<Tally, deciles>;

void add(Tallies& tallies, Predictions const& test, Member member, int seconds_left) {
    auto const& promised = test.up[static_cast<std::size_t>(member)];
    for (std::size_t i = 0; i < test.size(); ++i) {
        if (seconds_left != 0 && test.seconds_left[i] != seconds_left) continue;
        auto const decile = static_cast<std::size_t>(promised[i] * deciles);
        auto& tally = tallies[std::min(decile, deciles - 1)];
        ++tally.count;
        tally.promised += promised[i];
        tally.won += test.outcome[i];
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
             .standard_error = error}
        );
    }
}

std::string format_cells(std::vector<DecileCell> const& cells) {
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
            cell.is_within()          ? "within"
            : cell.is_proven_beyond() ? "BEYOND"
                                      : "off, may be chance"
        );
    return text;
}

// One line a coin and moment: "+1.2 +- 1.8 (640)", points off, standard error, promises.
std::string format_compact(std::vector<DecileCell> const& cells) {
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
                cell.is_proven_beyond() ? "**" : "",
                cell.gap_points(),
                100 * cell.standard_error,
                cell.count,
                cell.is_proven_beyond() ? "**" : ""
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
        "{}: of {} deciles {} are within 2 points, {} are further off but by no more than "
        "sampling error can explain, {} are beyond 2 points by more than that; {:.0f} % of the 95 "
        "% "
        "intervals miss the promise (5 % would by chance), the worst by {:.1f} standard errors.",
        which,
        summary.judged,
        summary.within,
        summary.judged - summary.within - summary.proven_beyond,
        summary.proven_beyond,
        share,
        summary.worst_standard_errors
    );
}

} // namespace

bool DecileCell::is_within() const {
    return std::abs(gap_points()) <= tolerance_points;
}

bool DecileCell::is_proven_beyond() const {
    return std::abs(gap_points()) - z95 * 100 * standard_error > tolerance_points;
}

bool DecileCell::misses_promise() const {
    return std::abs(gap_points()) > z95 * 100 * standard_error;
}

CalibrationTable tabulate_calibration(BarEvaluation const& evaluation, Member member) {
    CalibrationTable table;
    for (auto const& coin : evaluation.coins)
        for (auto const left : window::decision_seconds) {
            Tallies tallies;
            add(tallies, coin.test, member, left);
            append(table.single, tallies, to_string(coin.asset), left);
        }
    for (auto const left : window::decision_seconds) {
        Tallies tallies;
        for (auto const& coin : evaluation.coins)
            add(tallies, coin.test, member, left);
        append(table.by_moment, tallies, "all", left);
    }
    Tallies tallies;
    for (auto const& coin : evaluation.coins)
        add(tallies, coin.test, member, 0);
    append(table.pooled, tallies, "all", 0);
    return table;
}

DecileSummary summarise(std::vector<DecileCell> const& cells) {
    DecileSummary summary;
    summary.judged = cells.size();
    for (auto const& cell : cells) {
        summary.within += cell.is_within() ? 1 : 0;
        summary.proven_beyond += cell.is_proven_beyond() ? 1 : 0;
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
        "moment, points off +- standard error (promises), bold where BEYOND:\n\n{}",
        format_cells(table.pooled),
        format_cells(table.by_moment),
        format_compact(table.single)
    );
}

} // namespace polyquant::models::evaluation

#include "models/calibration/column_trial.hpp"

#include "models/calibration/ridge_correction.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>

namespace polyquant::models::calibration {

namespace {

// A coefficient of a tenth of a log-odd a standard deviation is usual.
constexpr double ridge = 100;
constexpr std::size_t first_predicted_block = 3; // walking forward
constexpr double widest = 4;                     // standard deviations

double log_odds(double p) {
    auto const kept = std::clamp(p, 1e-6, 1 - 1e-6);
    return std::log(kept / (1 - kept));
}

using Scale = ColumnFit::Scale;

std::vector<Scale> scales_of(TrialRows const& rows, std::vector<std::size_t> const& chosen) {
    std::vector<Scale> scales(rows.names.size());
    for (std::size_t k = 0; k < scales.size(); ++k) {
        double n = 0, sum = 0, squares = 0;
        for (auto const i : chosen)
            if (auto const value = rows.columns[i][k]; std::isfinite(value)) {
                ++n;
                sum += value;
                squares += value * value;
            }
        if (n < 2) continue;
        scales[k].mean = sum / n;
        auto const variance = squares / n - scales[k].mean * scales[k].mean;
        if (variance > 1e-18) scales[k].deviation = std::sqrt(variance);
    }
    return scales;
}

// The model's log-odds times (1 + slope), plus the columns: the slope is learned with and without
// them, so that a column gets no credit for a model that is too bold or too shy.
struct Fit {
    std::vector<Scale> scales; // of the columns; empty: the slope alone
    std::vector<double> coefficients;

    double apply(double promised, std::span<double const> row) const {
        auto const own = log_odds(promised);
        auto sum = own * (1 + coefficients[0]);
        for (std::size_t k = 0; k < scales.size(); ++k)
            sum += coefficients[k + 1] * scales[k](row[k]);
        return 1 / (1 + std::exp(-sum));
    }
};

// Moments of one window share an outcome: together they count as one row.
Result<Fit> fit_on(
    TrialRows const& rows,
    std::vector<std::size_t> const& chosen,
    std::map<std::int64_t, int> const& moments_of,
    bool with_columns
) {
    Fit fit;
    if (with_columns) fit.scales = scales_of(rows, chosen);
    std::vector<double> start, targets, weights, cell(fit.scales.size() + 1);
    validation::RowTable cells{cell.size()};
    for (auto const i : chosen) {
        cell[0] = log_odds(rows.promised[i]);
        for (std::size_t k = 0; k < fit.scales.size(); ++k)
            cell[k + 1] = fit.scales[k](rows.columns[i][k]);
        cells.add(cell);
        start.push_back(cell[0]);
        targets.push_back(rows.outcome[i]);
        weights.push_back(1.0 / moments_of.at(rows.window[i]));
    }
    std::vector<double> const ridges(cell.size(), ridge);
    auto coefficients = fit_ridge_correction(cells.rows(), start, targets, weights, ridges);
    if (!coefficients) return coefficients.error();
    fit.coefficients = std::move(*coefficients);
    return fit;
}

} // namespace

double ColumnFit::Scale::operator()(double value) const {
    if (std::isnan(value)) return 0;
    return std::clamp((value - mean) / deviation, -widest, widest);
}

double ColumnFit::apply(double promised, std::span<double const> row) const {
    double shift = 0;
    for (std::size_t k = 0; k < scales.size(); ++k)
        shift += coefficients[k] * scales[k](row[k]);
    return shift == 0 ? promised : 1 / (1 + std::exp(-log_odds(promised) - shift));
}

Result<ColumnFit> fit_columns(TrialRows const& rows) {
    std::vector<std::size_t> all(rows.promised.size());
    std::map<std::int64_t, int> moments_of;
    for (std::size_t i = 0; i < all.size(); ++i) {
        all[i] = i;
        ++moments_of[rows.window[i]];
    }
    ColumnFit fit;
    fit.scales = scales_of(rows, all);
    validation::RowTable cells{fit.scales.size()};
    std::vector<double> start, weights, cell(fit.scales.size());
    for (auto const i : all) {
        for (std::size_t k = 0; k < cell.size(); ++k)
            cell[k] = fit.scales[k](rows.columns[i][k]);
        cells.add(cell);
        start.push_back(log_odds(rows.promised[i]));
        weights.push_back(1.0 / moments_of.at(rows.window[i]));
    }
    std::vector<double> const ridges(cell.size(), ridge);
    auto coefficients = fit_ridge_correction(cells.rows(), start, rows.outcome, weights, ridges);
    if (!coefficients) return coefficients.error();
    fit.coefficients = std::move(*coefficients);
    return fit;
}

Result<ColumnTrial>
try_columns(std::string title, TrialRows const& rows, Folding folding, std::uint64_t seed) {
    std::vector<std::int64_t> blocks;
    std::map<std::int64_t, int> moments_of;
    double known = 0;
    for (std::size_t i = 0; i < rows.block.size(); ++i) {
        if (blocks.empty() || rows.block[i] != blocks.back()) blocks.push_back(rows.block[i]);
        ++moments_of[rows.window[i]];
        for (auto const value : rows.columns[i])
            known += std::isfinite(value) ? 1 : 0;
    }
    auto const first = folding == Folding::walk_forward ? first_predicted_block : 0;
    if (blocks.size() < first + 2)
        return Failure{
            Fault::invalid,
            title,
            fmt::format("{} blocks of time, at least {} needed", blocks.size(), first + 2)
        };
    ColumnTrial trial;
    trial.title = std::move(title);
    trial.names = rows.names;
    std::vector<double> gains;
    std::vector<std::int64_t> gain_blocks;
    for (auto b = first; b < blocks.size(); ++b) {
        std::vector<std::size_t> learned;
        for (std::size_t i = 0; i < rows.block.size(); ++i)
            if (folding == Folding::walk_forward ? rows.block[i] < blocks[b]
                                                 : rows.block[i] != blocks[b])
                learned.push_back(i);
        auto const base = fit_on(rows, learned, moments_of, false);
        if (!base) return base.error();
        auto const fit = fit_on(rows, learned, moments_of, true);
        if (!fit) return fit.error();
        for (std::size_t i = 0; i < rows.block.size(); ++i) {
            if (rows.block[i] != blocks[b]) continue;
            auto const without =
                log_loss_of(base->apply(rows.promised[i], rows.columns[i]), rows.outcome[i]);
            auto const with =
                log_loss_of(fit->apply(rows.promised[i], rows.columns[i]), rows.outcome[i]);
            trial.loss_without += without;
            trial.loss_with += with;
            gains.push_back(without - with);
            gain_blocks.push_back(rows.block[i]);
        }
    }
    trial.rows = gains.size();
    trial.blocks = blocks.size() - first;
    trial.loss_without /= static_cast<double>(trial.rows);
    trial.loss_with /= static_cast<double>(trial.rows);
    trial.covered = known / static_cast<double>(rows.block.size() * rows.names.size());
    trial.gain = block_bootstrap(gains, gain_blocks, seed);
    return trial;
}

std::string format_trials(std::vector<ColumnTrial> const& trials) {
    std::string text =
        "| columns | on top of | rows | blocks | covered | log loss without | with | "
        "gain | kept |\n|---|---|---:|---:|---:|---:|---:|---|---|\n";
    for (auto const& t : trials)
        text += fmt::format(
            "| {} | {} | {} | {} | {:.0f} % | {:.5f} | {:.5f} | {:+.5f} [{:+.5f}, {:+.5f}] | {} "
            "|\n",
            fmt::join(t.names, ", "),
            t.title,
            t.rows,
            t.blocks,
            100 * t.covered,
            t.loss_without,
            t.loss_with,
            t.gain.mean,
            t.gain.low,
            t.gain.high,
            t.is_kept() ? "yes" : "no"
        );
    return text;
}

} // namespace polyquant::models::calibration

#include "models/calibration/scores.hpp"

#include "models/validation/random.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

namespace polyquant::models::calibration {

namespace {

void check(std::span<double const> promised, std::span<double const> outcomes) {
    ENSURE(!promised.empty() && promised.size() == outcomes.size(), "one outcome a promise");
}

double mean_of(std::span<double const> values) {
    double sum = 0;
    for (auto const value : values)
        sum += value;
    return sum / static_cast<double>(values.size());
}

double quantile(std::vector<double> const& sorted, double q) {
    auto const position = q * static_cast<double>(sorted.size() - 1);
    auto const i = static_cast<std::size_t>(position);
    auto const next = std::min(i + 1, sorted.size() - 1);
    return sorted[i] + (position - static_cast<double>(i)) * (sorted[next] - sorted[i]);
}

struct BlockSum {
    double sum = 0;
    double count = 0;
};

} // namespace

double brier(std::span<double const> promised, std::span<double const> outcomes) {
    check(promised, outcomes);
    double sum = 0;
    for (std::size_t i = 0; i < promised.size(); ++i)
        sum += (promised[i] - outcomes[i]) * (promised[i] - outcomes[i]);
    return sum / static_cast<double>(promised.size());
}

double log_loss_of(double promised, double outcome) {
    auto const p = std::clamp(promised, 1e-15, 1 - 1e-15);
    return -(outcome * std::log(p) + (1 - outcome) * std::log1p(-p));
}

double log_loss(std::span<double const> promised, std::span<double const> outcomes) {
    check(promised, outcomes);
    double sum = 0;
    for (std::size_t i = 0; i < promised.size(); ++i)
        sum += log_loss_of(promised[i], outcomes[i]);
    return sum / static_cast<double>(promised.size());
}

WilsonInterval wilson(double wins, double count, double z) {
    if (count <= 0) return {};
    auto const share = wins / count;
    auto const square = z * z / count;
    auto const centre = (share + square / 2) / (1 + square);
    auto const half =
        z / (1 + square) * std::sqrt(share * (1 - share) / count + square / (4 * count));
    return {std::max(centre - half, 0.0), std::min(centre + half, 1.0)};
}

std::vector<double> equal_edges(std::size_t bins) {
    std::vector<double> edges(bins + 1);
    for (std::size_t i = 0; i <= bins; ++i)
        edges[i] = static_cast<double>(i) / static_cast<double>(bins);
    return edges;
}

std::vector<ReliabilityBin> reliability(
    std::span<double const> promised,
    std::span<double const> outcomes,
    std::span<double const> edges
) {
    check(promised, outcomes);
    ENSURE(edges.size() >= 2 && std::is_sorted(edges.begin(), edges.end()), "ascending edges");
    std::vector<ReliabilityBin> bins(edges.size() - 1);
    std::vector<double> wins(bins.size());
    for (std::size_t i = 0; i < promised.size(); ++i) {
        auto const p = promised[i];
        if (!(p >= edges.front() && p <= edges.back())) continue;
        auto const above = std::upper_bound(edges.begin(), edges.end(), p);
        auto const k = std::min(static_cast<std::size_t>(above - edges.begin()), bins.size()) - 1;
        ++bins[k].count;
        bins[k].promised += p;
        wins[k] += outcomes[i];
    }
    for (std::size_t k = 0; k < bins.size(); ++k) {
        auto const n = static_cast<double>(bins[k].count);
        bins[k].from = edges[k];
        bins[k].to = edges[k + 1];
        bins[k].promised /= n; // 0 / 0 is NaN, as promised
        bins[k].observed = wins[k] / n;
        bins[k].interval = wilson(wins[k], n);
    }
    return bins;
}

BrierParts
brier_parts(std::span<double const> promised, std::span<double const> outcomes, std::size_t bins) {
    auto const n = static_cast<double>(promised.size());
    auto const base = mean_of(outcomes);
    BrierParts parts{.brier = brier(promised, outcomes), .uncertainty = base * (1 - base)};
    for (auto const& bin : reliability(promised, outcomes, equal_edges(bins))) {
        if (bin.count == 0) continue;
        auto const share = static_cast<double>(bin.count) / n;
        auto const miss = bin.promised - bin.observed;
        auto const lift = bin.observed - base;
        parts.reliability += share * miss * miss;
        parts.resolution += share * lift * lift;
    }
    parts.residual = parts.brier - (parts.reliability - parts.resolution + parts.uncertainty);
    return parts;
}

double expected_calibration_error(
    std::span<double const> promised, std::span<double const> outcomes, std::size_t bins
) {
    double sum = 0;
    for (auto const& bin : reliability(promised, outcomes, equal_edges(bins)))
        if (bin.count > 0)
            sum += static_cast<double>(bin.count) * std::abs(bin.promised - bin.observed);
    return sum / static_cast<double>(promised.size());
}

double sharpness(std::span<double const> promised) {
    auto const mean = mean_of(promised);
    double sum = 0;
    for (auto const p : promised)
        sum += (p - mean) * (p - mean);
    return sum / static_cast<double>(promised.size());
}

BootstrapMean block_bootstrap(
    std::span<double const> values,
    std::span<std::int64_t const> block_of,
    std::uint64_t seed,
    std::size_t resamples,
    double level
) {
    ENSURE(!values.empty() && values.size() == block_of.size(), "one block a value");
    ENSURE(resamples > 0 && level > 0 && level < 1, "resamples and level make sense");
    std::map<std::int64_t, BlockSum> by_block;
    for (std::size_t i = 0; i < values.size(); ++i) {
        auto& block = by_block[block_of[i]];
        block.sum += values[i];
        block.count += 1;
    }
    std::vector<BlockSum> blocks;
    for (auto const& [name, block] : by_block)
        blocks.push_back(block);

    BootstrapMean result;
    result.mean = mean_of(values);
    result.count = values.size();
    result.blocks = blocks.size();
    if (blocks.size() < 2) {
        result.low = -std::numeric_limits<double>::infinity();
        result.high = std::numeric_limits<double>::infinity();
        result.share_not_positive = 1;
        return result;
    }
    validation::SeededRandom random{seed};
    std::vector<double> means(resamples);
    std::size_t not_positive = 0;
    for (auto& mean : means) {
        BlockSum total;
        for (std::size_t k = 0; k < blocks.size(); ++k) {
            auto const& block = blocks[random.below(blocks.size())];
            total.sum += block.sum;
            total.count += block.count;
        }
        mean = total.sum / total.count;
        if (mean <= 0) ++not_positive;
    }
    std::sort(means.begin(), means.end());
    result.low = quantile(means, (1 - level) / 2);
    result.high = quantile(means, (1 + level) / 2);
    result.share_not_positive = static_cast<double>(not_positive) / static_cast<double>(resamples);
    return result;
}

BootstrapMean brier_advantage(
    std::span<double const> model,
    std::span<double const> reference,
    std::span<double const> outcomes,
    std::span<std::int64_t const> block_of,
    std::uint64_t seed,
    std::size_t resamples
) {
    check(model, outcomes);
    check(reference, outcomes);
    std::vector<double> gains(model.size());
    for (std::size_t i = 0; i < gains.size(); ++i) {
        auto const of_reference = reference[i] - outcomes[i];
        auto const of_model = model[i] - outcomes[i];
        gains[i] = of_reference * of_reference - of_model * of_model;
    }
    return block_bootstrap(gains, block_of, seed, resamples);
}

std::string format_reliability(std::span<ReliabilityBin const> bins) {
    std::string text = "| promised | windows | mean promised | won | 95 % interval |\n"
                       "|---|---:|---:|---:|---|\n";
    for (auto const& bin : bins) {
        if (bin.count == 0) continue;
        text += fmt::format(
            "| {:.2f}-{:.2f} | {} | {:.4f} | {:.4f} | {:.4f}-{:.4f} |\n",
            bin.from,
            bin.to,
            bin.count,
            bin.promised,
            bin.observed,
            bin.interval.low,
            bin.interval.high
        );
    }
    return text;
}

} // namespace polyquant::models::calibration

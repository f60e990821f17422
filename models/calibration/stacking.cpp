#include "models/calibration/stacking.hpp"

#include "models/calibration/scores.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace polyquant::models::calibration {

Result<StackFit>
fit_stack(validation::Rows promised, std::span<double const> outcomes, double prior) {
    constexpr int rounds_max = 500;
    constexpr double change_min = 1e-5;
    auto const refuse = [](std::string why) {
        return Failure{Fault::invalid, "fit_stack", std::move(why)};
    };
    auto const members = promised.columns;
    auto const count = promised.size();
    if (count == 0 || outcomes.size() != count)
        return refuse(fmt::format("{} rows, {} outcomes", count, outcomes.size()));
    // What each member gave to the thing that happened.
    std::vector<double> given(count * members);
    for (std::size_t i = 0; i < count; ++i)
        for (std::size_t k = 0; k < members; ++k) {
            auto const p = promised[i][k];
            if (!(p >= 0 && p <= 1))
                return refuse(fmt::format("row {}, member {}: {} is no probability", i, k, p));
            given[i * members + k] = std::max(outcomes[i] == 1 ? p : 1 - p, 1e-12);
        }

    StackFit fit;
    fit.weights.assign(members, 1.0 / static_cast<double>(members));
    std::vector<double> share(members);
    for (; fit.rounds < rounds_max; ++fit.rounds) {
        std::fill(share.begin(), share.end(), prior / static_cast<double>(members));
        for (std::size_t i = 0; i < count; ++i) {
            double total = 0;
            for (std::size_t k = 0; k < members; ++k)
                total += fit.weights[k] * given[i * members + k];
            for (std::size_t k = 0; k < members; ++k)
                share[k] += fit.weights[k] * given[i * members + k] / total;
        }
        double change = 0;
        for (std::size_t k = 0; k < members; ++k) {
            auto const updated = share[k] / (static_cast<double>(count) + prior);
            change = std::max(change, std::abs(updated - fit.weights[k]));
            fit.weights[k] = updated;
        }
        if (change < change_min) break;
    }
    for (std::size_t i = 0; i < count; ++i)
        fit.log_loss +=
            log_loss_of(blend(fit.weights, promised[i]), outcomes[i]) / static_cast<double>(count);
    return fit;
}

double blend(std::span<double const> weights, std::span<double const> promised) {
    double sum = 0;
    for (std::size_t k = 0; k < weights.size(); ++k)
        sum += weights[k] * promised[k];
    return std::clamp(sum, 0.0, 1.0);
}

} // namespace polyquant::models::calibration

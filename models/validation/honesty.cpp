#include "models/validation/honesty.hpp"

#include "models/validation/random.hpp"

#include <fmt/format.h>

#include <cmath>

namespace polyquant::models::validation {

namespace {

bool same(double a, double b) {
    return a == b || (std::isnan(a) && std::isnan(b));
}

} // namespace

std::vector<double> shuffle_outcomes(
    std::span<double const> outcomes, std::span<std::int64_t const> group_of, std::uint64_t seed
) {
    ENSURE(outcomes.size() == group_of.size(), "one group a row");
    std::vector<double> of_group;
    for (std::size_t i = 0; i < outcomes.size(); ++i) {
        if (i == 0 || group_of[i] != group_of[i - 1])
            of_group.push_back(outcomes[i]);
        else
            ENSURE(outcomes[i] == outcomes[i - 1], "rows of one group share their outcome");
    }
    SeededRandom random{seed};
    random.shuffle(of_group);
    std::vector<double> shuffled(outcomes.size());
    std::size_t group = 0;
    for (std::size_t i = 0; i < outcomes.size(); ++i) {
        if (i > 0 && group_of[i] != group_of[i - 1]) ++group;
        shuffled[i] = of_group[group];
    }
    return shuffled;
}

PlaceboReport run_placebo(
    std::function<double(std::span<double const>)> const& skill_of,
    std::span<double const> outcomes,
    std::span<std::int64_t const> group_of,
    std::size_t repeats,
    std::uint64_t seed,
    double tolerance
) {
    ENSURE(repeats >= 2, "a spread needs two shuffles");
    PlaceboReport report;
    for (std::size_t i = 0; i < repeats; ++i)
        report.skills.push_back(skill_of(shuffle_outcomes(outcomes, group_of, seed + i)));
    auto const n = static_cast<double>(repeats);
    for (auto const skill : report.skills)
        report.mean += skill / n;
    double squares = 0;
    for (auto const skill : report.skills)
        squares += (skill - report.mean) * (skill - report.mean);
    report.standard_error = std::sqrt(squares / (n - 1) / n);
    report.passed = report.mean <= 3 * report.standard_error + tolerance;
    return report;
}

std::vector<LookAheadProblem> find_look_ahead(
    std::function<std::vector<double>(std::span<Bar const>, UtcTime)> const& row_at,
    std::span<Bar const> bars,
    std::span<UtcTime const> moments,
    std::span<std::string const> names
) {
    std::vector<LookAheadProblem> problems;
    for (auto const at : moments) {
        auto const honest = row_at(bars, at);
        std::vector<Bar> disturbed(bars.begin(), bars.end());
        for (auto& bar : disturbed) {
            if (bar.close_time() <= at) continue;
            bar.open *= 3;
            bar.high *= 7;
            bar.low *= 0.1;
            bar.close *= 5;
            bar.volume = 11 * bar.volume + 1;
            bar.trades = 13 * bar.trades + 1;
            bar.taker_buy_base *= 0.5;
        }
        auto const changed = row_at(disturbed, at);
        if (honest.size() != names.size() || changed.size() != names.size()) {
            problems.push_back(
                {"(number of columns)",
                 at,
                 static_cast<double>(honest.size()),
                 static_cast<double>(changed.size())}
            );
            continue;
        }
        for (std::size_t k = 0; k < names.size(); ++k)
            if (!same(honest[k], changed[k]))
                problems.push_back({names[k], at, honest[k], changed[k]});
    }
    return problems;
}

} // namespace polyquant::models::validation

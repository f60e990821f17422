#include "models/validation/honesty.hpp"
#include "models/validation/random.hpp"
#include "tests/support/catch.hpp"

#include <cmath>

using namespace polyquant;
using namespace polyquant::models::validation;

namespace {

struct Sample {
    std::vector<double> input;
    std::vector<double> outcomes;
    std::vector<std::int64_t> groups;
};

Sample draw_sample(std::size_t groups) {
    SeededRandom random{4};
    Sample sample;
    for (std::size_t g = 0; g < groups; ++g) {
        auto const x = random.uniform();
        auto const y = random.uniform() < x ? 1.0 : 0.0;
        for (int k = 0; k < 4; ++k) {
            sample.input.push_back(x);
            sample.outcomes.push_back(y);
            sample.groups.push_back(static_cast<std::int64_t>(g));
        }
    }
    return sample;
}

// Skill of a one-split tree fitted on the first half and tested on the second.
double tree_skill(std::vector<double> const& input, std::span<double const> outcomes) {
    auto const half = outcomes.size() / 2;
    double sums[2] = {}, counts[2] = {};
    for (std::size_t i = 0; i < half; ++i) {
        auto const side = input[i] > 0.5 ? 1 : 0;
        sums[side] += outcomes[i];
        counts[side] += 1;
    }
    auto const base = (sums[0] + sums[1]) / (counts[0] + counts[1]);
    double model = 0, reference = 0;
    for (std::size_t i = half; i < outcomes.size(); ++i) {
        auto const side = input[i] > 0.5 ? 1 : 0;
        model += std::pow(sums[side] / counts[side] - outcomes[i], 2);
        reference += std::pow(base - outcomes[i], 2);
    }
    return 1 - model / reference;
}

std::vector<Bar> some_bars() {
    SeededRandom random{9};
    std::vector<Bar> bars;
    for (int i = 0; i < 100; ++i) {
        auto const price = 100 + random.uniform();
        bars.push_back(
            {.open_time = utc_from_seconds(60 * i),
             .open = price,
             .high = price + 1,
             .low = price - 1,
             .close = price,
             .volume = random.uniform()}
        );
    }
    return bars;
}

} // namespace

TEST_CASE(
    "Shuffled outcomes keep their number and stay whole within a window", "[models][validation]"
) {
    auto const sample = draw_sample(500);

    auto const shuffled = shuffle_outcomes(sample.outcomes, sample.groups, 1);

    double before = 0, after = 0;
    for (std::size_t i = 0; i < shuffled.size(); ++i) {
        before += sample.outcomes[i];
        after += shuffled[i];
        if (i % 4 != 0) CHECK(shuffled[i] == shuffled[i - 1]);
    }
    CHECK(before == after);
    CHECK(shuffled != sample.outcomes);
    CHECK(shuffled == shuffle_outcomes(sample.outcomes, sample.groups, 1));
}

TEST_CASE("Placebo passes an honest pipeline that has real skill", "[models][validation]") {
    auto const sample = draw_sample(4000);
    auto const skill = [&](std::span<double const> y) {
        return tree_skill(sample.input, y);
    };
    REQUIRE(skill(sample.outcomes) > 0.15);

    auto const report = run_placebo(skill, sample.outcomes, sample.groups, 10, 5);

    CHECK(report.passed);
    CHECK(std::abs(report.mean) < 0.01);
}

TEST_CASE(
    "Placebo catches a pipeline that has seen the outcomes it is tested on", "[models][validation]"
) {
    auto const sample = draw_sample(4000);
    auto const leaky = [&](std::span<double const> outcomes) {
        std::vector<double> leaked;
        for (std::size_t i = 0; i < outcomes.size(); ++i)
            leaked.push_back(0.9 * sample.input[i] + 0.1 * outcomes[i]);
        return tree_skill(leaked, outcomes);
    };

    CHECK_FALSE(run_placebo(leaky, sample.outcomes, sample.groups, 10, 5).passed);
}

TEST_CASE("Look-ahead check names the column that reads the future", "[models][validation]") {
    auto const bars = some_bars();
    std::string const names[] = {"past_mean", "next_close", "whole_scale"};
    auto const row_at = [](std::span<Bar const> all, UtcTime t) {
        double past = 0, next = NAN, scale = 0;
        for (auto const& bar : all) {
            if (bar.close_time() <= t)
                past += bar.close;
            else if (std::isnan(next))
                next = bar.close;
            scale = std::max(scale, bar.volume);
        }
        return std::vector{past, next, scale};
    };
    UtcTime const moments[] = {utc_from_seconds(1200), utc_from_seconds(3000)};

    auto const problems = find_look_ahead(row_at, bars, moments, names);

    REQUIRE(problems.size() == 4);
    for (auto const& problem : problems)
        CHECK(problem.column != "past_mean");
}

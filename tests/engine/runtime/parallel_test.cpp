#include "engine/runtime/parallel.hpp"
#include "tests/support/catch.hpp"

#include <numeric>
#include <stdexcept>
#include <vector>

using namespace polyquant;

TEST_CASE("run_parallel runs every job once", "[runtime][parallel]") {
    std::vector<int> runs(1'000);

    runtime::run_parallel(runs.size(), [&](std::size_t i) { ++runs[i]; });

    CHECK(runs == std::vector<int>(1'000, 1));
    runtime::run_parallel(0, [](std::size_t) { FAIL("there is no job"); });
}

TEST_CASE("run_parallel ends all jobs before it throws on", "[runtime][parallel]") {
    std::vector<int> runs(100);

    CHECK_THROWS_AS(
        runtime::run_parallel(
            runs.size(),
            [&](std::size_t i) {
                ++runs[i];
                if (i == 7) throw std::runtime_error{"seven"};
            }
        ),
        std::runtime_error
    );
    CHECK(std::accumulate(runs.begin(), runs.end(), 0) == 100);
}

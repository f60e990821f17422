#include "connectors/simulated/latency_model.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>
#include <vector>

using namespace polyquant;
using namespace polyquant::simulated;

TEST_CASE("LatencyModel goes through its median and 99th percentile", "[simulated]") {
    LatencyModel const model{config::LatencyModel::lognormal, Millis{60}, Millis{250}};
    Random random{42};
    std::vector<Nanos> draws(20'000);
    std::ranges::generate(draws, [&] { return model.sample(random); });
    std::ranges::sort(draws);

    auto const median = std::chrono::duration<double, std::milli>{draws[10'000]}.count();
    auto const p99 = std::chrono::duration<double, std::milli>{draws[19'800]}.count();

    CHECK(median == Approx(60).epsilon(0.03));
    CHECK(p99 == Approx(250).epsilon(0.08));
}

TEST_CASE("LatencyModel draws the same amount of randomness when it is fixed", "[simulated]") {
    LatencyModel const fixed{config::LatencyModel::fixed, Millis{60}, Millis{250}};
    LatencyModel const drawn{config::LatencyModel::lognormal, Millis{60}, Millis{250}};
    Random a{1};
    Random b{1};

    CHECK(fixed.sample(a) == Millis{60});
    static_cast<void>(drawn.sample(b));

    CHECK(a.next() == b.next());
}

TEST_CASE("LatencyModel draws measured latencies between their quantiles", "[simulated]") {
    LatencyModel const model{
        config::LatencyModel::measured, Millis{60}, Millis{250}, {20, 40, 500}, 0.5
    };
    Random random{7};
    std::vector<Nanos> draws(20'000);
    std::ranges::generate(draws, [&] { return model.sample(random); });
    std::ranges::sort(draws);

    CHECK(draws.front() >= Millis{10});
    CHECK(draws.back() <= Millis{250});
    auto const median = std::chrono::duration<double, std::milli>{draws[10'000]}.count();
    CHECK(median == Approx(20).epsilon(0.05));
}

TEST_CASE("Random gives the published sequence", "[simulated]") {
    std::uint64_t state = 1'234'567;

    CHECK(splitmix64(state) == 6'457'827'717'110'365'317ULL);
    CHECK(splitmix64(state) == 3'203'168'211'198'807'973ULL);
}

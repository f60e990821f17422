// The taker's walk against a naive reference: one share hundredth at a time.
#include "connectors/simulated/random.hpp"
#include "tests/connectors/simulated/core_fixture.hpp"

#include <map>

using namespace polyquant;
using namespace polyquant::simulated;

namespace {

// What each price gives to a taker who walks lot by lot from the best level.
std::map<Price, Shares> naive_walk(std::map<Price, Shares> asks, Price limit, Shares size) {
    constexpr auto lot = Shares::from_micros(10'000);
    std::map<Price, Shares> got;
    while (size >= lot) {
        auto best = asks.begin();
        while (best != asks.end() && best->second < lot)
            ++best;
        if (best == asks.end() || best->first > limit) break;
        best->second -= lot;
        got[best->first] += lot;
        size -= lot;
    }
    return got;
}

} // namespace

TEST_CASE("MatchingCore takes exactly what a naive walk takes", "[simulated][differential]") {
    Random random{20'260'414};
    for (int round = 0; round < 300; ++round) {
        CoreFixture f;
        std::map<Price, Shares> asks;
        std::vector<Level> levels;
        for (std::uint64_t n = random.below(8); n > 0; --n) {
            Level const level{
                cents(50 + static_cast<std::int64_t>(random.below(45))),
                Shares::from_micros(static_cast<std::int64_t>(1 + random.below(4'000)) * 10'000)
            };
            if (!asks.emplace(level.price, level.size).second) continue;
            levels.push_back(level);
        }
        f.book({}, levels);
        for (std::uint8_t id = 1; id <= 4; ++id) {
            auto order = f.order(id, Side::buy, 50, 0, TimeInForce::fak);
            order.limit = cents(50 + static_cast<std::int64_t>(random.below(45)));
            order.size =
                Shares::from_micros(static_cast<std::int64_t>(200 + random.below(6'000)) * 10'000);
            auto const expected = naive_walk(asks, order.limit, order.size);

            REQUIRE(f.submit(order));

            std::map<Price, Shares> got;
            for (auto const& t : f.trades(id))
                got[t.price] += t.size;
            INFO("round " << round << ", order " << int{id});
            REQUIRE(got == expected);
            for (auto const& [price, size] : got)
                asks[price] -= size;
        }
    }
}

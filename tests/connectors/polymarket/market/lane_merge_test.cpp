#include "connectors/polymarket/market/lane_merge.hpp"
#include "tests/support/catch.hpp"

#include <random>
#include <vector>

using namespace polyquant::polymarket;

TEST_CASE("LaneMerge takes the first copy and drops the second", "[polymarket][market][lanes]") {
    LaneMerge merge;

    CHECK(merge.is_first(0, 7));
    CHECK_FALSE(merge.is_first(1, 7));
    CHECK(merge.is_first(1, 8));
    CHECK_FALSE(merge.is_first(0, 8));
}

TEST_CASE("LaneMerge counts equal messages of one lane apart", "[polymarket][market][lanes]") {
    LaneMerge merge;

    CHECK(merge.is_first(0, 7));
    CHECK(merge.is_first(0, 7));
    CHECK_FALSE(merge.is_first(1, 7));
    CHECK_FALSE(merge.is_first(1, 7));
    CHECK(merge.is_first(1, 7));
}

TEST_CASE("LaneMerge remembers a bounded number of messages", "[polymarket][market][lanes]") {
    LaneMerge merge{100};

    for (std::uint64_t i = 0; i < 10'000; ++i)
        REQUIRE(merge.is_first(0, i));

    CHECK(merge.size() == 100);
    CHECK_FALSE(merge.is_first(1, 9'999));
}

TEST_CASE("LaneMerge gives each message once and in order", "[polymarket][market][lanes]") {
    std::mt19937 random{20261123};
    for (auto round = 0; round < 200; ++round) {
        LaneMerge merge;
        std::vector<std::uint64_t> out;
        std::vector<std::uint64_t> sent;
        for (auto i = 0; i < 50; ++i)
            sent.push_back(random() % 20);
        std::size_t next[2] = {0, 0};
        while (next[0] < sent.size() || next[1] < sent.size()) {
            std::size_t const lane = random() % 2;
            if (next[lane] == sent.size()) continue;
            auto const message = sent[next[lane]++];
            if (merge.is_first(lane, message)) out.push_back(message);
        }
        REQUIRE(out.size() == sent.size());
    }
}

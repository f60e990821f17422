#include "engine/settlement/capture_check.hpp"
#include "tests/engine/market/board_events.hpp"
#include "tests/support/catch.hpp"

using namespace polyquant;
using namespace polyquant::settlement;
using namespace polyquant::testing;

namespace {

struct Desk {
    market::MarketBoard board;
    CaptureCheck check;

    Desk() { check.watch(btc_market(0, twap_rule(60s))); }

    void captured(double strike, double final_price) {
        board.on(twap_tick(0, strike));
        board.on(twap_tick(300, final_price));
    }

    void official(double strike, double final_price) {
        board.on(twap_tick(0, strike, 60, PriceSource::venue));
        board.on(twap_tick(300, final_price, 60, PriceSource::venue));
    }

    std::vector<CaptureDiffered> due(double when) {
        auto found = check.due(at(when), board);
        return found;
    }
};

} // namespace

TEST_CASE("Capture within the tolerance is right", "[settlement][capture]") {
    Desk desk;
    desk.captured(90'000, 90'100);
    CHECK(desk.due(400).empty());

    desk.official(90'008.9, 90'100);

    CHECK(desk.due(401).empty());
    CHECK(desk.check.counts().compared == 1);
    CHECK(desk.check.counts().wrong == 0);
}

TEST_CASE(
    "Captured strike beyond the tolerance is told once with numbers", "[settlement][capture]"
) {
    Desk desk;
    desk.captured(90'000, 90'100);
    desk.official(90'010, 90'100);

    auto const found = desk.due(400);

    REQUIRE(found.size() == 1);
    CHECK(found[0].strike == usd_price(90'000));
    CHECK(found[0].official_strike == usd_price(90'010));
    CHECK_FALSE(found[0].other_winner);
    CHECK(
        describe_capture(found[0]) == btc_market().slug +
                                          ": strike captured 90000 official 90010 (1.11 bps), "
                                          "final captured 90100 official 90100 (0.00 bps)"
    );
    CHECK(desk.due(401).empty());
}

TEST_CASE("Capture that names another winner is wrong however small", "[settlement][capture]") {
    Desk desk;
    desk.captured(90'000, 90'000.01);
    desk.official(90'000, 89'999.99);

    auto const found = desk.due(400);

    REQUIRE(found.size() == 1);
    CHECK(found[0].other_winner);
    CHECK(describe_capture(found[0]).ends_with("by our capture UP won, officially DOWN"));
}

TEST_CASE("Capture is compared at the one end where there was one", "[settlement][capture]") {
    Desk desk;
    desk.board.on(twap_tick(300, 90'100));
    desk.official(90'000, 90'200);

    auto const found = desk.due(400);

    REQUIRE(found.size() == 1);
    CHECK(found[0].strike == UsdPrice{});
}

TEST_CASE("Nothing captured is no error of capture", "[settlement][capture]") {
    Desk desk;
    desk.official(90'000, 90'200);

    CHECK(desk.due(400).empty());
    CHECK(desk.check.counts().not_captured == 1);
}

TEST_CASE("Official prices that never come are given up", "[settlement][capture]") {
    Desk desk;
    desk.captured(90'000, 90'100);

    CHECK(desk.due(2'099).empty());
    CHECK(desk.check.counts().never_told == 0);
    CHECK(desk.due(2'100).empty());
    CHECK(desk.check.counts().never_told == 1);
}

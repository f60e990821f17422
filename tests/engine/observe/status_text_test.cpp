#include "engine/observe/console.hpp"
#include "engine/observe/status_text.hpp"
#include "tests/support/catch.hpp"

#include <array>

using namespace polyquant;
using namespace polyquant::observe;

namespace {

auto const start = utc_from_seconds(1'776'081'600);

StatusSnapshot sample() {
    StatusSnapshot status;
    status.mode = "replay x60";
    status.now = start + 258s;
    status.events = 1234;
    AssetStatus btc;
    btc.window = Window{start, 300s};
    btc.has_market = true;
    btc.strike = PricePoint{UsdPrice::from_e8(7'401'120'000'000), start, PriceSource::binance_bar};
    btc.current = btc.strike;
    btc.up = 0.515;
    btc.up_quote = {Level{cents(88), shares(40)}, Level{cents(90), shares(12)}};
    btc.up_edge = -0.391;
    btc.book_age = 300ms;
    btc.price_age = 58s;
    status.assets.push_back(btc);
    StrategyStatus s1;
    s1.name = "s1";
    s1.bankroll = usd(100);
    s1.pnl = usd_cents(-123);
    s1.wins = 3;
    s1.losses = 1;
    s1.orders_sent = 5;
    s1.orders_filled = 4;
    s1.last_reason = Reason::edge_too_small;
    s1.last_look = Reason::edge_too_small;
    s1.last_look_asset = Asset::btc;
    for (int i = 0; i < 3; ++i)
        s1.reasons.add(Reason::edge_too_small);
    s1.reasons.add(Reason::order_sent);
    status.strategies.push_back(s1);
    return status;
}

std::string drawn_by(bool live, auto use) {
    std::array<char, 4096> buffer{};
    auto* file = ::fmemopen(buffer.data(), buffer.size(), "w");
    {
        Console console{file, live, 80};
        use(console);
    }
    std::fclose(file);
    return buffer.data();
}

} // namespace

TEST_CASE("The status block shows how far volatility may mislead a probability", "[observe]") {
    auto status = sample();
    status.assets[0].up_low = 0.508;
    status.assets[0].up_high = 0.531;

    CHECK_THAT(status_block(status, 300)[1], Catch::Contains("P(UP) 0.515 0.508..0.531  UP 0.88"));
}

TEST_CASE("The status block answers what a trader asks", "[observe]") {
    auto const lines = status_block(sample(), 300);

    REQUIRE(lines.size() == 3);
    CHECK(lines[0] == "replay x60 2026-04-13T12:04:18 UTC  events 1234");
    CHECK(
        lines[1] == "BTC  42s strike 74011.20 spot 74011.20  P(UP) 0.515  UP 0.88/0.9 -39.1c  "
                    "DOWN --/-- --  ages book 0.3s price 58s"
    );
    CHECK(
        lines[2] ==
        "s1         bank 100.00 pnl -1.23 W3 L1 pending 0 filled 4/5  BTC edge_too_small"
    );
}

TEST_CASE("The status block is cut to the terminal's width by characters", "[observe]") {
    auto status = sample();
    status.strategies[0].name = "näher";

    auto const lines = status_block(status, 3);

    CHECK(lines[0] == "rep");
    CHECK(lines[2] == "näh");
}

TEST_CASE("A halted engine says so and why", "[observe]") {
    auto status = sample();
    status.trading_halted = true;
    status.halt_text = "disk full";
    status.strategies[0].halted = true;
    status.strategies[0].last_reason = Reason::loss_streak;

    auto const lines = status_block(status, 200);

    CHECK(lines[0].find("TRADING HALTED: disk full") != std::string::npos);
    CHECK(lines[2].find("HALTED loss_streak") != std::string::npos);
}

TEST_CASE("top_reasons lists the most frequent first", "[observe]") {
    ReasonCounts counts;
    counts.add(Reason::no_ask);
    counts.add(Reason::edge_too_small);
    counts.add(Reason::edge_too_small);
    counts.add(Reason::no_market);

    CHECK(top_reasons(counts, 2) == "edge_too_small 2, no_market 1");
    CHECK(top_reasons(ReasonCounts{}, 2) == "never evaluated");
}

TEST_CASE("Console redraws its block in place on a terminal", "[observe][console]") {
    auto const text = drawn_by(true, [](Console& c) {
        c.block({"one", "two"});
        c.line("stays");
    });

    CHECK(text == "one\ntwo\n\x1b[2A\r\x1b[Jstays\none\ntwo\n");
}

TEST_CASE("Console writes only lasting lines into a pipe", "[observe][console]") {
    auto const text = drawn_by(false, [](Console& c) {
        c.block({"one", "two"});
        c.line("stays");
    });

    CHECK(text == "stays\n");
}

TEST_CASE("The strategy table shows win and fill rates", "[observe]") {
    auto const lines = strategy_table(sample());

    REQUIRE(lines.size() == 2);
    CHECK(lines[1].find(" 75% ") != std::string::npos);
    CHECK(lines[1].find(" 80%") != std::string::npos);
    CHECK(lines[1].find("edge_too_small 3, order_sent 1") != std::string::npos);
}

TEST_CASE("Status shows how a strategy's promises hold once it has bets", "[observe][status]") {
    auto status = sample();
    CHECK(calibration_text(status.strategies[0].calibration).empty());

    status.strategies[0].calibration = {
        CalibrationState::stopped, 12.34, 45, 0.91, 0.8, {{Asset::btc, CalibrationState::stopped}}
    };

    auto const text = calibration_text(status.strategies[0].calibration);
    CHECK(text == "calibration stopped (BTC stopped) e 12.3 n 45 promised 0.910 won 0.800");
    CHECK(status_block(status, 400).back().find(text) != std::string::npos);
}

#include "engine/dashboard/board_state.hpp"
#include "tests/support/catch.hpp"

#include <boost/json.hpp>

using namespace polyquant;
using namespace polyquant::dashboard;

namespace {

constexpr auto window_start = utc_from_seconds(1'776'081'600);

std::shared_ptr<metrics::Figures> figures(Nanos into, std::int64_t bankroll_cents) {
    auto f = std::make_shared<metrics::Figures>();
    f->mode = "paper";
    f->status.now = window_start + into;
    f->beat = Instant{} + into;
    observe::AssetStatus btc;
    btc.window = {window_start, Seconds{300}};
    btc.up = 0.75;
    f->status.assets.push_back(btc);
    observe::StrategyStatus s;
    s.name = "s1";
    s.bankroll = Usdc::from_micros(bankroll_cents * 10'000);
    s.reasons.add(Reason::no_ask, 3);
    s.reasons.add(Reason::edge_too_small, 9);
    f->status.strategies.push_back(s);
    return f;
}

boost::json::object shown(BoardState const& state, Instant now = Instant{}) {
    return boost::json::parse(state.json(now)).as_object();
}

} // namespace

TEST_CASE("Before the first figures the page is told to wait", "[dashboard]") {
    CHECK(BoardState{}.json(Instant{}) == R"({"ready":false})");
}

TEST_CASE("The page is told of windows, money and reasons", "[dashboard]") {
    BoardState state;
    state.on(figures(Seconds{60}, 5'000));
    state.on_line("a line with \"quotes\" and </script>");

    auto const page = shown(state, Instant{} + Seconds{62});

    auto const& btc = page.at("assets").at(0).as_object();
    CHECK(btc.at("asset") == "BTC");
    CHECK(btc.at("left") == 240);
    CHECK(btc.at("up") == 0.75);
    CHECK(btc.at("strike").is_null());
    auto const& s1 = page.at("strategies").at(0).as_object();
    CHECK(s1.at("bankroll") == "50.00");
    CHECK(s1.at("reasons").at(0).at("reason") == "edge_too_small");
    CHECK(page.at("log").at(0) == "a line with \"quotes\" and </script>");
    CHECK(page.at("beat_age") == 2);
}

TEST_CASE("The page is told of the newest orders and of winnings", "[dashboard]") {
    auto f = figures(Seconds{60}, 5'000);
    metrics::RecentOrder order;
    order.strategy = "expiry";
    order.slug = "btc-above-75000";
    order.limit = cents(97);
    order.state = OrderState::rejected;
    order.reason = Reason::not_filled;
    f->recent_orders.push_back(order);
    f->status.redeemable = Usdc::from_micros(12'340'000);
    f->status.disputed = 2;
    BoardState state;
    state.on(f);

    auto const page = shown(state);

    auto const& first = page.at("orders").at(0).as_object();
    CHECK(first.at("strategy") == "expiry");
    CHECK(first.at("limit") == "0.97");
    CHECK(first.at("state") == "rejected");
    CHECK(page.at("winnings").at("redeemable") == "12.34");
    CHECK(page.at("winnings").at("disputed") == 2);
}

TEST_CASE("A trace begins anew with each window", "[dashboard]") {
    BoardState state;
    state.on(figures(Seconds{298}, 1));
    state.on(figures(Seconds{299}, 1));
    CHECK(shown(state).at("assets").at(0).at("trace").as_array().size() == 2);

    auto next = figures(Seconds{301}, 1);
    next->status.assets[0].window = {window_start + Seconds{300}, Seconds{300}};
    state.on(next);

    CHECK(shown(state).at("assets").at(0).at("trace").as_array().size() == 1);
}

TEST_CASE("A line over months stays bounded, and keeps its beginning and shape", "[dashboard]") {
    Line line;

    for (std::int64_t i = 0; i < 1'000'000; ++i)
        line.add({i, static_cast<double>(i)});

    auto const& points = line.points();
    CHECK(points.size() < Line::points_max);
    CHECK(points.size() > Line::points_max / 4);
    CHECK(points.front().at_ms == 0);
    CHECK(points.back().at_ms > 990'000);
    for (std::size_t i = 1; i < points.size(); ++i)
        REQUIRE(points[i].at_ms > points[i - 1].at_ms);
}

TEST_CASE("Lines and windows beyond their limit leave, the oldest first", "[dashboard]") {
    BoardState state;
    state.on(figures(Seconds{1}, 1));
    for (std::size_t i = 0; i < BoardState::lines_max + 5; ++i)
        state.on_line(std::to_string(i));
    for (std::size_t i = 0; i < BoardState::windows_max + 5; ++i)
        state.on_window({std::to_string(i), {}, {}, {}, {}, {}, PriceSource::venue, {}});

    auto const page = shown(state);

    CHECK(page.at("log").as_array().size() == BoardState::lines_max);
    CHECK(page.at("log").at(0) == "5");
    CHECK(page.at("windows").as_array().size() == BoardState::windows_max);
    CHECK(
        page.at("windows").at(0).at("slug") ==
        boost::json::value(std::to_string(BoardState::windows_max + 4))
    );
}

TEST_CASE("Numbers that JSON does not have are shown as missing", "[dashboard]") {
    BoardState state;
    auto f = figures(Seconds{1}, 1);
    f->status.assets[0].up = std::numeric_limits<double>::quiet_NaN();
    f->status.strategies[0].calibration.evidence = std::numeric_limits<double>::infinity();
    state.on(f);

    auto const page = shown(state);

    CHECK(page.at("assets").at(0).at("up").is_null());
    CHECK(page.at("strategies").at(0).at("calibration").at("evidence").is_null());
}

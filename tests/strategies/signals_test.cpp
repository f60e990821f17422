#include "strategies/signals/signals.hpp"
#include "tests/strategies/scalp_world.hpp"
#include "tests/support/catch.hpp"

using namespace polyquant;
using namespace polyquant::strategies;
using namespace polyquant::test;

namespace {

UsdPrice usd_price(std::int64_t usd) {
    return ScalpWorld::usd_price(usd);
}

struct MomentumWorld : ScalpWorld {
    AskMomentumParams params;
    std::unique_ptr<Strategy> strategy = make("ask_momentum", params);

    Reason at(Nanos before_close, Price ask) {
        left(before_close);
        quote(ask - cents(2), ask, shares(100));
        return decide(*strategy).reason;
    }
};

struct LagWorld : ScalpWorld {
    AssetLagParams params;
    MarketView leader;

    LagWorld() {
        params.assets = {Asset::btc};
        params.leader = "eth";
        leader = view;
        leader.asset = Asset::eth;
        leader.strike = PricePoint{usd_price(2'000), view.window.start};
        leader.spot = PricePoint{usd_price(2'010), view.now};
        spot(70'010);
        quote(cents(80), cents(85), shares(100));
    }

    Decision look() {
        auto const strategy = make("asset_lag", params);
        view.up = BookView{book, false};
        view.down = BookView{book, true};
        return strategy->decide(
            {.view = view,
             .signal = nullptr,
             .state = state,
             .bankroll = bankroll,
             .leader = &leader}
        );
    }
};

AskTableParams table_params(std::string cell) {
    AskTableParams params;
    params.cells = {std::move(cell)};
    params.prior = 0;
    return params;
}

} // namespace

TEST_CASE("AskMomentum buys what has risen and has the model's edge", "[strategies][signals]") {
    MomentumWorld world;

    CHECK(world.at(60s, cents(85)) == Reason::no_signal);
    CHECK(world.at(45s, cents(87)) == Reason::no_signal);
    CHECK(world.at(30s, cents(90)) == Reason::order_sent);
}

TEST_CASE("AskMomentum leaves an ask alone that stood still", "[strategies][signals]") {
    MomentumWorld world;

    world.at(60s, cents(88));

    CHECK(world.at(30s, cents(90)) == Reason::move_too_small);
}

TEST_CASE("AskMomentum without the model's edge buys nothing", "[strategies][signals]") {
    MomentumWorld world;
    world.signal.up = 0.91;

    world.at(60s, cents(85));

    CHECK(world.at(30s, cents(90)) == Reason::edge_too_small);
}

TEST_CASE("AskMomentum forgets the window before", "[strategies][signals]") {
    MomentumWorld world;
    world.at(60s, cents(80));
    world.at(10s, cents(90));
    world.market.window = next_window(world.market.window);
    world.view.window = world.signal.window = world.market.window;
    world.signal.as_of = world.market.window.start;

    CHECK(world.at(60s, cents(90)) == Reason::no_signal);
}

TEST_CASE("AskTable acts on the cell of ask and time left", "[strategies][signals]") {
    ScalpWorld world;
    world.left(40s);
    world.quote(cents(88), cents(90), shares(100));
    // Seconds bucket 2 is 31 to 45 s, ask bucket 18 is 0.90 to 0.95.
    auto const paying = ScalpWorld::make("ask_table", table_params("2 18 100 98 90.5"));
    auto const thin = ScalpWorld::make("ask_table", table_params("2 18 40 40 36.2"));
    auto const fair = ScalpWorld::make("ask_table", table_params("2 18 100 90 90.5"));

    auto const bought = world.decide(*paying);
    CHECK(bought.reason == Reason::order_sent);
    CHECK(order_of(bought).win_probability == Approx(0.975));
    CHECK(world.decide(*thin).reason == Reason::no_signal);
    CHECK(world.decide(*fair).reason == Reason::edge_too_small);
    CHECK(
        world.decide(*ScalpWorld::make("ask_table", AskTableParams{})).reason == Reason::no_signal
    );
}

TEST_CASE("AskTable refuses cells that are no cells", "[strategies][signals]") {
    CHECK(AskTableParams{}.faults().empty());
    CHECK_FALSE(table_params("2 18 lots").faults().empty());
}

TEST_CASE(
    "AssetLag buys the leader's side of a coin that has not followed", "[strategies][signals]"
) {
    LagWorld world;

    auto const bought = world.look();

    REQUIRE(bought.reason == Reason::order_sent);
    CHECK(order_of(bought).outcome == Outcome::up);
    CHECK(order_of(bought).win_probability == Approx(0.90));
}

TEST_CASE(
    "AssetLag stays out when the leader stands still or was followed", "[strategies][signals]"
) {
    LagWorld world;
    world.spot(70'200);
    CHECK(world.look().reason == Reason::move_too_small);

    world.spot(70'010);
    world.leader.spot->price = usd_price(2'001);
    CHECK(world.look().reason == Reason::move_too_small);

    world.leader.spot.reset();
    CHECK(world.look().reason == Reason::spot_stale);
    world.leader.strike.reset();
    CHECK(world.look().reason == Reason::strike_unknown);
}

TEST_CASE("AssetLag refuses a leader that it trades itself", "[strategies][signals]") {
    AssetLagParams params;
    CHECK(params.faults().empty());
    params.assets.push_back(Asset::btc);
    CHECK_FALSE(params.faults().empty());
    params.leader = "gold";
    CHECK_FALSE(params.faults().empty());
}

TEST_CASE("A further signal is another epoch than the scalp strategy", "[strategies][signals]") {
    auto const s1 = ScalpWorld::s1();
    auto const momentum = ScalpWorld::make("ask_momentum", AskMomentumParams{});
    auto const lag = ScalpWorld::make("asset_lag", AssetLagParams{});

    CHECK(s1->epoch() != momentum->epoch());
    CHECK(momentum->epoch() != lag->epoch());
    CHECK(lag->leader() == Asset::btc);
    CHECK_FALSE(s1->leader());
}

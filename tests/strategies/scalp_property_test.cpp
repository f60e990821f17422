#include "tests/config/random_params.hpp"
#include "tests/strategies/scalp_world.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/seeded_check.hpp"

using namespace polyquant;
using namespace polyquant::strategies;
using polyquant::test::between;
using polyquant::test::order_of;
using polyquant::test::ScalpWorld;

namespace {

constexpr std::int64_t tick_micros = 10'000;
// Few random windows end in an order, so each case looks at several.
constexpr int windows_each = 20;

Price random_price() {
    return Price::from_micros(between(std::int64_t{1}, std::int64_t{99}) * tick_micros);
}

void randomize(ScalpWorld& world) {
    auto const a = random_price();
    auto const b = random_price();
    world.left(Nanos{between(std::int64_t{-1'000'000'000}, std::int64_t{90'000'000'000})});
    if (a != b)
        world.quote(
            std::min(a, b),
            std::max(a, b),
            Shares::from_micros(between(std::int64_t{10'000}, std::int64_t{50'000'000}))
        );
    world.signal.up = *rc::gen::element(between(0.0, 1.0), 0.02, 0.98);
    world.spot(between(std::int64_t{69'900}, std::int64_t{70'100}));
    world.bankroll = Usdc::from_micros(between(std::int64_t{0}, std::int64_t{100'000'000}));
    world.state[Outcome::up].filled = between(std::int64_t{0}, std::int64_t{3}) == 0;
    world.state[Outcome::down].orders_sent =
        static_cast<int>(between(std::int64_t{0}, std::int64_t{4}));
}

template <class P>
void check_bounds(ScalpWorld const& world, P const& params, Decision const& decision) {
    RC_ASSERT((decision.reason == Reason::order_sent) == !decision.intents.empty());
    RC_ASSERT(decision.intents.size() <= 1);
    if (decision.intents.empty()) return;
    auto const& order = order_of(decision);
    auto const& state = world.state[order.outcome];
    auto const cost = cost_rounded_up(order.limit, order.size);
    auto const fee = taker_fee(world.market.fee, order.size, order.limit, Rounding::up);
    RC_ASSERT(order.limit >= params.ask_min - world.market.tick);
    RC_ASSERT(order.limit <= params.ask_max);
    RC_ASSERT(is_on_tick(order.limit, world.market.tick));
    RC_ASSERT(order.size >= shares(1));
    RC_ASSERT(order.size.micros() % shares(1).micros() == 0);
    RC_ASSERT(cost >= usd(1));
    RC_ASSERT(cost + fee <= world.bankroll);
    RC_ASSERT(order.edge + 1e-9 >= params.min_edge);
    RC_ASSERT(!state.filled && !state.pending && state.orders_sent < params.attempts_max);
    RC_ASSERT(world.view.to_close() > params.margin && world.view.to_close() <= params.lead);
    RC_ASSERT(order.token == world.market.token(order.outcome));
}

// Wide numbers, so that a good part of the random windows end in orders.
template <class P>
P wide_params() {
    P params;
    params.ask_min = cents(5);
    params.lead = 80s;
    params.bet = usd(3);
    params.min_edge = 0.01;
    return between(std::int64_t{0}, std::int64_t{2}) == 0 ? test::random_params(params) : params;
}

} // namespace

TEST_CASE("Every S1 order lies within its bounds", "[strategies][property]") {
    std::size_t orders = 0;

    CHECK(test::holds("S1 bounds", [&] {
        for (int window = 0; window < windows_each; ++window) {
            ScalpWorld world;
            randomize(world);
            auto const params = wide_params<ScalpS1Params>();
            auto const decision = world.decide(*world.s1(params));
            check_bounds(world, params, decision);
            orders += decision.intents.size();
        }
    }));
    CHECK(orders > 50);
}

TEST_CASE(
    "Every S2 order lies within its bounds and on the side of the move", "[strategies][property]"
) {
    std::size_t orders = 0;

    CHECK(test::holds("S2 bounds", [&] {
        for (int window = 0; window < windows_each; ++window) {
            ScalpWorld world;
            randomize(world);
            auto const params = wide_params<ScalpS2Params>();
            auto const decision = world.decide(*world.s2(params));
            check_bounds(world, params, decision);
            orders += decision.intents.size();
            auto const move = world.view.spot->price - world.view.strike->price;
            if (!decision.intents.empty())
                RC_ASSERT((decision.side == Outcome::up) == (move >= UsdPrice{}));
        }
    }));
    CHECK(orders > 20);
}

TEST_CASE("A decision depends on its input alone", "[strategies][property]") {
    CHECK(test::holds("same input, same decision", [] {
        ScalpWorld world;
        randomize(world);
        auto const s1 = world.s1(wide_params<ScalpS1Params>());
        auto const first = world.decide(*s1);
        auto const second = world.decide(*s1);
        RC_ASSERT(first.reason == second.reason);
        RC_ASSERT(first.side == second.side);
        RC_ASSERT(first.intents.size() == second.intents.size());
    }));
}

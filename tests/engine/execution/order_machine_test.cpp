#include "connectors/simulated/random.hpp"
#include "engine/execution/order_machine.hpp"
#include "engine/execution/portfolio.hpp"
#include "tests/engine/execution/sim_world.hpp"

using namespace polyquant;
using namespace polyquant::execution;
using Status = OrderReport::Status;

namespace {

OrderId const test_id = [] {
    OrderId id;
    id.bytes[31] = 9;
    return id;
}();

PlaceOrder intent(TimeInForce tif, Side side = Side::buy) {
    return world_order(world_market(), side, cents(90), shares(10), tif, UtcTime{});
}

OrderMachine posted(TimeInForce tif = TimeInForce::fok, Side side = Side::buy) {
    OrderMachine machine{test_id, intent(tif, side), crypto_fee()};
    machine.journaled();
    machine.sent();
    return machine;
}

OrderReport report(Status status, Shares matched = {}) {
    OrderReport r;
    r.order = test_id;
    r.status = status;
    r.matched = matched;
    return r;
}

TradeReport trade(std::string id, std::int64_t size, TradeState state, Side side = Side::buy) {
    TradeReport t;
    t.trade = {std::move(id)};
    t.order = test_id;
    t.token = world_market().up;
    t.side = side;
    t.price = cents(88);
    t.size = shares(size);
    t.fee = Usdc::from_micros(10'000 * size);
    t.state = state;
    return t;
}

Failure failure(Fault fault) {
    return {fault, "test", "made up", 0};
}

Result<OrderReport> found(Status status, Shares matched = {}) {
    return report(status, matched);
}

} // namespace

TEST_CASE("OrderMachine books cost and fee rounded up and releases the rest", "[execution]") {
    auto machine = posted(TimeInForce::fak);
    CHECK(machine.placed("slug").reserved == Usdc::from_micros(9'063'000));

    auto const effects = machine.on(trade("a", 4, TradeState::matched));

    REQUIRE(effects.facts.size() == 2);
    auto const fill = std::get<TradeMatched>(effects.facts[0]);
    CHECK(fill.cost == Usdc::from_micros(3'520'000));
    CHECK(fill.reserved_left == Usdc::from_micros(5'437'800)); // 6 shares at 0.90 and their fee
    machine.on(report(Status::matched, shares(4)));
    CHECK(machine.reserved_left() == Usdc{});
    CHECK(machine.state() == OrderState::matched);
}

TEST_CASE("OrderMachine turns a definite refusal into a rejection", "[execution]") {
    for (auto const fault : {Fault::rejected, Fault::auth, Fault::breaker_open, Fault::invalid}) {
        auto machine = posted();

        machine.on_answer(failure(fault));

        CHECK(machine.state() == OrderState::rejected);
        CHECK(machine.reserved_left() == Usdc{});
    }
}

TEST_CASE(
    "OrderMachine treats every unclear answer as unknown and keeps the money", "[execution]"
) {
    for (auto const fault :
         {Fault::timeout, Fault::transport, Fault::parse, Fault::cancelled, Fault::rate_limited}) {
        auto machine = posted();

        machine.on_answer(failure(fault));

        CHECK(machine.is_in_doubt());
        CHECK(machine.reserved_left() == Usdc::from_micros(9'063'000));
        CHECK_FALSE(machine.may_post_again());
    }
}

TEST_CASE("OrderMachine allows one repetition after a look-up without a trace", "[execution]") {
    auto machine = posted();
    machine.on_answer(failure(Fault::timeout));

    machine.on_look_up(failure(Fault::timeout));
    CHECK_FALSE(machine.may_post_again());
    machine.on_look_up(found(Status::not_found));
    CHECK(machine.may_post_again());
    machine.sent();

    machine.on_look_up(found(Status::not_found));
    CHECK_FALSE(machine.may_post_again());
    CHECK(machine.posts() == 2);
}

TEST_CASE(
    "OrderMachine does not read a refused repetition as a refusal of the first", "[execution]"
) {
    auto machine = posted();
    machine.on_answer(failure(Fault::timeout));
    machine.on_look_up(found(Status::not_found));
    machine.sent();

    machine.on_answer(failure(Fault::rejected));

    CHECK(machine.is_in_doubt());
    machine.on_look_up(found(Status::live));
    CHECK(machine.state() == OrderState::live);
}

TEST_CASE("OrderMachine closes an order only after three look-ups without a trace", "[execution]") {
    auto machine = posted();
    machine.on_answer(failure(Fault::timeout));
    machine.forbid_repeat();

    machine.on_look_up(found(Status::not_found));
    machine.on_look_up(found(Status::not_found));
    CHECK(machine.is_in_doubt());
    machine.on_look_up(failure(Fault::transport));
    CHECK(machine.is_in_doubt());
    machine.on_look_up(found(Status::not_found));

    CHECK(machine.state() == OrderState::rejected);
}

TEST_CASE("OrderMachine takes a trade that comes after the order was closed", "[execution]") {
    auto machine = posted();
    machine.on(report(Status::unmatched));
    CHECK(machine.state() == OrderState::cancelled);

    machine.on(trade("late", 10, TradeState::matched));
    CHECK(machine.state() == OrderState::matched);
    machine.on(trade("late", 10, TradeState::confirmed));

    CHECK(machine.state() == OrderState::confirmed);
    CHECK(machine.filled() == shares(10));
}

TEST_CASE(
    "OrderMachine waits for the fills that a cancelled order is said to have", "[execution]"
) {
    auto machine = posted(TimeInForce::gtc);
    machine.on(report(Status::live));

    machine.on(report(Status::cancelled, shares(4)));
    CHECK(machine.state() == OrderState::matched);
    CHECK(machine.reserved_left() == Usdc::from_micros(3'625'200));
    machine.on(trade("a", 4, TradeState::confirmed));

    CHECK(machine.state() == OrderState::confirmed);
    CHECK(machine.reserved_left() == Usdc{});
}

TEST_CASE("OrderMachine voids failed trades and keeps the others", "[execution]") {
    auto machine = posted();
    machine.on(trade("a", 4, TradeState::matched));
    machine.on(trade("b", 6, TradeState::mined));
    machine.on(trade("b", 6, TradeState::retrying));
    machine.on(trade("b", 6, TradeState::failed));
    CHECK(machine.state() == OrderState::matched);
    machine.on(trade("a", 4, TradeState::confirmed));

    CHECK(machine.state() == OrderState::confirmed);
    CHECK(machine.filled() == shares(4));
}

TEST_CASE("OrderMachine raises an alarm for what cannot be", "[execution]") {
    auto machine = posted();
    auto foreign = trade("x", 1, TradeState::matched);
    foreign.order = {};

    CHECK_FALSE(machine.on(foreign).alarm.empty());
    machine.on(trade("a", 8, TradeState::matched));
    CHECK_FALSE(machine.on(trade("a", 9, TradeState::matched)).alarm.empty());
    CHECK_FALSE(machine.on(trade("b", 3, TradeState::matched)).alarm.empty());
    CHECK_FALSE(machine.on(report(Status::rejected)).alarm.empty());
    machine.on(trade("a", 8, TradeState::confirmed));
    CHECK_FALSE(machine.on(trade("a", 8, TradeState::failed)).alarm.empty());
    CHECK_FALSE(machine.on_look_up(found(Status::not_found)).alarm.empty());
    CHECK(machine.filled() == shares(11));
}

TEST_CASE("OrderMachine lets a market buy get more shares for its money", "[execution]") {
    auto machine = posted();
    auto better = trade("a", 12, TradeState::matched);
    better.price = cents(50);

    auto const effects = machine.on(better);

    CHECK(effects.alarm.empty());
    CHECK(machine.filled() == shares(12));
}

TEST_CASE("OrderMachine ends a known order that the venue lists no more", "[execution]") {
    auto machine = posted();
    machine.on(report(Status::live));

    machine.on_look_up(found(Status::not_found));
    machine.on_look_up(found(Status::not_found));
    CHECK(machine.state() == OrderState::live);
    machine.on_look_up(found(Status::not_found));

    CHECK(machine.state() == OrderState::cancelled);
    CHECK(machine.reserved_left().is_zero());
}

namespace {

struct Statement {
    std::variant<OrderReport, TradeReport> said;
};

// What an honest venue may say about one order, in its own order.
std::vector<Statement> history(simulated::Random& random, TimeInForce tif, Side side) {
    auto const resting = tif == TimeInForce::gtc;
    std::vector<Statement> h;
    if (random.chance(0.5)) h.push_back({report(Status::delayed)});
    if (resting) h.push_back({report(Status::live)});
    std::int64_t left = 10;
    std::int64_t matched = 0;
    std::vector<TradeReport> trades;
    auto const fills = tif == TimeInForce::fok && random.chance(0.7) ? 10 : 0;
    while (left > 0 && (fills == 10 || (tif != TimeInForce::fok && random.chance(0.6)))) {
        auto const size =
            1 + static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(left)));
        left -= size;
        matched += size;
        auto t = trade("t" + std::to_string(trades.size()), size, TradeState::matched, side);
        trades.push_back(t);
        h.push_back({t});
    }
    if (matched == 0)
        h.push_back({report(resting ? Status::cancelled : Status::unmatched)});
    else if (resting && left > 0)
        h.push_back({report(Status::cancelled, shares(matched))});
    else
        h.push_back({report(Status::matched, shares(matched))});
    for (auto t : trades) {
        if (random.chance(0.5)) {
            t.state = TradeState::mined;
            h.push_back({t});
        }
        t.state = random.chance(0.3) ? TradeState::failed : TradeState::confirmed;
        h.push_back({t});
    }
    return h;
}

struct Ending {
    OrderState state;
    Usdc cash;
    Usdc realised;
    Shares filled;
    std::size_t positions;

    bool operator==(Ending const&) const = default;
};

Ending play(std::vector<Statement> const& statements, TimeInForce tif) {
    Portfolio portfolio;
    std::uint64_t seq = 0;
    auto const record = [&](FactBody body) {
        portfolio.apply({++seq, UtcTime{}, std::move(body)});
        CHECK(portfolio.audit().value_or("") == "");
    };
    record(CapitalMoved{test_strategy, usd(100), ""});
    OrderMachine machine{test_id, intent(tif), crypto_fee()};
    record(machine.placed("btc-updown-5m-1776081600"));
    auto const apply = [&](OrderMachine::Effects effects) {
        REQUIRE(effects.alarm == "");
        for (auto& fact : effects.facts)
            record(std::move(fact));
    };
    apply(machine.journaled());
    apply(machine.sent());
    for (auto const& s : statements)
        std::visit([&](auto const& said) { apply(machine.on(said)); }, s.said);
    REQUIRE(machine.is_over());
    REQUIRE(machine.reserved_left() == Usdc{});
    auto const& account = *portfolio.find(test_strategy);
    REQUIRE(account.reserved == Usdc{});
    return {
        machine.state(), account.cash, account.realised, machine.filled(), account.positions.size()
    };
}

} // namespace

TEST_CASE(
    "OrderMachine ends the same whatever the order and number of reports", "[execution][property]"
) {
    for (std::uint64_t seed = 1; seed <= 1'000; ++seed) {
        INFO("seed " << seed);
        simulated::Random random{seed};
        constexpr std::array tifs{TimeInForce::fok, TimeInForce::fak, TimeInForce::gtc};
        auto const tif = tifs[random.below(3)];
        auto const told = history(random, tif, Side::buy);
        auto const expected = play(told, tif);

        auto shuffled = told;
        for (auto n = random.below(6); n > 0; --n)
            shuffled.push_back(told[random.below(told.size())]);
        for (auto i = shuffled.size(); i > 1; --i)
            std::swap(shuffled[i - 1], shuffled[random.below(i)]);

        REQUIRE(play(shuffled, tif) == expected);
        REQUIRE(expected.filled <= shares(10));
    }
}

TEST_CASE("OrderMachine is restored from its facts at any point", "[execution][property]") {
    for (std::uint64_t seed = 1; seed <= 1'000; ++seed) {
        INFO("seed " << seed);
        simulated::Random random{seed};
        auto const tif = random.chance(0.5) ? TimeInForce::fak : TimeInForce::gtc;
        auto const told = history(random, tif, Side::buy);
        auto const cut = random.below(told.size() + 1);
        OrderMachine whole{test_id, intent(tif), crypto_fee()};
        OrderMachine restored{test_id, intent(tif), crypto_fee()};
        auto const keep = [&](OrderMachine::Effects const& effects) {
            for (auto const& fact : effects.facts)
                restored.restore(fact);
        };
        keep(whole.journaled());
        keep(whole.sent());
        for (std::size_t i = 0; i < cut; ++i)
            std::visit([&](auto const& said) { keep(whole.on(said)); }, told[i].said);
        REQUIRE(restored.is_over() == whole.is_over());
        REQUIRE(restored.reserved_left() == whole.reserved_left());

        // After a restart the venue is asked again, so every statement comes once more.
        for (auto const& s : told)
            std::visit([&](auto const& said) { restored.on(said), whole.on(said); }, s.said);

        REQUIRE(restored.state() == whole.state());
        REQUIRE(restored.filled() == whole.filled());
    }
}

// The scalp and the expiry strategy in one engine: one wallet, one gate, one ledger.
#include "tests/engine/app/app_world.hpp"

namespace {

using namespace polyquant;
using namespace polyquant::app;
using namespace polyquant::app::testing;

constexpr auto expiry_text = R"(
[[strategy]]
kind = "expiry"
name = "expiry"
bankroll = 40
scan_interval = "60s"
bet = 5
)";

config::RunConfig both(std::string const& more = {}) {
    return config_of(config_text(expiry_text + more));
}

// A question about nothing of ours that ends during the second window.
MarketListing rain(int n) {
    MarketListing row;
    auto& m = row.market;
    m.condition.bytes[0] = 7;
    m.condition.bytes[31] = static_cast<std::uint8_t>(n);
    m.up.bytes[0] = 8;
    m.up.bytes[31] = static_cast<std::uint8_t>(n);
    m.down.bytes[0] = 9;
    m.down.bytes[31] = static_cast<std::uint8_t>(n);
    m.slug = "rain-" + std::to_string(n);
    m.question = "Will it rain?";
    m.window = {first_window.start - Seconds{3'600}, Seconds{3'600 + 400}};
    row.up_price = cents(96);
    row.down_price = cents(4);
    row.liquidity = usd(5'000);
    row.active = row.accepts_orders = row.tokens_checked = true;
    return row;
}

// The two windows of BTC with scans, books and resolutions of other markets in between.
std::vector<Event> crowded_tape(int markets) {
    auto events = two_windows();
    for (int n = 1; n <= markets; ++n) {
        auto const row = rain(n);
        for (int s = 1; s < 390; s += 60)
            events.emplace_back(MarketScanned{stamp(first_window.start + Seconds{s}), row});
        for (int s = 5; s < 390; s += 20)
            events.emplace_back(BookSnapshot{
                stamp(first_window.start + Seconds{s}),
                row.market.up,
                {{cents(95), shares(200)}},
                {{cents(96), shares(200)}}
            });
        events.emplace_back(MarketResolved{
            stamp(first_window.start + Seconds{460}),
            row.market.condition,
            n % 2 == 1 ? Outcome::up : Outcome::down,
            PriceSource::venue
        });
    }
    std::ranges::sort(events, {}, [](Event const& e) {
        return std::pair{stamp_of(e).received_at, e.index()};
    });
    std::uint64_t seq = 0;
    for (auto& event : events)
        stamp_of(event).seq = ++seq;
    return events;
}

execution::StrategyAccount const& account(AppWorld const& world, char const* name) {
    auto const* found = world.engine.portfolio().find(StrategyName{name});
    REQUIRE(found != nullptr);
    return *found;
}

} // namespace

TEST_CASE("Scalp and expiry trade side by side on one ledger", "[app][expiry]") {
    AppWorld world{both()};

    world.play(crowded_tape(4));
    world.pass(120s);
    world.stop();

    CHECK(world.listener.fatals.empty());
    auto const& expiry = account(world, "expiry");
    CHECK(expiry.wins == 2);
    CHECK(expiry.losses == 2);
    CHECK(expiry.positions.empty());
    CHECK(account(world, "s1").epoch.total().filled > 0);
    CHECK_FALSE(world.engine.portfolio().audit());
    CHECK(world.ledger->check(world.money()).value().empty());
    auto const status = world.engine.status("test");
    REQUIRE(status.strategies.size() == 2);
    CHECK(status.strategies.back().name == "expiry");
    CHECK(status.strategies.back().trades == 4);
}

TEST_CASE("A candidate that leaves the lists is let go unless it is held", "[app][expiry]") {
    AppWorld world{both()};
    auto const at = [](int seconds) {
        return stamp(first_window.start + Seconds{seconds});
    };
    auto const even = [](MarketListing row) {
        row.up_price = row.down_price = cents(50);
        return row;
    };
    std::vector<Event> events{
        MarketScanned{at(1), rain(1)},
        MarketScanned{at(1), rain(2)},
        BookSnapshot{
            at(5), rain(1).market.up, {{cents(95), shares(200)}}, {{cents(96), shares(200)}}
        },
        MarketScanned{at(60), even(rain(1))},
        MarketScanned{at(60), even(rain(2))},
        MarketScanned{at(120), rain(2)},
    };
    std::uint64_t seq = 0;
    for (auto& event : events)
        stamp_of(event).seq = ++seq;

    world.play(std::move(events));

    CHECK(account(world, "expiry").positions.size() == 1);
    CHECK(world.let_go == std::vector<std::string>{"rain-2"});
    CHECK(world.followed == std::vector<std::string>{"rain-2"});
    world.stop();
}

TEST_CASE("The common exposure limit holds over both strategies", "[app][expiry]") {
    AppWorld world{both("\n[risk]\nexposure_total_max = 14\nexposure_per_window_max = 14\n"
                        "exposure_per_asset_max = 14\n")};

    world.play(crowded_tape(6));
    world.pass(120s);
    world.stop();

    auto const reasons = world.ledger->reason_counts(StrategyName{"expiry"}).value();
    CHECK(reasons[Reason::exposure_total] > 0);
    CHECK(account(world, "expiry").epoch.total().filled == 2);
}

TEST_CASE(
    "A reload switches the expiry strategy off and on without losing a position",
    "[app][expiry][reload]"
) {
    AppWorld world{both()};
    auto events = crowded_tape(2);
    auto const middle = first_window.start + Seconds{100};
    auto later = events;
    std::erase_if(events, [&](Event const& e) { return stamp_of(e).received_at >= middle; });
    std::erase_if(later, [&](Event const& e) { return stamp_of(e).received_at < middle; });
    world.play(std::move(events));
    REQUIRE(account(world, "expiry").positions.size() == 2);

    auto off = both("enabled = false\ntime_ladder = true\nblock_words = [\"snow\"]\n");
    CHECK(world.engine.reload(off).accepted());
    CHECK(account(world, "expiry").positions.size() == 2);
    CHECK(world.engine.reload(both("time_ladder = true\n")).accepted());
    world.play(std::move(later));
    world.pass(120s);
    world.stop();

    CHECK(account(world, "expiry").wins == 1);
    CHECK(account(world, "expiry").losses == 1);
    CHECK(account(world, "expiry").epoch.total().sent == 0);
    CHECK(world.ledger->check(world.money()).value().empty());
}

TEST_CASE("A restart remembers what the expiry strategy holds", "[app][expiry][recovery]") {
    AppWorld before{both()};
    auto events = crowded_tape(2);
    auto const middle = first_window.start + Seconds{100};
    auto later = events;
    std::erase_if(events, [&](Event const& e) { return stamp_of(e).received_at >= middle; });
    std::erase_if(later, [&](Event const& e) { return stamp_of(e).received_at < middle; });
    before.play(std::move(events));
    REQUIRE(account(before, "expiry").positions.size() == 2);

    AppWorld world{both(), true, &before};
    world.play(std::move(later));
    world.pass(120s);
    world.stop();

    auto const& expiry = account(world, "expiry");
    CHECK(expiry.epoch.total().sent == 2);
    CHECK(expiry.wins + expiry.losses == 2);
    CHECK(world.ledger->check(world.money()).value().empty());
}

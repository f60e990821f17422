// From the end of a window to money in the wallet, through the whole engine.
#include "engine/execution/redemption_booking.hpp"
#include "tests/engine/app/app_world.hpp"

#include <algorithm>

namespace {

using namespace polyquant;
using namespace polyquant::app;
using namespace polyquant::app::testing;

// One bet of 25 shares of UP for 5.28 in the first window, which UP wins by our own prices.
struct Won : AppWorld {
    explicit Won(AppWorld const* before = nullptr) : AppWorld{config_of(), true, before, true} {
        if (before == nullptr) play_until(first_window.end() + 10s);
    }

    ConditionId market = market_of(first_window).condition;

    execution::StrategyAccount const& account() const {
        return *engine.portfolio().find(StrategyName{"s1"});
    }

    void venue_says(std::optional<Outcome> winner) {
        bus.publish(Event{MarketResolved{stamp(clock.utc_now()), market, winner}});
        pass(2s);
    }

    void official_price(UtcTime at, std::int64_t usd) {
        auto tick = tick_at(at, usd);
        tick.at.received_at = clock.utc_now();
        tick.source = PriceSource::venue;
        bus.publish(Event{tick});
    }

    bool alarmed(std::string_view beginning) const {
        return std::ranges::any_of(listener.said, [&](std::string const& line) {
            return line.starts_with(beginning);
        });
    }

    std::vector<std::string> problems() const { return ledger->check(money()).value(); }
};

constexpr auto stake = usd_cents(528);

} // namespace

TEST_CASE("Engine spends no winnings before they are redeemed", "[app][outcome]") {
    Won world;
    CHECK(world.account().cash == usd(50) - stake);
    CHECK(world.account().redeemable == usd(25));
    CHECK(world.engine.redeemable(world.market).reason == "the chain has not reported the payouts");

    world.venue_says(Outcome::up);
    world.engine.outcome_said(world.market, OutcomeSource::chain, Ruling::up, "");
    REQUIRE(world.engine.redeemable(world.market).yes);
    RedemptionChanged redeemed;
    redeemed.redemption = RedemptionId{"r1"};
    redeemed.market = world.market;
    redeemed.amount = usd(25);
    world.engine.record(execution::collect_redemption(world.engine.portfolio(), redeemed));
    world.stop();

    CHECK(world.account().cash == usd(75) - stake);
    CHECK(world.account().redeemable == Usdc{});
    CHECK(world.problems() == std::vector<std::string>{});
    auto const words = world.ledger->outcomes(world.market).value();
    REQUIRE(words.size() == 3);
    CHECK(words[0].said.source == OutcomeSource::prices);
    CHECK(words[1].said.source == OutcomeSource::event);
    CHECK(words[2].said.source == OutcomeSource::chain);
    CHECK(world.ledger->trades().value().front().money == "redeemed");
}

TEST_CASE("Engine books a flipped result and blocks its redemption", "[app][outcome]") {
    Won world;
    world.venue_says(Outcome::up);
    world.venue_says(Outcome::down);
    world.engine.outcome_said(world.market, OutcomeSource::chain, Ruling::down, "");
    world.pass(2s);
    world.stop();

    CHECK(world.alarmed("ALARM OUTCOME flipped"));
    CHECK(world.alarmed("ALARM OUTCOME disagreement"));
    CHECK(world.account().cash == usd(50) - stake);
    CHECK(world.account().redeemable == Usdc{});
    CHECK(world.account().wins == 0);
    CHECK(world.account().losses == 1);
    CHECK_FALSE(world.engine.redeemable(world.market).yes);
    CHECK(world.engine.status("test").disputed == 1);
    CHECK(world.problems() == std::vector<std::string>{});
    CHECK(world.engine.portfolio().audit() == std::nullopt);
}

TEST_CASE("Engine pays half of a market that is void, whoever says so", "[app][outcome]") {
    auto const ruling = GENERATE(Ruling::half, Ruling::voided);
    Won world;

    world.engine.outcome_said(world.market, OutcomeSource::clob, ruling, "");
    world.pass(2s);
    world.stop();

    CHECK(world.alarmed(ruling == Ruling::half ? "ALARM OUTCOME half" : "ALARM OUTCOME voided"));
    CHECK(world.account().redeemable == usd_cents(1'250));
    CHECK(world.problems() == std::vector<std::string>{});
}

TEST_CASE("Engine keeps what is booked while a result is disputed", "[app][outcome]") {
    Won world;

    world.engine.outcome_said(world.market, OutcomeSource::gamma, Ruling::disputed, "");
    world.pass(2s);
    world.stop();

    CHECK(world.alarmed("ALARM OUTCOME disputed"));
    CHECK(world.account().redeemable == usd(25));
    CHECK_FALSE(world.engine.redeemable(world.market).yes);
    CHECK(world.ledger->trades().value().front().money == "disputed");
}

TEST_CASE("Engine alarms that the venue is silent", "[app][outcome]") {
    Won world;

    world.pass(900s);

    CHECK(world.alarmed("ALARM OUTCOME late " + updown_slug(Asset::btc, first_window)));
    CHECK(world.engine.status("test").unresolved == 1);
    world.stop();
}

TEST_CASE("Engine stops a coin whose strike it captured wrongly", "[app][outcome]") {
    Won world;
    CHECK_FALSE(world.engine.portfolio().halt_of(Asset::btc));

    world.official_price(first_window.start, 95'100);
    world.official_price(first_window.end(), 95'300);
    world.pass(2s);

    CHECK(
        world.alarmed("ALARM CAPTURE BTC stopped: btc-updown-5m-1700006100: strike captured 95000 "
                      "official 95100 (10.51 bps)")
    );
    REQUIRE(world.engine.portfolio().halt_of(Asset::btc));
    CHECK(world.submit().reason == Reason::trading_halted);
    CHECK(world.engine.status("test").assets[0].halted);

    world.engine.clear_halts();

    CHECK_FALSE(world.engine.portfolio().halt_of(Asset::btc));
    world.stop();
    CHECK(world.problems() == std::vector<std::string>{});
}

TEST_CASE("Engine restarted knows what was said, claimed and stopped", "[app][outcome]") {
    Won before;
    before.venue_says(Outcome::up);
    before.engine.outcome_said(before.market, OutcomeSource::gamma, Ruling::down, "");
    before.official_price(first_window.start, 95'100);
    before.official_price(first_window.end(), 95'300);
    before.pass(2s);
    before.journal->flush().value();

    Won after{&before};

    CHECK(after.account().redeemable == usd(25));
    CHECK(after.engine.outcomes().disputed() == std::vector{after.market});
    CHECK(after.engine.portfolio().halt_of(Asset::btc));
    CHECK(after.engine.slugs_wanted() == std::vector{updown_slug(Asset::btc, first_window)});
    after.stop();
}

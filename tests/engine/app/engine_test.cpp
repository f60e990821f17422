#include "tests/engine/app/app_world.hpp"

#include <fstream>
#include <sstream>

namespace {

using namespace polyquant;
using namespace polyquant::app;
using namespace polyquant::app::testing;

std::string slurp(std::filesystem::path const& path) {
    std::ostringstream text;
    text << std::ifstream{path}.rdbuf();
    return text.str();
}

std::string journal_of_two_windows() {
    AppWorld world;
    world.play(two_windows());
    world.engine.input_over();
    world.pass(120s);
    world.stop();
    return slurp(world.folder / "journal.log");
}

} // namespace

TEST_CASE("Engine trades two windows and every book agrees to the micro", "[app][engine]") {
    AppWorld world;

    world.play(two_windows());
    world.engine.input_over();
    world.pass(120s);
    auto const stopped = world.stop();

    CHECK(stopped.clean());
    CHECK(world.listener.fatals.empty());
    auto const& account = world.engine.portfolio().strategies().at(StrategyName{"s1"});
    CHECK(account.wins == 1);
    CHECK(account.losses == 1);
    // Twice 25 shares at 0.20 with a fee of 0.28 each; one of them pays 25.
    CHECK(account.cash == usd_cents(5'000 - 2 * 528 + 2'500));
    CHECK(account.reserved.is_zero());
    CHECK(world.engine.unsettled_positions() == 0);
    CHECK(world.engine.portfolio().audit() == std::nullopt);
    CHECK(world.ledger->check(world.money()).value() == std::vector<std::string>{});
    CHECK(world.ledger->applied_seq() == world.engine.facts());
    REQUIRE(world.listener.settled.size() == 2);
    CHECK(world.listener.settled[0].winner == Outcome::up);
    CHECK(world.listener.settled[1].winner == Outcome::down);
}

TEST_CASE("Engine reports each evaluation in exactly one window", "[app][engine]") {
    AppWorld world;

    world.play(two_windows());
    world.engine.input_over();
    world.pass(120s);
    world.stop();

    auto const status = world.engine.status("test");
    REQUIRE(status.strategies.size() == 1);
    CHECK(world.reported() == status.strategies[0].reasons.total());
    CHECK(world.reported() > 90);
}

TEST_CASE("Engine writes the same journal from the same input", "[app][engine]") {
    auto const first = journal_of_two_windows();
    auto const second = journal_of_two_windows();

    CHECK(first.size() > 1'000);
    CHECK((first == second));
}

TEST_CASE("Engine stopped within a window loses no count", "[app][engine]") {
    AppWorld world;
    world.play_until(first_window.end() - 20s);

    world.stop();

    auto const status = world.engine.status("test");
    CHECK(status.strategies[0].reasons.total() > 20);
    CHECK(world.reported() == status.strategies[0].reasons.total());
    CHECK(world.ledger->check(world.money()).value() == std::vector<std::string>{});
}

TEST_CASE("Engine ends an epoch's counts where a reload begins the next", "[app][engine]") {
    AppWorld world;
    world.play_until(first_window.end() - 20s);
    auto const before = world.engine.status("test").strategies[0].reasons.total();

    auto const verdict = world.engine.reload(config_of(config_text("attempts_max = 2\n")));

    REQUIRE(verdict.accepted());
    world.pass(1s);
    auto const* account = world.engine.portfolio().find(StrategyName{"s1"});
    CHECK(account->epoch.reasons.total() == 0);
    CHECK(world.reported() == before);
}

TEST_CASE("Engine sends no order that its journal could not take", "[app][engine]") {
    AppWorld world{config_of(), false};
    world.play_until(first_window.start + 10s);
    world.journal->flush().value();

    {
        FileSizeLimit const full{world.journal_size()};
        world.submit();
        world.pass(5s);
    }

    CHECK(world.scripted.posted.empty());
    REQUIRE(world.listener.fatals.size() == 1);
    CHECK(world.listener.fatals[0].fault == Fault::storage);
    CHECK(world.ledger->totals().value().orders == 0);
}

TEST_CASE("Engine refuses every order after a failure", "[app][engine]") {
    AppWorld world{config_of(), false};
    world.play_until(first_window.start + 10s);
    world.journal->flush().value();
    {
        FileSizeLimit const full{world.journal_size()};
        world.submit();
        world.pass(5s);
    }

    auto const again = world.submit();

    CHECK(again.reason == Reason::trading_halted);
}

TEST_CASE("Engine reports a failing disk even while trading is halted", "[app][engine]") {
    auto const hasty = std::string{"\n[execution]\nunknown_give_up = \"5s\"\n"};
    AppWorld world{config_of(config_text(hasty)), false};
    world.scripted.silent = true;
    world.play_until(first_window.start + 10s);
    REQUIRE(world.submit().reason == Reason::order_sent);
    world.pass(60s);
    REQUIRE(world.engine.portfolio().halted());
    REQUIRE(world.listener.fatals.empty());

    world.journal->flush().value();
    {
        FileSizeLimit const full{world.journal_size()};
        world.pass(300s); // the window's count is a fact
    }

    REQUIRE(world.listener.fatals.size() == 1);
    CHECK(world.listener.fatals[0].fault == Fault::storage);
}

TEST_CASE("Engine posts an order once however often it is in doubt", "[app][engine]") {
    AppWorld world{config_of(), false};
    world.scripted.silent = true;
    world.play_until(first_window.start + 10s);

    world.submit();
    world.pass(60s);

    CHECK(world.scripted.posted.size() == 1);
}

TEST_CASE(
    "Engine pays a fill that comes after the settlement and lets its market go", "[app][engine]"
) {
    AppWorld world{config_of(), false};
    world.scripted.answer = OrderReport::Status::unmatched;
    world.play_until(first_window.start + 10s);
    auto const order = world.submit().order;
    auto rest = two_windows();
    std::erase_if(rest, [](Event const& e) {
        auto const at = stamp_of(e).received_at;
        return at < first_window.start + 10s || std::holds_alternative<BookSnapshot>(e) ||
               at > first_window.end() + 60s;
    });
    world.play(rest);
    REQUIRE(world.listener.settled.size() == 1);

    TradeReport trade;
    trade.trade = TradeId{"late"};
    trade.order = order;
    trade.token = market_of(first_window).up;
    trade.price = cents(20);
    trade.size = shares(5);
    trade.state = TradeState::confirmed;
    trade.matched_at = world.clock.utc_now();
    world.bus.publish(OwnTradeReport{stamp(world.clock.utc_now()), trade});
    world.pass(5s);

    auto const& account = world.engine.portfolio().strategies().at(StrategyName{"s1"});
    CHECK(account.positions.empty());
    CHECK(account.cash == usd(50 - 1 + 5));
    world.pass(1'200s);
    auto const now = world.clock.utc_now();
    world.bus.publish(tick_at(now, 95'000));
    CHECK(world.engine.board().find(market_of(first_window).condition) == nullptr);
    CHECK(world.engine.portfolio().audit() == std::nullopt);
    CHECK(world.ledger->check(world.money()).value() == std::vector<std::string>{});
}

TEST_CASE("Engine keeps one market of one listed twice", "[app][engine]") {
    AppWorld world;
    auto events = two_windows();
    for (std::size_t n = 0; n < 300; n += 50) {
        auto again = MarketListed{stamp(stamp_of(events[n]).received_at), market_of(first_window)};
        events.insert(events.begin() + static_cast<std::ptrdiff_t>(n), Event{again});
    }

    world.play(events);
    world.engine.input_over();
    world.pass(120s);
    world.stop();

    auto const& account = world.engine.portfolio().strategies().at(StrategyName{"s1"});
    CHECK(account.cash == usd_cents(5'000 - 2 * 528 + 2'500));
    CHECK(world.listener.settled.size() == 2);
}

TEST_CASE("Engine trades a market that is listed late", "[app][engine]") {
    AppWorld world;
    auto events = two_windows();
    auto const listing = events.front();
    events.erase(events.begin());
    auto const late = first_window.end() - 30s;
    auto const place = std::ranges::find_if(events, [&](Event const& e) {
        return stamp_of(e).received_at >= late;
    });
    auto listed = std::get<MarketListed>(listing);
    listed.at = stamp(late);
    events.insert(place, listed);

    world.play(events);
    world.engine.input_over();
    world.pass(120s);
    world.stop();

    auto const& account = world.engine.portfolio().strategies().at(StrategyName{"s1"});
    CHECK(account.wins == 1);
    CHECK(account.losses == 1);
}

TEST_CASE(
    "Engine lets two strategies buy the same token, each with its own money", "[app][engine]"
) {
    auto const other = std::string{R"(
[[strategy]]
kind = "scalp_s1"
name = "other"
bankroll = 50
assets = ["btc"]
lead = "45s"
ask_min = 0.05
ask_max = 0.40
min_edge = 0.01
bet = 5
)"};
    AppWorld world{config_of(config_text(other))};

    world.play(two_windows());
    world.engine.input_over();
    world.pass(120s);
    world.stop();

    for (auto const& name : {StrategyName{"s1"}, StrategyName{"other"}}) {
        auto const& account = world.engine.portfolio().strategies().at(name);
        CHECK(account.wins == 1);
        CHECK(account.losses == 1);
        CHECK(account.cash == usd_cents(5'000 - 2 * 528 + 2'500));
    }
    CHECK(world.engine.portfolio().audit() == std::nullopt);
    CHECK(world.ledger->check(world.money()).value() == std::vector<std::string>{});
}

TEST_CASE("Engine records promises and what became of its bets", "[app][engine][accuracy]") {
    AppWorld world;

    world.play(two_windows());
    world.engine.input_over();
    world.pass(120s);
    world.stop();

    std::vector<WindowForecast> forecasts;
    std::vector<BetJudged> bets;
    REQUIRE(world.ledger->for_each_fact(1, [&](Fact const& fact) -> Result<void> {
        if (auto const* f = std::get_if<WindowForecast>(&fact.body)) forecasts.push_back(*f);
        if (auto const* b = std::get_if<BetJudged>(&fact.body)) bets.push_back(*b);
        return {};
    }));
    REQUIRE(forecasts.size() == 2);
    CHECK(forecasts[0].window == first_window);
    REQUIRE_FALSE(forecasts[0].samples.empty());
    for (auto const& sample : forecasts[0].samples) {
        CHECK(sample.up.has_value());
        CHECK(sample.left <= Seconds{270});
    }
    CHECK(forecasts[0].samples.back().up_ask == cents(20));
    REQUIRE(bets.size() == 2);
    CHECK(bets[0].won);
    CHECK_FALSE(bets[1].won);
    CHECK(bets[0].first_of_window);
    auto const status = world.engine.status("test");
    CHECK(status.strategies[0].calibration.bets == 2);
    CHECK(world.engine.track_record().quotes().learned() == 2);
}

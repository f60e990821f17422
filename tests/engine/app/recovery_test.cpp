#include "engine/app/recovery.hpp"
#include "tests/engine/app/app_world.hpp"
#include "tests/engine/ledger/fact_history.hpp"

namespace {

using namespace polyquant;
using namespace polyquant::app;
using namespace polyquant::app::testing;

std::vector<Fact> random_facts() {
    polyquant::testing::FactHistory history{7};
    for (int i = 0; i < 20; ++i)
        history.play_market();
    return history.facts();
}

runtime::JournalRecord record_of(Fact const& fact) {
    return {1, fact.at, std::string{fact_record_kind}, fact_record(fact)};
}

struct Files {
    runtime::testing::ScratchFolder folder;
    ledger::Ledger ledger = ledger::Ledger::open(folder / "ledger.sqlite").value();

    // A journal that holds facts[from..], among other records.
    std::filesystem::path journal(std::vector<Fact> const& facts, std::size_t from) {
        auto const path = folder / "journal.log";
        auto journal = runtime::Journal::open(path, {"c", "-", 1, "v"}).value();
        for (auto i = from; i < facts.size(); ++i) {
            REQUIRE(journal->append(facts[i].at, "signal", "btc 0.5").has_value());
            auto const kept = journal->append(facts[i].at, fact_record_kind, fact_record(facts[i]));
            REQUIRE(kept.has_value());
        }
        return path;
    }
};

// Late in the first window, with the order of that window filled.
constexpr UtcTime after_the_fill = first_window.end() - 20s;

std::vector<Event> listing_at(UtcTime now, Window window) {
    return {MarketListed{stamp(now), market_of(window)}};
}

} // namespace

TEST_CASE("A fact's journal record reads back as the same fact", "[app][recovery]") {
    for (auto const& fact : random_facts()) {
        auto const read = parse_fact_record(record_of(fact));

        REQUIRE(read.has_value());
        CHECK(read->seq == fact.seq);
        CHECK(read->at == fact.at);
        CHECK(fact_record(*read) == fact_record(fact));
    }
}

TEST_CASE("A record that is no fact is refused with its number", "[app][recovery]") {
    for (auto const* text : {"", "x", "12", "12 order_placed", "12 nonsense a=1"}) {
        auto const read = parse_fact_record({77, {}, "fact", text});

        REQUIRE_FALSE(read.has_value());
        CHECK(read.error().detail.find("record 77") != std::string::npos);
    }
}

TEST_CASE("Recovery books exactly the facts that the ledger lacks", "[app][recovery]") {
    auto const facts = random_facts();
    Files files;
    Files undisturbed;
    REQUIRE(undisturbed.ledger.apply_batch(facts).has_value());
    auto const known = facts.size() - 9;
    REQUIRE(files.ledger.apply_batch(std::span{facts}.first(known)).has_value());
    auto const journal = files.journal(facts, known - 5);

    auto const booked = book_missing_facts(journal, files.ledger);
    auto const again = book_missing_facts(journal, files.ledger);

    CHECK(booked.value() == 9);
    CHECK(again.value() == 0);
    CHECK(files.ledger.content_digest().value() == undisturbed.ledger.content_digest().value());
}

TEST_CASE("Recovery refuses a journal that goes on behind a gap", "[app][recovery]") {
    auto const facts = random_facts();
    Files files;
    REQUIRE(files.ledger.apply_batch(std::span{facts}.first(4)).has_value());
    auto const journal = files.journal(facts, 6);

    auto const booked = book_missing_facts(journal, files.ledger);

    REQUIRE_FALSE(booked.has_value());
    CHECK(
        booked.error().detail.find("goes on with fact 7, the ledger ends with 4") !=
        std::string::npos
    );
    CHECK(files.ledger.applied_seq() == 4);
}

TEST_CASE("Engine goes on after a kill with the money it had", "[app][recovery]") {
    AppWorld killed;
    killed.play_until(after_the_fill);
    REQUIRE(killed.engine.unsettled_positions() == 1);

    AppWorld world{config_of(), true, &killed};

    auto const& before = killed.engine.portfolio().strategies().at(StrategyName{"s1"});
    auto const& after = world.engine.portfolio().strategies().at(StrategyName{"s1"});
    CHECK(after.cash == before.cash);
    CHECK(after.capital == before.capital);
    CHECK(after.position_cost() == before.position_cost());
    CHECK(after.epoch.epoch == before.epoch.epoch);
    CHECK(world.engine.facts() == killed.engine.facts());
    CHECK(world.engine.slugs_wanted() == std::vector<std::string>{market_of(first_window).slug});
}

TEST_CASE("Engine buys nothing again in a window that a killed one bought in", "[app][recovery]") {
    AppWorld killed;
    killed.play_until(after_the_fill);
    REQUIRE(killed.engine.unsettled_positions() == 1);
    AppWorld world{config_of(), true, &killed};
    auto const now = world.clock.utc_now();
    auto rest = two_windows();
    std::erase_if(rest, [&](Event const& e) {
        return stamp_of(e).received_at < now || stamp_of(e).received_at >= first_window.end();
    });

    world.play(listing_at(now, first_window));
    world.play(rest);

    world.stop();
    CHECK(world.ledger->totals().value().orders == 1);
}

TEST_CASE("Engine settles after a restart what was bought before it", "[app][recovery]") {
    AppWorld killed;
    killed.play_until(after_the_fill);
    AppWorld world{config_of(), true, &killed};
    auto const now = world.clock.utc_now();

    world.play(listing_at(now, first_window));
    world.pass(40s);
    auto const closed = world.clock.utc_now();
    world.play({MarketResolved{
        stamp(closed), market_of(first_window).condition, Outcome::up, PriceSource::venue
    }});
    world.pass(10s);

    auto const& account = world.engine.portfolio().strategies().at(StrategyName{"s1"});
    CHECK(world.engine.slugs_wanted().empty());
    CHECK(account.wins == 1);
    CHECK(account.cash == usd_cents(5'000 - 528 + 2'500));
    world.stop();
    CHECK(world.ledger->check(world.money()).value() == std::vector<std::string>{});
}

TEST_CASE("Engine follows an order across a restart until it is known", "[app][recovery]") {
    AppWorld killed{config_of(), false};
    killed.scripted.silent = true;
    killed.play_until(first_window.start + 30s);
    REQUIRE(killed.submit().reason == Reason::order_sent);
    killed.pass(5s);
    auto const id = killed.scripted.posted.at(0);

    AppWorld world{config_of(), false, &killed};
    auto const held = world.engine.portfolio().strategies().at(StrategyName{"s1"}).reserved;
    world.play(listing_at(world.clock.utc_now(), first_window));
    OrderReport refused;
    refused.order = id;
    refused.status = OrderReport::Status::cancelled;
    world.bus.publish(Event{OwnOrderReport{stamp(world.clock.utc_now()), refused}});
    world.pass(1s);

    CHECK_FALSE(held.is_zero());
    CHECK(world.scripted.posted.empty());
    CHECK(world.engine.portfolio().strategies().at(StrategyName{"s1"}).reserved.is_zero());
    CHECK(world.engine.is_quiet());
}

TEST_CASE("Engine keeps a halt across a restart until it is cleared", "[app][recovery]") {
    AppWorld killed;
    killed.play_until(first_window.start + 30s);
    Fact const halt{
        killed.engine.facts() + 1,
        killed.clock.utc_now(),
        TradingStateChanged{{}, true, Reason::timed_out, "an order is unknown"}
    };
    REQUIRE(killed.ledger->apply(halt).has_value());
    AppWorld world{config_of(), true, &killed};
    REQUIRE(world.engine.portfolio().halted());

    world.engine.clear_halts();

    CHECK_FALSE(world.engine.portfolio().halted());
}

// The portfolio in memory and the ledger on disk are two folds over the same facts, written apart:
// they must agree to the micro after every single fact.
#include "engine/ledger/ledger.hpp"
#include "tests/engine/ledger/order_history.hpp"
#include "tests/engine/ledger/scratch.hpp"
#include "tests/support/catch.hpp"

#include <SQLiteCpp/SQLiteCpp.h>

#include <fstream>

using namespace polyquant;
using namespace polyquant::ledger;
using polyquant::testing::OrderHistory;
using polyquant::testing::Scratch;

namespace {

struct Tally {
    std::uint64_t facts = 0;
    std::uint64_t sales = 0;
    std::uint64_t failures = 0;
    std::uint64_t corrections = 0;

    void count(Fact const& fact) {
        ++facts;
        if (auto const* t = std::get_if<TradeMatched>(&fact.body))
            sales += t->trade.side == Side::sell ? 1 : 0;
        if (auto const* t = std::get_if<TradeChanged>(&fact.body))
            failures += t->to == TradeState::failed ? 1 : 0;
        if (auto const* s = std::get_if<PositionSettled>(&fact.body))
            corrections += s->size.is_zero() ? 1 : 0;
    }
};

std::string line_of(
    std::string const& name,
    Usdc cash,
    Usdc reserved,
    Usdc realised,
    Usdc fees,
    std::uint64_t wins,
    std::uint64_t losses
) {
    return fmt::format(
        "{} cash {} reserved {} realised {} fees {} won {} lost {}\n",
        name,
        to_string(cash),
        to_string(reserved),
        to_string(realised),
        to_string(fees),
        wins,
        losses
    );
}

std::string line_of(
    StrategyName const& strategy, TokenId const& token, Shares size, Shares confirmed, Usdc cost
) {
    return fmt::format(
        "{} holds {} ({} confirmed) of {} at {}\n",
        strategy.text,
        to_string(size),
        to_string(confirmed),
        to_string(token),
        to_string(cost)
    );
}

std::string books_of(execution::Portfolio const& portfolio) {
    std::string text;
    for (auto const& [name, a] : portfolio.strategies())
        if (a.capital != Usdc{} || a.cash != Usdc{})
            text += line_of(name.text, a.cash, a.reserved, a.realised, a.fees, a.wins, a.losses);
    for (auto const& [name, a] : portfolio.strategies())
        for (auto const& [token, p] : a.positions)
            text += line_of(name, token, p.exposure, p.confirmed, p.cost);
    return text;
}

std::string books_of(Ledger const& ledger) {
    std::string text;
    for (auto const& b : ledger.bankrolls().value())
        text += line_of(b.strategy.text, b.cash, b.reserved, b.realised, b.fees, b.wins, b.losses);
    auto open = ledger.open_positions().value();
    std::ranges::sort(open, [](OpenPosition const& a, OpenPosition const& b) {
        return std::tie(a.strategy, a.token) < std::tie(b.strategy, b.token);
    });
    for (auto const& p : open)
        text += line_of(p.strategy, p.token, p.shares, p.confirmed, p.cost + p.fees);
    return text;
}

Ledger open_new(std::filesystem::path const& path) {
    auto opened = Ledger::open(path);
    REQUIRE(opened.has_value());
    return std::move(*opened);
}

void compare_after_every_fact(std::uint64_t seed, OrderHistory::Settling settling, Tally& tally) {
    Scratch scratch{Scratch::fast()};
    auto ledger = open_new(scratch / "ledger.db");
    execution::Portfolio portfolio;
    OrderHistory history{seed, settling, [&](Fact const& fact) {
                             portfolio.apply(fact);
                             tally.count(fact);
                             auto const applied = ledger.apply(fact);
                             INFO("seed " << seed << ", " << describe(fact));
                             if (!applied) FAIL(describe(applied.error()));
                             REQUIRE(books_of(portfolio) == books_of(ledger));
                             if (settling == OrderHistory::Settling::tidy)
                                 REQUIRE(portfolio.audit().value_or("") == "");
                         }};

    history.play(110);

    INFO("seed " << seed);
    if (settling == OrderHistory::Settling::tidy)
        CHECK(ledger.check().value() == std::vector<std::string>{});
}

} // namespace

TEST_CASE("Portfolio and ledger agree after every fact", "[ledger][property]") {
    Tally tally;

    for (std::uint64_t seed = 1; seed <= 400; ++seed)
        compare_after_every_fact(seed, OrderHistory::Settling::tidy, tally);

    INFO(
        tally.facts << " facts, " << tally.sales << " sales, " << tally.failures << " failures, "
                    << tally.corrections << " corrections"
    );
    CHECK(tally.sales > 1'000);
    CHECK(tally.failures > 1'000);
    CHECK(tally.corrections > 400);
}

TEST_CASE(
    "Portfolio and ledger agree when fills and failures come after the settlement",
    "[ledger][property]"
) {
    Tally tally;

    for (std::uint64_t seed = 1001; seed <= 1200; ++seed)
        compare_after_every_fact(seed, OrderHistory::Settling::untidy, tally);

    CHECK(tally.failures > 200);
}

TEST_CASE(
    "Ledger of schema 1 is booked again with its sales at confirmed cost", "[ledger][migration]"
) {
    Scratch scratch;
    std::ifstream file{PQ_SOURCE_DIR "/tests/golden/ledger/schema_1.sql"};
    std::string const dump{std::istreambuf_iterator<char>{file}, {}};
    {
        SQLite::Database old{
            (scratch / "ledger.db").string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE
        };
        old.exec(dump);
    }

    auto ledger = open_new(scratch / "ledger.db");

    execution::Portfolio portfolio;
    auto fresh = open_new(scratch / "fresh.db");
    REQUIRE(ledger.for_each_fact(1, [&](Fact const& fact) {
        portfolio.apply(fact);
        return fresh.apply(fact);
    }));
    CHECK(ledger.applied_seq() == 70);
    CHECK(books_of(ledger) == books_of(portfolio));
    CHECK(ledger.content_digest().value() == fresh.content_digest().value());
    CHECK(ledger.check().value() == std::vector<std::string>{});
    SQLite::Database backup{(scratch / "ledger.db.v1.backup").string()};
    auto const sale_cost = [&](SQLite::Database& db) {
        return db.execAndGet("SELECT basis FROM fills WHERE seq = 63").getInt64();
    };
    SQLite::Database migrated{(scratch / "ledger.db").string()};
    CHECK(sale_cost(backup) == 1'769'692);
    CHECK(sale_cost(migrated) < 1'769'692);
}

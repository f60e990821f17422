#include "engine/accounting/account_audit.hpp"
#include "tests/engine/ledger/scratch.hpp"
#include "tests/support/catch.hpp"

#include <SQLiteCpp/SQLiteCpp.h>

using namespace polyquant;
using namespace polyquant::accounting;
using polyquant::ledger::Ledger;
using polyquant::testing::Scratch;

namespace {

constexpr auto slug = "btc-updown-5m-1776081600";
StrategyName const who{"s1"};
ConditionId const market{{0x22}};
TokenId const token{{0x11}};
OrderId const order{{0x33}};

Ledger open_at(std::filesystem::path const& path) {
    auto opened = Ledger::open(path);
    REQUIRE(opened.has_value());
    return std::move(*opened);
}

std::vector<Fact> history(bool claimed) {
    std::vector<FactBody> bodies;
    bodies.emplace_back(EpochOpened{who, "scalp_s1", 1, ""});
    bodies.emplace_back(CapitalMoved{who, usd(50), "starting bankroll"});
    PlaceOrder intent;
    intent.strategy = who;
    intent.market = market;
    intent.token = token;
    intent.limit = cents(60);
    intent.size = shares(10);
    bodies.emplace_back(OrderPlaced{order, intent, usd(7), slug});
    TradeMatched fill;
    fill.trade.trade = TradeId{"t1"};
    fill.trade.order = order;
    fill.trade.token = token;
    fill.trade.price = cents(60);
    fill.trade.size = shares(10);
    fill.trade.fee = usd_cents(17);
    fill.trade.matched_at = utc_from_seconds(1'776'081'700);
    fill.strategy = who;
    fill.market = market;
    fill.cost = usd(6);
    bodies.emplace_back(fill);
    bodies.emplace_back(
        TradeChanged{fill.trade.trade, order, who, TradeState::matched, TradeState::confirmed}
    );
    bodies.emplace_back(OrderChanged{
        order, who, OrderState::matched, OrderState::confirmed, Reason::order_sent, {}, ""
    });
    WindowSettled settled;
    settled.market = market;
    settled.slug = slug;
    settled.winner = Outcome::up;
    bodies.emplace_back(settled);
    bodies.emplace_back(
        PositionSettled{who, market, token, Outcome::up, shares(10), usd(10), usd_cents(617), true}
    );
    if (claimed)
        bodies.emplace_back(PayoutClaimed{who, market, token, Outcome::up, shares(10), usd(10)});
    std::vector<Fact> facts;
    for (auto& body : bodies)
        facts.push_back(
            {facts.size() + 1, utc_from_seconds(1'776'081'600) + Seconds{facts.size()}, body}
        );
    return facts;
}

struct Desk {
    Scratch scratch{Scratch::fast()};
    Ledger book = open_at(scratch / "ledger.sqlite");
    Evidence venue;

    explicit Desk(bool claimed = false) {
        REQUIRE(book.apply_batch(history(claimed)));
        venue.source = "sandbox";
        venue.fills = {
            {order, TradeId{"t1"}, token, Side::buy, shares(10), usd(6), usd_cents(17), false}
        };
        venue.payouts = {{token, {shares(10), usd(10)}}};
        venue.moves = {{WalletCause::deposit, usd(60), "1"}};
        venue.collateral = usd_cents(6'383);
        venue.tokens.emplace();
        venue.open_orders.emplace();
    }

    Audit look() {
        auto view = read_ledger(book);
        REQUIRE(view.has_value());
        view->unassigned = usd(10);
        auto fresh = open_at(scratch / "fresh.sqlite");
        REQUIRE(book.for_each_fact(fresh.applied_seq() + 1, [&](Fact const& fact) {
            return fresh.apply(fact);
        }));
        view->differences = book.differences(fresh).value();
        return audit(*view, {venue});
    }

    // By hand, behind the ledger's back.
    void tamper(char const* sql) {
        SQLite::Database raw{(scratch / "ledger.sqlite").string(), SQLite::OPEN_READWRITE};
        for (auto const* trigger : {"postings_stay", "entries_stay", "facts_stay"})
            raw.exec(std::string{"DROP TRIGGER IF EXISTS "} + trigger);
        raw.exec(sql);
    }
};

std::vector<std::string> wrong_rows(Audit const& audit) {
    std::vector<std::string> rows;
    for (auto const& f : audit.findings)
        if (!f.explained) rows.push_back(f.row + ": " + f.text);
    return rows;
}

} // namespace

TEST_CASE("Audit explains a wallet that equals the books", "[accounting]") {
    Desk desk;

    auto const audit = desk.look();

    CHECK(wrong_rows(audit) == std::vector<std::string>{});
    CHECK(audit.expected == usd_cents(6'383));
    CHECK(audit.rows_compared >= 5);
}

TEST_CASE("Audit names the table row from which a micro was taken", "[accounting]") {
    struct Case {
        char const* sql;
        char const* row;
    };

    auto const taken = GENERATE(
        Case{"UPDATE fills SET cost = cost - 1", "fills order_id="},
        Case{"UPDATE fills SET fee = fee - 1", "fills order_id="},
        Case{"UPDATE settlements SET payout = payout - 1", "settlements seq=8"},
        Case{"UPDATE accounts SET balance = balance - 1 WHERE kind = 'cash'", "accounts id="},
        Case{
            "UPDATE postings SET amount = amount - 1 WHERE seq = 2 AND line = 1", "postings seq=2"
        },
        Case{"UPDATE positions SET realised = realised - 1", "positions strategy=s1"},
        Case{"UPDATE orders SET reserved_left = 1", "orders order_id="}
    );
    Desk desk;
    desk.tamper(taken.sql);

    auto const audit = desk.look();

    INFO(taken.sql);
    CHECK(audit.unexplained() > 0);
    CHECK(std::ranges::any_of(audit.findings, [&](Finding const& f) {
        return !f.explained && f.row.starts_with(taken.row);
    }));
}

TEST_CASE("Audit names the fact whose archive was changed with its rows", "[accounting]") {
    Desk desk;
    desk.tamper("UPDATE facts SET text = replace(text, 'cost=6000000', 'cost=5999999') "
                "WHERE kind = 'trade_matched'");
    desk.tamper("UPDATE fills SET cost = cost - 1, basis = basis - 1");

    auto const rows = wrong_rows(desk.look());

    REQUIRE_FALSE(rows.empty());
    CHECK(std::ranges::any_of(rows, [](std::string const& row) {
        return row.find("postings seq=4") != std::string::npos;
    }));
}

TEST_CASE("Audit finds money that the venue counts otherwise", "[accounting]") {
    Desk desk;

    SECTION("another cost") {
        desk.venue.fills->front().cost = usd_cents(601);
        desk.venue.collateral = usd_cents(6'382);
        CHECK(wrong_rows(desk.look()).front().find("cost of fact 4") == 0);
    }
    SECTION("a fill that the ledger does not have") {
        desk.venue.fills->push_back(
            {order, TradeId{"t2"}, token, Side::buy, shares(1), usd(1), Usdc{}, false}
        );
        CHECK(wrong_rows(desk.look()).front().find("trade t2") == 0);
    }
    SECTION("a fill that the venue does not have") {
        desk.venue.fills->clear();
        CHECK(
            wrong_rows(desk.look()).front().find("the source does not know") != std::string::npos
        );
    }
    SECTION("a fill that failed there") {
        desk.venue.fills->front().failed = true;
        CHECK(wrong_rows(desk.look()).front().find("failed there") != std::string::npos);
    }
    SECTION("another payout") {
        desk.venue.payouts->at(token).amount = usd(9);
        CHECK(wrong_rows(desk.look()).front().find("fact 8: payout") == 0);
    }
    SECTION("a deposit nobody booked") {
        desk.venue.moves->push_back({WalletCause::reward, Usdc::from_micros(1), "7"});
        CHECK(wrong_rows(desk.look()).front().find("deposits, rewards") == 0);
    }
    SECTION("a wallet with a micro less") {
        desk.venue.collateral = usd_cents(6'383) - Usdc::from_micros(1);
        auto const rows = wrong_rows(desk.look());
        REQUIRE(rows.size() == 1);
        CHECK(rows[0] == "collateral: -0.000001 USDC are not explained");
    }
    SECTION("a foreign order") {
        desk.venue.open_orders = {OrderId{{0x99}}};
        CHECK(wrong_rows(desk.look()).front().find("rests there") != std::string::npos);
    }
    SECTION("shares that nobody bought") {
        desk.venue.tokens->emplace(TokenId{{0x55}}, shares(3));
        CHECK(wrong_rows(desk.look()).front().find("0 here, 3 there") != std::string::npos);
    }
}

TEST_CASE("Audit explains dust of the venue's rounding", "[accounting]") {
    Desk desk;
    desk.venue.fills->front().fee = usd_cents(17) - Usdc::from_micros(4);
    desk.venue.collateral = usd_cents(6'383) + Usdc::from_micros(4);

    auto const audit = desk.look();

    CHECK(wrong_rows(audit) == std::vector<std::string>{});
    CHECK(std::ranges::any_of(audit.findings, [](Finding const& f) {
        return f.row == "collateral" && f.text == "0.000004 of dust";
    }));
}

TEST_CASE("Audit explains winnings that are not redeemed yet", "[accounting]") {
    auto const claimed = GENERATE(false, true);
    Desk desk{claimed};
    desk.venue.payouts->clear();
    desk.venue.tokens = {{token, shares(10)}};
    desk.venue.collateral = usd_cents(5'383);

    auto const audit = desk.look();

    INFO("claimed " << claimed);
    CHECK(wrong_rows(audit) == std::vector<std::string>{});
}

TEST_CASE("Audit explains a redemption that the books have not collected", "[accounting]") {
    Desk desk{true};

    auto const audit = desk.look();

    CHECK(wrong_rows(audit) == std::vector<std::string>{});
    CHECK(audit.expected == usd_cents(5'383));
}

TEST_CASE("Audit explains purchases on their way to the chain", "[accounting]") {
    Scratch scratch{Scratch::fast()};
    auto book = open_at(scratch / "ledger.sqlite");
    auto facts = history(false);
    facts.resize(4);
    REQUIRE(book.apply_batch(facts));
    auto view = read_ledger(book);
    REQUIRE(view.has_value());
    Evidence clob;
    clob.source = "clob";
    clob.on_chain = true;
    clob.collateral = usd(50);

    auto const result = audit(*view, {clob});

    CHECK(wrong_rows(result) == std::vector<std::string>{});
}

TEST_CASE("Audit says whom it could not ask", "[accounting]") {
    Desk desk;
    desk.venue = {};
    desk.venue.source = "chain";
    desk.venue.missing = Failure{Fault::transport, "rpc", "refused"};

    auto const audit = desk.look();

    CHECK(audit.unexplained() == 0);
    REQUIRE(audit.not_asked.size() == 1);
    CHECK(audit.not_asked[0].starts_with("chain: "));
    CHECK(audit_table(audit).back().find("0 unexplained") != std::string::npos);
}

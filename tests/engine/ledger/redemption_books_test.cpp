// The way of the money from a settled position into the wallet, in both books.
#include "engine/execution/redemption_booking.hpp"
#include "engine/ledger/ledger.hpp"
#include "tests/engine/ledger/order_history.hpp"
#include "tests/engine/ledger/scratch.hpp"
#include "tests/support/catch.hpp"

#include <random>

using namespace polyquant;
using namespace polyquant::ledger;
using polyquant::execution::collect_redemption;
using polyquant::execution::Portfolio;
using polyquant::execution::undo_redemption;
using polyquant::testing::OrderHistory;
using polyquant::testing::Scratch;

namespace {

Ledger open_new(std::filesystem::path const& path) {
    auto opened = Ledger::open(path);
    REQUIRE(opened.has_value());
    return std::move(*opened);
}

// Portfolio and ledger side by side.
struct Books {
    Scratch scratch{Scratch::fast()};
    Ledger ledger = open_new(scratch / "ledger.db");
    Portfolio portfolio;
    std::uint64_t seq = 0;

    void record(FactBody body) {
        Fact const fact{++seq, utc_from_seconds(1'776'081'600), std::move(body)};
        portfolio.apply(fact);
        auto const applied = ledger.apply(fact);
        INFO(describe(fact));
        if (!applied) FAIL(describe(applied.error()));
    }

    void record(std::vector<FactBody> facts) {
        for (auto& fact : facts)
            record(std::move(fact));
    }

    std::string in_memory() const {
        std::string text = "wallet " + to_string(portfolio.unassigned()) + "\n";
        for (auto const& [name, a] : portfolio.strategies()) {
            text += fmt::format(
                "{} {} {} won {} lost {}\n",
                name.text,
                to_string(a.cash),
                to_string(a.redeemable),
                a.wins,
                a.losses
            );
            for (auto const& [token, claim] : a.claims)
                text += fmt::format("  {} {}\n", to_string(token), to_string(claim.amount));
        }
        return text;
    }

    std::string on_disk() const {
        std::string text = "wallet " + to_string(ledger.unassigned().value()) + "\n";
        auto claims = ledger.claims().value();
        std::ranges::sort(claims, {}, [](ClaimRow const& c) { return c.token; });
        for (auto const& b : ledger.bankrolls().value()) {
            text += fmt::format(
                "{} {} {} won {} lost {}\n",
                b.strategy.text,
                to_string(b.cash),
                to_string(b.redeemable),
                b.wins,
                b.losses
            );
            for (auto const& c : claims)
                if (c.strategy == b.strategy)
                    text += fmt::format("  {} {}\n", to_string(c.token), to_string(c.open()));
        }
        return text;
    }
};

ConditionId const market{{0x22}};
TokenId const token{{0x11}};

PayoutClaimed claim_of(char const* strategy, std::int64_t cents) {
    return {StrategyName{strategy}, market, token, Outcome::up, shares(10), usd_cents(cents)};
}

void settle(Books& books, char const* strategy, std::int64_t cents) {
    PositionSettled paid;
    paid.strategy = StrategyName{strategy};
    paid.market = market;
    paid.token = token;
    paid.payout = usd_cents(cents);
    books.record(paid);
    books.record(claim_of(strategy, cents));
}

RedemptionChanged redemption(RedemptionState state, std::int64_t cents, char const* id = "r1") {
    RedemptionChanged r;
    r.redemption = RedemptionId{id};
    r.market = market;
    r.slug = "btc-updown-5m-1776081600";
    r.state = state;
    r.via = "adapter";
    r.transaction = "0xab";
    r.amount = usd_cents(cents);
    r.gas_wei = state == RedemptionState::confirmed ? 21'000'000'000'000 : 0;
    return r;
}

} // namespace

TEST_CASE("Payout is no free money before it is redeemed", "[ledger][redemption]") {
    Books books;
    books.record(CapitalMoved{StrategyName{"a"}, usd(100), ""});

    settle(books, "a", 700);

    auto const& account = *books.portfolio.find(StrategyName{"a"});
    CHECK(account.cash == usd(100));
    CHECK(account.redeemable == usd(7));
    CHECK(account.bankroll() == usd(107));
    CHECK(books.in_memory() == books.on_disk());
    CHECK(books.ledger.bankrolls().value().front().equity() == usd(107));
    CHECK_FALSE(books.portfolio.audit());
}

TEST_CASE("Redemption gives every strategy its own claim", "[ledger][redemption]") {
    Books books;
    settle(books, "a", 700);
    settle(books, "b", 350);
    books.record(redemption(RedemptionState::sent, 1'050));
    CHECK(books.portfolio.open_redemptions().contains(market));
    CHECK(execution::claimed_in(books.portfolio, market) == usd_cents(1'050));

    books.record(collect_redemption(books.portfolio, redemption(RedemptionState::confirmed, 1'050))
    );

    CHECK(books.portfolio.find(StrategyName{"a"})->cash == usd(7));
    CHECK(books.portfolio.find(StrategyName{"b"})->cash == usd_cents(350));
    CHECK(books.portfolio.find(StrategyName{"b"})->claims.empty());
    CHECK(books.portfolio.open_redemptions().empty());
    CHECK(books.portfolio.unassigned() == Usdc{});
    CHECK(books.in_memory() == books.on_disk());
    CHECK(books.ledger.redemptions().value().front().gas_wei == 21'000'000'000'000);
    CHECK(books.ledger.check().value() == std::vector<std::string>{});
}

TEST_CASE("Redemption that brings more or less is booked to the micro", "[ledger][redemption]") {
    Books books;
    settle(books, "a", 700);
    settle(books, "b", 350);

    books.record(collect_redemption(books.portfolio, redemption(RedemptionState::confirmed, 800)));
    CHECK(books.portfolio.find(StrategyName{"b"})->redeemable == usd_cents(250));
    books.record(
        collect_redemption(books.portfolio, redemption(RedemptionState::confirmed, 251, "r2"))
    );

    CHECK(books.portfolio.find(StrategyName{"b"})->redeemable == Usdc{});
    CHECK(books.portfolio.unassigned() == usd_cents(1));
    CHECK(books.in_memory() == books.on_disk());
    CHECK(books.ledger.check().value() == std::vector<std::string>{});
}

TEST_CASE("Redemption confirmed twice is collected once", "[ledger][redemption]") {
    Books books;
    settle(books, "a", 700);
    auto const confirmed = redemption(RedemptionState::confirmed, 700);
    books.record(collect_redemption(books.portfolio, confirmed));

    CHECK(collect_redemption(books.portfolio, confirmed).empty());
}

TEST_CASE("Redemption taken back by the chain is claimed again", "[ledger][redemption]") {
    Books books;
    settle(books, "a", 700);
    auto const confirmed = redemption(RedemptionState::confirmed, 710);
    books.record(collect_redemption(books.portfolio, confirmed));

    books.record(undo_redemption(books.portfolio, confirmed));

    CHECK(books.portfolio.find(StrategyName{"a"})->redeemable == usd(7));
    CHECK(books.portfolio.find(StrategyName{"a"})->cash == Usdc{});
    CHECK(books.portfolio.unassigned() == Usdc{});
    CHECK(undo_redemption(books.portfolio, confirmed).empty());
    CHECK(books.in_memory() == books.on_disk());

    books.record(collect_redemption(books.portfolio, confirmed));

    CHECK(books.portfolio.find(StrategyName{"a"})->cash == usd(7));
    CHECK(books.ledger.check().value() == std::vector<std::string>{});
}

TEST_CASE("Ledger refuses to collect what nobody claimed", "[ledger][redemption]") {
    Books books;

    auto const applied = books.ledger.apply(
        {1, {}, PayoutCollected{RedemptionId{"r"}, StrategyName{"a"}, market, token, usd(1)}}
    );

    REQUIRE_FALSE(applied);
    CHECK(applied.error().detail.find("claimed nothing") != std::string::npos);
}

TEST_CASE(
    "Fill that fails after its payout leaves neither money nor a win", "[ledger][redemption]"
) {
    Books books;
    StrategyName const who{"a"};
    books.record(EpochOpened{who, "scalp_s1", 1, ""});
    books.record(CapitalMoved{who, usd(100), ""});
    PlaceOrder intent;
    intent.strategy = who;
    intent.market = market;
    intent.token = token;
    intent.limit = cents(60);
    intent.size = shares(10);
    OrderId const order{{0x33}};
    books.record(OrderPlaced{order, intent, usd(7), "btc-updown-5m-1776081600"});
    TradeMatched fill;
    fill.trade.trade = TradeId{"t"};
    fill.trade.order = order;
    fill.trade.token = token;
    fill.trade.size = shares(10);
    fill.trade.fee = usd_cents(10);
    fill.strategy = who;
    fill.market = market;
    fill.cost = usd(6);
    books.record(fill);
    PositionSettled paid{
        who, market, token, Outcome::up, shares(10), usd(10), usd_cents(610), true
    };
    books.record(paid);
    CHECK(books.portfolio.find(who)->wins == 1);

    books.record(TradeChanged{TradeId{"t"}, order, who, TradeState::matched, TradeState::failed});
    CHECK(books.portfolio.find(who)->positions.at(token).exposure == shares(-10));
    books.record(PositionSettled{
        who, market, token, Outcome::up, shares(-10), usd(-10), usd_cents(-610), true
    });

    auto const& account = *books.portfolio.find(who);
    CHECK(account.cash == usd(100));
    CHECK(account.realised == Usdc{});
    CHECK(account.wins == 0);
    CHECK(account.losses == 0);
    CHECK(account.positions.empty());
    CHECK(books.in_memory() == books.on_disk());
    CHECK(books.ledger.check().value() == std::vector<std::string>{});
    CHECK_FALSE(books.portfolio.audit());
}

TEST_CASE("Reports about an order forgotten in memory are booked by both", "[ledger][redemption]") {
    Books books;
    StrategyName const who{"a"};
    books.record(EpochOpened{who, "scalp_s1", 1, ""});
    books.record(CapitalMoved{who, usd(1'000), ""});
    auto const order_number = [](int n) {
        OrderId id;
        id.bytes[30] = static_cast<std::uint8_t>(n >> 8);
        id.bytes[31] = static_cast<std::uint8_t>(n);
        return id;
    };
    auto const close = [&](int n) {
        books.record(OrderChanged{
            order_number(n),
            who,
            OrderState::sent,
            OrderState::cancelled,
            Reason::not_filled,
            {},
            ""
        });
    };
    PlaceOrder intent;
    intent.strategy = who;
    intent.market = market;
    intent.token = token;
    intent.asset = Asset::btc;
    intent.limit = cents(50);
    intent.size = shares(10);
    TradeMatched fill;
    fill.trade.token = token;
    fill.trade.size = shares(5);
    fill.strategy = who;
    fill.market = market;
    fill.cost = usd_cents(250);
    books.record(OrderPlaced{order_number(1), intent, {}, "btc-updown-5m-1776081600"});
    fill.trade.trade = TradeId{"early"};
    fill.trade.order = order_number(1);
    books.record(fill);
    close(1);
    for (int n = 2; n <= 300; ++n) {
        books.record(OrderPlaced{order_number(n), intent, {}, "btc-updown-5m-1776081600"});
        close(n);
    }
    REQUIRE_FALSE(books.portfolio.find(who)->orders.contains(order_number(1)));

    fill.trade.trade = TradeId{"late"};
    books.record(fill);
    CHECK(books.portfolio.find(who)->positions.at(token).exposure == shares(10));
    for (auto const* trade : {"early", "late"})
        books.record(TradeChanged{
            TradeId{trade}, order_number(1), who, TradeState::matched, TradeState::failed
        });
    books.record(OrderChanged{
        order_number(1),
        who,
        OrderState::cancelled,
        OrderState::live,
        Reason::order_sent,
        usd(2),
        ""
    });

    CHECK(books.portfolio.find(who)->positions.empty());
    CHECK(books.portfolio.find(who)->reserved == usd(2));
    CHECK(books.in_memory() == books.on_disk());
    CHECK(books.ledger.bankrolls().value().front().reserved == usd(2));
    CHECK_FALSE(books.portfolio.audit());
}

TEST_CASE("Failed fill of a forgotten order is still found by its market", "[ledger][redemption]") {
    Portfolio portfolio;
    TradeMatched fill;
    fill.trade.trade = TradeId{"t"};
    fill.trade.order = OrderId{{0x77}};
    fill.trade.token = token;
    fill.trade.size = shares(5);
    fill.strategy = StrategyName{"a"};
    fill.market = market;
    fill.cost = usd(2);
    portfolio.apply({1, {}, fill});
    portfolio.apply(
        {2,
         {},
         PositionSettled{fill.strategy, market, token, Outcome::up, shares(5), usd(5), usd(2), true}
        }
    );

    portfolio.apply(
        {3,
         {},
         TradeChanged{
             fill.trade.trade,
             fill.trade.order,
             fill.strategy,
             TradeState::matched,
             TradeState::failed
         }}
    );

    CHECK(portfolio.find(fill.strategy)->positions.at(token).market == market);
}

TEST_CASE("Portfolio and ledger agree on claims over random histories", "[ledger][property]") {
    std::uint64_t collected = 0;
    std::uint64_t undone = 0;
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        Books books;
        std::mt19937_64 random{seed};
        std::vector<RedemptionChanged> confirmed;
        std::uint64_t number = 0;
        auto const below = [&](std::uint64_t n) {
            return random() % n;
        };
        OrderHistory history{seed, OrderHistory::Settling::tidy, [&](Fact const& fact) {
                                 books.record(fact.body);
                                 auto const* paid = std::get_if<PositionSettled>(&fact.body);
                                 if (paid == nullptr || paid->payout.is_zero()) return;
                                 books.record(PayoutClaimed{
                                     paid->strategy,
                                     paid->market,
                                     paid->token,
                                     paid->outcome,
                                     paid->size,
                                     paid->payout
                                 });
                                 auto r = redemption(RedemptionState::confirmed, 0);
                                 r.redemption = RedemptionId{std::to_string(++number)};
                                 r.market = paid->market;
                                 r.amount = execution::claimed_in(books.portfolio, paid->market) +
                                            Usdc::from_micros(static_cast<std::int64_t>(below(3))) -
                                            Usdc::from_micros(1);
                                 if (below(3) == 0 || r.amount.micros() <= 0) return;
                                 books.record(collect_redemption(books.portfolio, r));
                                 ++collected;
                                 confirmed.push_back(r);
                                 if (below(4) != 0) return;
                                 auto const back = confirmed[below(confirmed.size())];
                                 auto facts = undo_redemption(books.portfolio, back);
                                 undone += facts.empty() ? 0 : 1;
                                 books.record(std::move(facts));
                             }};

        history.play(80);

        INFO("seed " << seed);
        CHECK(books.in_memory() == books.on_disk());
        CHECK(books.portfolio.audit().value_or("") == "");
        CHECK(books.ledger.check().value() == std::vector<std::string>{});
    }
    CHECK(collected > 500);
    CHECK(undone > 50);
}

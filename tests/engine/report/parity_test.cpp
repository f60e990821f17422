#include "engine/report/parity.hpp"
#include "tests/engine/report/hand_made_run.hpp"
#include "tests/support/catch.hpp"

using namespace polyquant;
using namespace polyquant::report;
using namespace polyquant::report::testing;

namespace {

RunData four_trades() {
    auto run = empty_run();
    for (int i = 1; i <= 4; ++i)
        add(run, {.window = i, .won = i != 3});
    return run;
}

// The bridge leads from one result to the other to the micro.
void check_bridge(Parity const& p) {
    auto sum = p.pnl_second;
    for (auto const& [kind, effect] : p.bridge)
        sum += effect;
    CHECK(sum == p.pnl_first);
}

} // namespace

TEST_CASE("Equal runs are identical", "[report][parity]") {
    auto const p = compare_runs(four_trades(), four_trades());

    CHECK(p.identical());
    CHECK(p.equal == 4);
    check_bridge(p);
}

TEST_CASE("Every difference is listed with its cause and its effect", "[report][parity]") {
    auto const session = four_trades();
    auto backtest = four_trades();
    auto& price = backtest.trades[0]; // a cent a share dearer, a fee of half a cent more in all
    price.fill_price = cents(91);
    price.bet_size += usd_cents(10);
    price.fee += Usdc::from_micros(5'000);
    *price.pnl = *price.pnl - usd_cents(10) - Usdc::from_micros(5'000);
    backtest.orders[1].reason = Reason::not_filled;
    backtest.trades.erase(backtest.trades.begin() + 1);
    backtest.trades[1].won = true; // the third: lost in the session
    *backtest.trades[1].pnl += usd(10);
    backtest.orders[3].decided_at += Millis{250};
    add(backtest, {.window = 9});

    auto const p = compare_runs(session, backtest);

    check_bridge(p);
    auto const find = [&](Divergence kind) {
        for (auto const& row : p.rows)
            if (row.divergence == kind) return row;
        FAIL(to_string(kind));
        return ParityRow{};
    };
    CHECK(p.rows.size() == 6);
    CHECK(to_string(find(Divergence::fill_price).effect) == "0.1");
    CHECK(to_string(find(Divergence::fee).effect) == "0.005");
    CHECK(find(Divergence::not_filled).cause.find("not_filled") != std::string::npos);
    CHECK(to_string(find(Divergence::settlement).effect) == "-10");
    CHECK(find(Divergence::decision).cause == "decided 250 ms earlier");
    CHECK(find(Divergence::decision).effect.is_zero());
    CHECK(find(Divergence::only_in_second).cause.find("never evaluated") != std::string::npos);
    CHECK(!p.identical());
}

TEST_CASE("An order of one run only is explained by the other's evaluations", "[report][parity]") {
    auto const session = four_trades();
    auto backtest = four_trades();
    backtest.orders.pop_back();
    backtest.trades.pop_back();
    ReasonCounts counts;
    counts.add(Reason::edge_too_small, 17);
    counts.add(Reason::book_stale, 2);
    backtest.evaluations.push_back({{"s1"}, Asset::btc, *session.orders.back().window, counts});

    auto const p = compare_runs(session, backtest);

    REQUIRE(p.rows.size() == 1);
    CHECK(p.rows[0].divergence == Divergence::only_in_first);
    CHECK(p.rows[0].cause == "the other evaluated: edge_too_small 17, book_stale 2");
    check_bridge(p);
}

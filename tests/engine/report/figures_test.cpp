#include "engine/report/figures.hpp"
#include "tests/engine/report/hand_made_run.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>
#include <cmath>

using namespace polyquant;
using namespace polyquant::report;
using namespace polyquant::report::testing;

namespace {

bool says(Figures const& f, std::string_view words) {
    return std::any_of(f.verdict.begin(), f.verdict.end(), [&](auto const& line) {
        return line.find(words) != std::string::npos;
    });
}

} // namespace

TEST_CASE("Figures add up by hand", "[report]") {
    auto run = empty_run();
    add(run, {.window = 1, .ask_cents = 90, .shares_bought = 10, .won = true});
    add(run, {.window = 2, .ask_cents = 80, .shares_bought = 10, .won = false});
    add(run, {.window = 300, .outcome = Outcome::down, .ask_cents = 85, .shares_bought = 20});

    auto const f = compute_figures(run);

    // +0.90, -8.10, +2.80
    CHECK(to_string(f.pnl) == "-4.4");
    CHECK(to_string(f.fees) == "0.4");
    CHECK(to_string(f.turnover) == "34");
    CHECK(f.slippage.is_zero());
    CHECK(f.all.trades == 3);
    CHECK(f.all.won == 2);
    CHECK(f.all.win_rate == Approx(2.0 / 3));
    // (9.10 + 8.10 + 17.20) / 40 shares
    CHECK(f.all.break_even == Approx(34.4 / 40));
    CHECK(f.all.realised_edge == Approx(-4.4 / 40));
    CHECK(f.profit_factor == Approx(3.7 / 8.1));
    CHECK(f.average_loss == Approx(-8.1));
    CHECK(f.expectancy == Approx(-4.4 / 3));
    CHECK(f.longest_losing_streak == 1);
    CHECK(f.drawdown.depth == Approx(8.1));
    CHECK(f.drawdown_peak == first_day + Seconds{600});
    CHECK(f.drawdown_trough == first_day + Seconds{900});
    CHECK(!f.drawdown_recovered);
    CHECK(f.exposure_max == Approx(17.2));
}

TEST_CASE("Days without a trade count in the daily ratios", "[report]") {
    auto run = empty_run(10);
    add(run, {.window = 1});
    add(run, {.window = 600, .won = false});

    auto const f = compute_figures(run);

    CHECK(f.days == 10);
    CHECK(f.days_traded == 2);
    CHECK(f.sharpe.count == 10);
    CHECK(f.daily_pnl[0].second == Approx(0.9));
    CHECK(f.daily_pnl[1].second == 0);
}

TEST_CASE("What is unresolved, half paid or void is shown and not counted", "[report]") {
    auto run = empty_run();
    for (int window = 1; window <= 4; ++window)
        add(run, {.window = window});
    run.trades[1].resolved = false;
    run.trades[1].won.reset();
    run.trades[1].pnl.reset();
    run.windows[run.trades[2].slug].winner.reset();
    run.trades[3].state = OrderState::failed;
    run.orders[3].voided = true;

    auto const f = compute_figures(run);

    CHECK(f.all.trades == 1);
    CHECK(f.unresolved.size() == 1);
    CHECK(f.half_paid.size() == 1);
    CHECK(f.voided.size() == 1);
    CHECK(says(f, "1 unresolved, 1 paid half and half, 1 void"));
}

TEST_CASE("A losing strategy is told so", "[report]") {
    auto run = empty_run();
    for (int i = 0; i < 60; ++i)
        add(run, {.window = 10 * i, .won = i % 3 != 0});

    auto const f = compute_figures(run);

    CHECK(f.all.win_rate == Approx(2.0 / 3));
    CHECK(f.all.break_even == Approx(0.91));
    CHECK(says(f, "LOSES"));
    CHECK(says(f, "NO EDGE SHOWN"));
    CHECK(f.edge.share_not_positive > 0.9);
}

TEST_CASE("No trade is a result, and few are noise", "[report]") {
    auto run = empty_run();
    auto const none = compute_figures(run);
    add(run, {.window = 1});
    auto const one = compute_figures(run);

    CHECK(says(none, "NO TRADES"));
    CHECK(none.all.trades == 0);
    CHECK(std::isnan(none.sharpe.value));
    CHECK(says(one, "TOO FEW TRADES"));
}

TEST_CASE("A modelled source is never hidden", "[report]") {
    auto run = empty_run();
    run.record.emplace();
    run.record->source = backtest::QuoteSource::toy;
    run.record->quotes = "QUOTES INVENTED (toy)";
    run.record->finished = true;

    auto const f = compute_figures(run);

    CHECK(f.headline == "QUOTES INVENTED (toy)");
    CHECK(says(f, "NO EVIDENCE"));
}

TEST_CASE("Many tried variants deflate the Sharpe ratio", "[report]") {
    auto run = empty_run(40);
    for (int i = 0; i < 400; ++i)
        add(run, {.window = 28 * i, .won = i % 14 != 0});
    auto const first_try = compute_figures(run).deflated_sharpe;
    run.record.emplace();
    run.record->finished = true;
    run.record->trials = 1000;
    run.record->trials_sharpe_sd = 0.15;

    auto const thousandth = compute_figures(run).deflated_sharpe;

    CHECK(thousandth < first_try);
}

TEST_CASE("An edge that fades is called decay", "[report]") {
    auto run = empty_run(20);
    for (int i = 0; i < 80; ++i)
        add(run, {.window = 60 * i, .won = i < 40 || i % 4 != 0});

    auto const f = compute_figures(run);

    REQUIRE(f.quarters.size() == 4);
    CHECK(f.quarters[0].group.realised_edge == Approx(0.09));
    CHECK(f.decays);
    CHECK(says(f, "DECAY"));
}

TEST_CASE("Probabilities are judged against the market on the same moments", "[report]") {
    auto run = empty_run(10);
    for (int i = 0; i < 400; ++i) {
        Window const window{first_day + Seconds{300} * (7 * i), Seconds{300}};
        auto const slug = updown_slug(Asset::btc, window);
        auto const up = i % 10 < 8;
        run.windows[slug] = {
            Asset::btc, window, up ? Outcome::up : Outcome::down, "spot", PriceSource::binance_bar
        };
        run.moments.push_back({slug, Asset::btc, 59.75, 0.5, true, 0.79, 0.81});
        // What cannot be used is left out.
        run.moments.push_back({slug, Asset::btc, 29.75, 0.5, false, 0.79, 0.81});
    }

    auto const f = compute_figures(run);

    REQUIRE(f.moments.size() == 1);
    CHECK(f.moments[0].seconds_left == 60);
    CHECK(f.moments[0].count == 400);
    CHECK(f.moments[0].brier_model == Approx(0.25));
    CHECK(f.moments[0].brier_market == Approx(0.16));
    CHECK(f.moments[0].advantage.high < 0);
}

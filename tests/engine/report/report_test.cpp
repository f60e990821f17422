#include "engine/report/report.hpp"
#include "tests/engine/report/hand_made_run.hpp"
#include "tests/support/catch.hpp"

#include <boost/json.hpp>

#include <algorithm>

using namespace polyquant;
using namespace polyquant::report;
using namespace polyquant::report::testing;

namespace {

RunData some_run() {
    auto run = empty_run();
    for (int i = 0; i < 40; ++i)
        add(run, {.window = 9 * i, .ask_cents = 80 + i % 15, .won = i % 9 != 0});
    return run;
}

} // namespace

TEST_CASE("Report JSON states money to the micro and rates with intervals", "[report]") {
    auto const run = some_run();

    auto const parsed = boost::json::parse(report_json(run, compute_figures(run)));

    CHECK(parsed.at("format") == "polyquant-report");
    CHECK(parsed.at("money").at("pnl") == boost::json::string(to_string(compute_figures(run).pnl)));
    CHECK(parsed.at("summary").at("trades") == 40);
    CHECK(
        parsed.at("summary").at("low").as_double() < parsed.at("summary").at("win_rate").as_double()
    );
    CHECK(parsed.at("breakdowns").as_array().size() == 6);
    // No number is one that JSON lacks.
    CHECK(report_json(run, compute_figures(run)).find("nan") == std::string::npos);
}

TEST_CASE("The page needs nothing from outside and cannot be broken by names", "[report]") {
    auto run = some_run();
    run.strategies.front().parameters = "</script><script>alert(1)</script>";

    auto const page = report_html(report_json(run, compute_figures(run)));

    CHECK(page.find("alert(1)</script>") == std::string::npos);
    for (auto const* outside : {"src=\"", "<link", "@import", "url("})
        CHECK(page.find(outside) == std::string::npos);
    CHECK(page.find("<!--TITLE-->") == std::string::npos);
    CHECK(page.find("/*JSON*/") == std::string::npos);
}

TEST_CASE("The terminal's first line is the source of the quotes", "[report]") {
    auto run = some_run();
    run.record.emplace();
    run.record->quotes = "QUOTES MODELLED, not recorded";

    auto const lines = report_text(run, compute_figures(run));

    CHECK(lines.front() == "QUOTES MODELLED, not recorded");
}

TEST_CASE("Orders CSV has every order, filled or not", "[report]") {
    auto run = some_run();
    run.trades.pop_back();
    run.orders.back().reason = Reason::not_filled;

    auto const csv = orders_csv(run);

    CHECK(std::count(csv.begin(), csv.end(), '\n') == 41);
    CHECK(csv.find("not_filled") != std::string::npos);
    auto const trades = trades_csv(run);
    CHECK(std::count(trades.begin(), trades.end(), '\n') == 40);
}

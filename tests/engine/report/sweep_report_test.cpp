#include "engine/report/sweep_report.hpp"
#include "models/validation/random.hpp"
#include "tests/engine/runtime/scratch_folder.hpp"
#include "tests/support/catch.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <cmath>

using namespace polyquant;
using namespace polyquant::report;

namespace {

// Variants whose Sharpe ratio follows key a, with noise; key b does nothing.
struct Swept {
    runtime::testing::ScratchFolder folder;
    backtest::SweepStore store = backtest::SweepStore::open(folder / "s.sqlite").value();

    Swept() {
        static_cast<void>(store.set_description(
            R"({"objective":"sharpe","method":"grid","quotes":"QUOTES MODELLED","selection":"x","verdict":"y"})"
        ));
        std::vector<std::vector<std::string>> plan;
        for (int a = 1; a <= 4; ++a)
            for (int b = 1; b <= 5; ++b)
                plan.push_back({fmt::format("s.a={}", a), fmt::format("s.b={}", b)});
        static_cast<void>(store.plan(backtest::SweepStage::selection, plan));
        work(backtest::SweepStage::selection);
    }

    void work(backtest::SweepStage stage) {
        models::validation::SeededRandom random{3};
        auto const now = utc_from_seconds(1'776'000'000);
        for (;;) {
            auto const run =
                store.lease(
                         stage, "p", now, Seconds{60}, [](auto const&) { return false; }
                ).value();
            if (!run) return;
            VariantResult r;
            r.trades = 50;
            r.days = 20;
            for (int d = 0; d < 20; ++d)
                r.daily_returns.push_back(
                    0.05 * (run->settings[0].back() - '2') + 0.1 * random.normal()
                );
            r.sharpe = backtest::sharpe_ratio(r.daily_returns).value;
            r.pnl = 5;
            r.edge_doubt = 0.02;
            static_cast<void>(store.finish(run->id, "p", to_json(r), 1));
        }
    }
};

} // namespace

TEST_CASE("A variant's result comes back from the store", "[report][sweep]") {
    VariantResult r;
    r.trades = 3;
    r.pnl = 1.25;
    r.sharpe = std::numeric_limits<double>::quiet_NaN();
    r.daily_returns = {0.5, -0.25};

    auto const back = parse_variant_result(to_json(r)).value();

    CHECK(back.trades == 3);
    CHECK(back.pnl == 1.25);
    CHECK(std::isnan(back.sharpe));
    CHECK(back.daily_returns == r.daily_returns);
    CHECK(!parse_variant_result("{}"));
}

TEST_CASE("A sweep's report says which key matters", "[report][sweep]") {
    Swept const swept;

    auto const pages = sweep_report(swept.store).value();

    auto const json = boost::json::parse(pages.json);
    auto const& effects = json.at("effects").as_array();
    REQUIRE(effects.size() == 2);
    CHECK(effects[0].at("key") == "s.a");
    CHECK(effects[0].at("share").as_double() > 0.5);
    CHECK(effects[1].at("share").as_double() < 0.3);
    auto const& map = json.at("heat_maps").at(0);
    CHECK(map.at("columns").as_array().size() == 4);
    CHECK(map.at("rows").as_array().size() == 5);
    CHECK(json.at("trials") == 20);
    CHECK(json.at("expected_best_sharpe").as_double() > 0);
    CHECK(pages.html.find("Parameter sweep") != std::string::npos);
    CHECK(pages.text.front() == "QUOTES MODELLED");
}

TEST_CASE("The verdict is corrected for how many are judged", "[report][sweep]") {
    Swept swept;
    auto const best = best_variants(swept.store, Objective::sharpe, 4).value();
    REQUIRE(best.size() == 4);
    CHECK(best[0][0] == "s.a=4");
    static_cast<void>(swept.store.plan(backtest::SweepStage::verdict, best));
    swept.work(backtest::SweepStage::verdict);

    auto const json = boost::json::parse(sweep_report(swept.store).value().json);

    REQUIRE(json.at("verdict").as_array().size() == 4);
    // 1 - 0.98^4
    CHECK(json.at("verdict").at(0).at("corrected_doubt").as_double() == Approx(0.07763184));
}

TEST_CASE("A variant without trades is never chosen", "[report][sweep]") {
    VariantResult idle;
    idle.pnl = 0;

    CHECK(std::isnan(value_of(idle, Objective::pnl)));
}

#include "connectors/tape/feed.hpp"
#include "engine/backtest/baseline_procedure.hpp"
#include "tests/support/catch.hpp"

#include <fmt/format.h>

#include <fstream>

using namespace polyquant;
using namespace polyquant::backtest;

namespace {

std::vector<Bar> sample_bars() {
    auto feed =
        tape::TapeFeed::open({{PQ_SOURCE_DIR "/data/sample/btc-1m-bars.tape", {}, {}}}).value();
    std::vector<Bar> bars;
    while (auto const* event = feed.next())
        if (auto const* update = std::get_if<BarUpdate>(event)) bars.push_back(update->bar);
    return bars;
}

} // namespace

// The golden bets are another implementation's, with pandas and scikit-learn:
// tests/reference/make_baseline_backtest_golden.py.
TEST_CASE("The baseline procedure bets as the original's", "[backtest][baseline]") {
    auto const bars = sample_bars();
    for (std::uint64_t const seed : {42ULL, 7ULL}) {
        BaselineProcedure procedure;
        procedure.seed = seed;

        auto const result = run_baseline_procedure(bars, procedure).value();

        std::ifstream golden{
            fmt::format("{}/tests/golden/backtest/baseline_bets_{}.csv", PQ_SOURCE_DIR, seed)
        };
        std::string line;
        std::getline(golden, line);
        std::size_t n = 0;
        for (; std::getline(golden, line); ++n) {
            REQUIRE(n < result.bets.size());
            auto const& bet = result.bets[n];
            long long at = 0;
            char side[8] = {};
            double p = 0, price = 0, stake = 0, pnl = 0, bankroll = 0;
            int won = 0;
            REQUIRE(
                std::sscanf(
                    line.c_str(),
                    "%lld,%4[A-Z],%lf,%lf,%lf,%d,%lf,%lf",
                    &at,
                    side,
                    &p,
                    &price,
                    &stake,
                    &won,
                    &pnl,
                    &bankroll
                ) == 8
            );
            CHECK(unix_millis(bet.at) == at);
            CHECK(to_string(bet.side) == side);
            CHECK(bet.won == (won == 1));
            CHECK(bet.win_probability == Approx(p).margin(1e-7));
            CHECK(bet.price == Approx(price).margin(1e-8));
            CHECK(bet.bet == Approx(stake).epsilon(1e-5));
            CHECK(bet.pnl == Approx(pnl).epsilon(1e-5));
            CHECK(bet.bankroll == Approx(bankroll).epsilon(1e-6));
        }
        CHECK(n == result.bets.size());
        CHECK(n > 600);
    }
}

TEST_CASE("The baseline procedure refuses too few bars", "[backtest][baseline]") {
    auto const refused = run_baseline_procedure(std::vector<Bar>(100), {});

    REQUIRE(!refused);
    CHECK(refused.error().detail.find("11520") != std::string::npos);
}

TEST_CASE("The baseline's report names its market for what it is", "[backtest][baseline]") {
    auto const result = run_baseline_procedure(sample_bars(), {}).value();

    auto const text = baseline_report(result, "BTC");

    CHECK(text.find("random price that knows nothing") != std::string::npos);
    CHECK(figures_of(result).brier == Approx(0.25).margin(0.02));
}

#include "connectors/tape/feed.hpp"
#include "engine/backtest/baseline_procedure.hpp"
#include "engine/backtest/look_ahead.hpp"
#include "tests/support/catch.hpp"

#include <cmath>
#include <limits>

using namespace polyquant;
using namespace polyquant::backtest;

namespace {

std::vector<Bar> sample_bars(std::size_t count) {
    auto feed =
        tape::TapeFeed::open({{PQ_SOURCE_DIR "/data/sample/btc-1m-bars.tape", {}, {}}}).value();
    std::vector<Bar> bars;
    while (auto const* event = feed.next())
        if (auto const* update = std::get_if<BarUpdate>(event))
            if (bars.size() < count) bars.push_back(update->bar);
    return bars;
}

// The return of the bar after: what nobody can know.
double peek(std::span<Bar const> bars, std::size_t t) {
    if (t + 1 >= bars.size()) return std::numeric_limits<double>::quiet_NaN();
    return bars[t + 1].close / bars[t].close - 1;
}

// The honest features and one that peeks one bar.
ColumnSource with_a_peek() {
    auto source = feature_columns();
    source.names.emplace_back("peek");
    source.row_at = [honest = feature_columns().row_at](std::span<Bar const> bars, UtcTime at) {
        auto row = honest(bars, at);
        std::size_t closed = 0;
        while (closed < bars.size() && bars[closed].close_time() <= at)
            ++closed;
        row.push_back(closed == 0 ? 0 : peek(bars, closed - 1));
        return row;
    };
    return source;
}

} // namespace

TEST_CASE("The 46 features do not look ahead", "[backtest][lookahead]") {
    auto const findings = find_look_ahead(feature_columns(), sample_bars(6000), 300, 5);

    CHECK(findings.moments == 300);
    CHECK(findings.clean());
}

TEST_CASE("A feature that peeks one bar is caught three ways", "[backtest][lookahead]") {
    auto const findings = find_look_ahead(with_a_peek(), sample_bars(6000), 300, 5);

    REQUIRE(findings.disturbed.size() == 1);
    CHECK(findings.disturbed.front().column == "peek");
    REQUIRE(findings.truncated.size() == 1);
    CHECK(findings.truncated.front().column == "peek");
    REQUIRE(findings.suspicious.size() == 1);
    CHECK(findings.suspicious.front().column == "peek");
}

TEST_CASE("A feature that peeks one bar inflates the result as expected", "[backtest][lookahead]") {
    auto const bars = sample_bars(20'000);
    BaselineProcedure honest;
    auto peeking = honest;
    peeking.extra_column = peek;

    auto const plain = figures_of(run_baseline_procedure(bars, honest).value());
    auto const inflated = figures_of(run_baseline_procedure(bars, peeking).value());

    // A fifth of the horizon known decides about two of three moves.
    CHECK(plain.win_rate < 0.56);
    CHECK(inflated.win_rate > plain.win_rate + 0.05);
    CHECK(inflated.brier < plain.brier - 0.02);
    CHECK(inflated.sharpe > 2 * plain.sharpe);
}

TEST_CASE("Labels end at their horizon", "[backtest][lookahead]") {
    CHECK(find_label_look_ahead(sample_bars(3000), 200, 5).empty());
}

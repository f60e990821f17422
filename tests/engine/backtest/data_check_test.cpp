#include "engine/backtest/data_check.hpp"
#include "engine/core/random.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>

using namespace polyquant;
using namespace polyquant::backtest;

namespace {

// ETH follows BTC's move of the same minute, or of `lag` minutes before.
models::window::AssetBars correlated(std::size_t count, std::size_t lag) {
    models::window::AssetBars bars;
    Xoshiro256 random{4};
    std::vector<double> moves;
    for (std::size_t i = 0; i < count; ++i)
        moves.push_back(0.002 * (random.uniform() - 0.5));
    for (auto const asset : {Asset::btc, Asset::eth}) {
        double price = 100;
        for (std::size_t i = 0; i < count; ++i) {
            auto const shift = asset == Asset::eth ? lag : 0;
            auto const move = i >= shift ? moves[i - shift] : 0;
            auto const noise = asset == Asset::eth ? 0.0005 * (random.uniform() - 0.5) : 0;
            Bar bar;
            bar.open_time = utc_from_seconds(1'775'000'100) + Seconds{60} * static_cast<int>(i);
            bar.open = price;
            price *= 1 + move + noise;
            bar.close = price;
            bar.high = std::max(bar.open, bar.close);
            bar.low = std::min(bar.open, bar.close);
            bar.volume = 1;
            bars[index_of(asset)].push_back(bar);
        }
    }
    return bars;
}

} // namespace

TEST_CASE("Sound bars have no findings", "[backtest][data]") {
    auto const checks = check_bars(correlated(2000, 0));

    REQUIRE(checks.size() == 2);
    CHECK(!has_findings(checks));
    CHECK(checks[1].lag_to_btc == 0);
    CHECK(checks[1].correlation_at_zero > 0.8);
}

TEST_CASE("A clock shifted by a minute shows against BTC", "[backtest][data]") {
    auto const checks = check_bars(correlated(2000, 1));

    CHECK(checks[1].lag_to_btc == 1);
    CHECK(has_findings(checks));
    auto const text = bar_check_text(checks);
    CHECK(std::any_of(text.begin(), text.end(), [](auto const& line) {
        return line.find("CLOCK") != std::string::npos;
    }));
}

TEST_CASE("Gaps, impossible bars and bad prints are counted", "[backtest][data]") {
    auto bars = correlated(2000, 0);
    auto& btc = bars[0];
    btc.erase(btc.begin() + 700, btc.begin() + 703);
    btc[900].high = btc[900].low * 0.5;
    btc[1000].close *= 1.2;
    btc[1000].high = btc[1000].close;

    auto const check = check_bars(bars).front();

    CHECK(check.missing == 3);
    REQUIRE(check.gaps.size() == 1);
    CHECK(check.defects.size() == 1);
    REQUIRE(check.outliers.size() == 2);
    CHECK(check.outliers[0].reverted);
    CHECK(check.outliers[0].at == btc[1000].close_time());
}

#include "connectors/polymarket/ctf/position_id.hpp"
#include "connectors/sandbox/world/coin_market.hpp"
#include "connectors/sandbox/world/fitted.hpp"
#include "connectors/sandbox/world/market_planner.hpp"
#include "connectors/sandbox/world/oracle.hpp"
#include "tests/support/catch.hpp"

#include <cmath>

namespace polyquant::sandbox {

namespace {

constexpr auto start = utc_from_seconds(1'795'392'000);

double correlation(std::vector<double> const& a, std::vector<double> const& b) {
    double ab = 0;
    double aa = 0;
    double bb = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        ab += a[i] * b[i];
        aa += a[i] * a[i];
        bb += b[i] * b[i];
    }
    return ab / std::sqrt(aa * bb);
}

// Log returns of one price over steps of `every`.
template <class Price>
std::vector<double>
returns_of(std::vector<CoinPrices> const& path, std::size_t every, Price price) {
    std::vector<double> returns;
    for (std::size_t i = every; i < path.size(); i += every)
        returns.push_back(std::log(price(path[i]) / price(path[i - every])));
    return returns;
}

std::vector<CoinPrices> seconds_of(PricePath& path, int seconds) {
    std::vector<CoinPrices> all;
    for (int i = 0; i < seconds; ++i)
        all.push_back(path.step(Seconds{1}));
    return all;
}

} // namespace

TEST_CASE("Generated prices have the fitted volatility and correlations", "[sandbox][prices]") {
    auto const path = make_generated_path(21);
    auto const all = seconds_of(*path, 100 * 3600);
    std::array<std::vector<double>, asset_count> minutes;
    for (std::size_t a = 0; a < asset_count; ++a)
        minutes[a] = returns_of(all, 60, [a](CoinPrices const& p) { return p.exchange[a]; });

    for (std::size_t a = 0; a < asset_count; ++a) {
        double square = 0;
        double fourth = 0;
        for (auto const r : minutes[a]) {
            square += r * r;
            fourth += r * r * r * r;
        }
        auto const n = static_cast<double>(minutes[a].size());
        CHECK(std::sqrt(square / n / 60) == Approx(fitted::coins[a].sigma).epsilon(0.2));
        CHECK(fourth / n / (square / n) / (square / n) > 4); // heavier tails than a normal
        for (std::size_t b = 0; b < a; ++b)
            CHECK(
                correlation(minutes[a], minutes[b]) ==
                Approx(fitted::correlation[a][b]).margin(0.06)
            );
    }
}

TEST_CASE("The oracle lags the exchange as the recorded one does", "[sandbox][prices]") {
    auto const path = make_generated_path(22);
    auto const all = seconds_of(*path, 20 * 3600);
    auto const r = returns_of(all, 1, [](CoinPrices const& p) { return p.oracle[0]; });
    std::vector<double> const earlier(r.begin(), r.end() - 1);
    std::vector<double> const later(r.begin() + 1, r.end());
    double basis = 0;
    for (auto const& p : all)
        basis += p.exchange[0] / p.oracle[0] - 1;

    CHECK(correlation(earlier, later) == Approx(0.32).margin(0.05));
    CHECK(
        basis / static_cast<double>(all.size()) ==
        Approx(fitted::basis_mean).margin(fitted::basis_sd)
    );
}

TEST_CASE(
    "Recorded prices pass through every bar's open, extremes and close", "[sandbox][prices]"
) {
    std::array<std::vector<Bar>, asset_count> bars;
    for (auto& series : bars)
        for (int i = 0; i < 5; ++i) {
            Bar bar;
            bar.open_time = start + Seconds{60} * i;
            bar.open = 100 + i;
            bar.high = 103 + i;
            bar.low = 98 + i;
            bar.close = 101 + i;
            series.push_back(bar);
        }
    auto const path = make_recorded_path(bars, 3);

    for (int minute = 0; minute < 10; ++minute) {
        double high = 0;
        double low = 1e9;
        auto last = CoinPrices{};
        for (int i = 0; i < 300; ++i) {
            last = path->step(path_step);
            high = std::max(high, last.exchange[0]);
            low = std::min(low, last.exchange[0]);
        }
        // The second round joins where the first one ended.
        auto const scale = minute < 5 ? 1.0 : 105.0 / 100.0;
        auto const& bar = bars[0][static_cast<std::size_t>(minute % 5)];
        CHECK(high == Approx(bar.high * scale).epsilon(0.01));
        CHECK(low == Approx(bar.low * scale).epsilon(0.01));
        CHECK(last.exchange[0] == Approx(bar.close * scale).epsilon(0.01));
    }
}

TEST_CASE("Oracle averages exactly the prints of the last seconds", "[sandbox][prices]") {
    Oracle oracle{100};
    for (int i = 0; i < 150; ++i) {
        std::array<UsdPrice, asset_count> prices{};
        prices[0] = UsdPrice::from_e8(1'000 + i * i);
        oracle.print(start + Seconds{i}, prices);
    }
    auto const at = [&](int second, SettlementRule rule) {
        return oracle.value(Asset::btc, rule, start + Seconds{second});
    };
    std::int64_t sum = 0;
    for (std::int64_t i = 111; i <= 140; ++i)
        sum += 1'000 + i * i;

    CHECK(at(140, twap_rule(Seconds{30}))->e8() == sum / 30);
    CHECK(at(140, spot_rule())->e8() == 1'000 + 140 * 140);
    CHECK_FALSE(at(151, spot_rule()));
    CHECK_FALSE(at(20, spot_rule())); // forgotten
    CHECK(
        oracle.history(Asset::btc, spot_rule(), start + Seconds{145}, start + Seconds{200})
            .size() == 5
    );
}

TEST_CASE("Coin market's minutes are what its trades add up to", "[sandbox][prices]") {
    CoinMarket coin{Asset::btc, 5};
    auto const path = make_generated_path(5);
    std::vector<CoinTrade> trades;
    std::vector<CoinBar> minutes;
    auto at = start;
    for (int i = 0; i < 600; ++i) {
        at += path_step;
        auto const prices = path->step(path_step);
        CoinMarket::News news;
        coin.step(at, path_step, prices.exchange[0], prices.activity[0], news);
        trades.insert(trades.end(), news.trades.begin(), news.trades.end());
        for (auto const& bar : news.closed)
            if (bar.length == Seconds{60}) minutes.push_back(bar);
        CHECK(coin.quote().bid < coin.quote().ask);
    }

    REQUIRE(minutes.size() == 2);
    for (auto const& bar : minutes) {
        CoinBar sum;
        for (auto const& trade : trades) {
            if (trade.at < bar.open_time || trade.at >= bar.close_time()) continue;
            ++sum.trades;
            sum.volume_e8 += trade.quantity_e8;
            sum.high = std::max(sum.high, trade.price);
            sum.close = trade.price;
        }
        CHECK(bar.trades == sum.trades);
        CHECK(bar.volume_e8 == sum.volume_e8);
        CHECK(bar.high == sum.high);
        CHECK(bar.close == sum.close);
        CHECK(bar.taker_buy_e8 <= bar.volume_e8);
    }
    CHECK(coin.bars(Seconds{60}, start, start + Seconds{60}, 10).size() == 2);
    CHECK(coin.last_bars(Seconds{300}, 5).size() == 1);
}

TEST_CASE("Every planned market's tokens prove that they are its own", "[sandbox][markets]") {
    WorldOptions options;
    options.near_expiry_markets = 40;
    MarketPlanner planner{options, 3};
    auto const contracts = polymarket::contracts_of(137).value();
    MarketList markets{contracts};
    CoinPrices prices;
    for (std::size_t a = 0; a < asset_count; ++a)
        prices.oracle[a] = fitted::coins[a].price;

    planner.list_due(markets, prices, start);
    auto const again = planner.list_due(markets, prices, start);

    auto const all = markets.all();
    CHECK(all.size() >= 4 * 12 + 40);
    CHECK(again.empty());
    auto updown = 0;
    auto neg_risk = 0;
    for (auto const* market : all) {
        CHECK(polymarket::token_defect(market->market, contracts.ctf_collateral).empty());
        updown += market->kind == MarketKind::updown;
        neg_risk += market->market.neg_risk;
        CHECK(market->market.window.end() > start);
    }
    CHECK(updown == 4 * 12);
    CHECK(neg_risk % 4 == 0);
    CHECK(neg_risk > 0);
    auto const* first = markets.find_slug(updown_slug(Asset::btc, {start, Seconds{300}}));
    REQUIRE(first != nullptr);
    CHECK(first->market.question == "Bitcoin Up or Down - November 22, 7:00PM-7:05PM ET");
}

} // namespace polyquant::sandbox

#include "engine/backtest/bar_markets.hpp"
#include "engine/backtest/minute_path.hpp"
#include "engine/market/market_board.hpp"
#include "tests/support/catch.hpp"

#include <cmath>

using namespace polyquant;
using namespace polyquant::backtest;

namespace {

// A drunkard's bars, enough before the first window for a volatility.
models::window::AssetBars some_bars(std::size_t count) {
    models::window::AssetBars bars;
    Xoshiro256 random{11};
    for (auto const asset : {Asset::btc, Asset::eth}) {
        auto price = 50'000.0;
        for (std::size_t i = 0; i < count; ++i) {
            Bar bar;
            bar.open_time = utc_from_seconds(1'775'000'100) + Seconds{60} * static_cast<int>(i);
            bar.open = price;
            price *= 1 + 0.001 * (random.uniform() - 0.5);
            bar.close = price;
            bar.high = std::max(bar.open, bar.close) * (1 + 0.0003 * random.uniform());
            bar.low = std::min(bar.open, bar.close) * (1 - 0.0003 * random.uniform());
            bar.volume = 1;
            bars[index_of(asset)].push_back(bar);
        }
    }
    return bars;
}

BarMarketOptions options() {
    BarMarketOptions o;
    o.assets = {Asset::btc, Asset::eth};
    o.from = utc_from_seconds(1'775'006'100);
    o.until = o.from + Seconds{1200};
    o.quotes = QuoteModel::load(PQ_SOURCE_DIR "/data/quote-model/btc5m.json").value();
    return o;
}

std::vector<std::string> all_events(BarMarkets& markets) {
    std::vector<std::string> lines;
    while (auto* event = markets.next())
        lines.push_back(format_utc(stamp_of(*event).received_at) + " " + describe(*event));
    return lines;
}

} // namespace

TEST_CASE("minute_path keeps open, close, high and low", "[backtest][bars]") {
    auto const bars = some_bars(200);
    for (std::size_t i = 0; i < 200; ++i) {
        auto const& bar = bars[0][i];
        auto const path = minute_path(bar, i);
        auto const [low, high] = std::minmax_element(path.begin(), path.end());
        CHECK(path.front() == bar.open);
        CHECK(path.back() == bar.close);
        CHECK(*low == bar.low);
        CHECK(*high == bar.high);
        CHECK(path == minute_path(bar, i));
    }
}

TEST_CASE("BarMarkets tells its events in the order of time", "[backtest][bars]") {
    auto const bars = some_bars(200);
    BarMarkets markets{bars, options()};

    UtcTime last{};
    std::size_t listed = 0, closed_bars = 0;
    while (auto const at = markets.next_at()) {
        auto* event = markets.next();
        CHECK(stamp_of(*event).received_at == *at);
        CHECK(*at >= last);
        last = *at;
        listed += std::holds_alternative<MarketListed>(*event) ? 1 : 0;
        if (auto const* bar = std::get_if<BarUpdate>(event)) {
            ++closed_bars;
            CHECK(bar->bar.close_time() == *at);
        }
    }

    CHECK(listed == 8);
    CHECK(closed_bars == 40);
    CHECK(markets.counts().windows == 8);
}

TEST_CASE("BarMarkets gives a window the same quotes whatever else is run", "[backtest][bars]") {
    auto const bars = some_bars(200);
    BarMarkets whole{bars, options()};
    auto later = options();
    later.from += Seconds{600};
    BarMarkets part{bars, later};

    auto const all = all_events(whole);
    auto const tail = all_events(part);

    REQUIRE(tail.size() > 100);
    std::size_t compared = 0;
    auto const first = std::find(all.begin(), all.end(), tail[10]);
    REQUIRE(first != all.end());
    for (auto it = first; it != all.end() && 10 + compared < tail.size(); ++it, ++compared)
        CHECK(*it == tail[10 + compared]);
    CHECK(compared > 100);
}

TEST_CASE("BarMarkets tells nothing of the future", "[backtest][bars]") {
    // What is told until a moment must not change when every later bar does, except for the
    // informed part of the quotes, which is left out here.
    auto const bars = some_bars(200);
    auto changed = bars;
    auto o = options();
    o.quotes->informed_share = 0;
    auto const cut = o.from + Seconds{600};
    for (auto& own : changed)
        for (auto& bar : own)
            if (bar.open_time >= cut) {
                bar.open *= 2;
                bar.high *= 2;
                bar.low *= 2;
                bar.close *= 2;
            }
    BarMarkets honest{bars, o}, disturbed{changed, o};

    std::size_t compared = 0;
    for (auto at = honest.next_at(); at && *at < cut; at = honest.next_at(), ++compared)
        CHECK(describe(*honest.next()) == describe(*disturbed.next()));
    CHECK(compared > 500);
}

TEST_CASE("BarMarkets leaves out windows with a missing bar", "[backtest][bars]") {
    auto bars = some_bars(200);
    auto& btc = bars[index_of(Asset::btc)];
    auto const gap = options().from + Seconds{300 + 120};
    btc.erase(
        std::remove_if(btc.begin(), btc.end(), [&](Bar const& b) { return b.open_time == gap; }),
        btc.end()
    );
    BarMarkets markets{bars, options()};

    while (markets.next()) {
    }

    CHECK(markets.counts().windows == 7);
    CHECK(markets.counts().left_out == 1);
}

TEST_CASE("The market board builds strikes and books from BarMarkets", "[backtest][bars]") {
    auto const bars = some_bars(200);
    auto o = options();
    BarMarkets markets{bars, o};
    market::MarketBoard board;
    std::size_t seen = 0;
    while (auto* event = markets.next()) {
        auto const now = stamp_of(*event).received_at;
        board.on(*event);
        Window const second{o.from + Seconds{300}, Seconds{300}};
        if (now != second.end() - Seconds{30}) continue;
        auto const view = board.view(Asset::btc, second, now);
        ++seen;
        REQUIRE(view.market != nullptr);
        REQUIRE(view.strike);
        CHECK(view.strike->source == PriceSource::binance_trade);
        CHECK(!view.strike_disputed);
        REQUIRE(view.average);
        REQUIRE(view.up);
        CHECK(view.up->is_live());
    }
    CHECK(seen > 0);
    CHECK(board.counts().books_crossed == 0);
    CHECK(board.counts().books_impossible == 0);
}

TEST_CASE("Toy quotes stay where they are for the whole window", "[backtest][bars]") {
    auto const bars = some_bars(200);
    auto o = options();
    o.quotes.reset();
    o.assets = {Asset::btc};
    BarMarkets markets{bars, o};

    std::map<std::string, std::set<std::int64_t>> asks;
    std::string slug;
    while (auto* event = markets.next()) {
        if (auto const* listed = std::get_if<MarketListed>(event)) slug = listed->market.slug;
        if (auto const* book = std::get_if<BookSnapshot>(event))
            asks[slug].insert(book->asks.front().price.micros());
    }

    REQUIRE(asks.size() == 4);
    for (auto const& [name, prices] : asks) {
        CHECK(prices.size() == 1);
        CHECK(*prices.begin() >= 350'000);
        CHECK(*prices.begin() <= 650'000);
    }
}

// The spot exchange of one coin, as Binance shows it: trades, best quote and bars made of the
// trades.
#pragma once

#include "connectors/sandbox/world/price_path.hpp"
#include "connectors/simulated/random.hpp"

#include <deque>
#include <span>
#include <vector>

namespace polyquant::sandbox {

// Quantities in 1e-8 coins, as the exchange's eight decimals.
struct CoinTrade {
    std::int64_t id = 0; // consecutive; an aggregate trade of this world is one trade
    UtcTime at{};
    UsdPrice price;
    std::int64_t quantity_e8 = 0;
    bool buyer_is_maker = false;
};

struct CoinQuote {
    std::int64_t update_id = 0;
    UtcTime at{};
    UsdPrice bid, ask;
    std::int64_t bid_quantity_e8 = 0, ask_quantity_e8 = 0;
};

struct CoinBar {
    UtcTime open_time{};
    Seconds length{60};
    UsdPrice open, high, low, close;
    std::int64_t volume_e8 = 0;
    std::int64_t quote_volume_e8 = 0;
    std::int64_t taker_buy_e8 = 0;
    std::int64_t taker_buy_quote_e8 = 0;
    std::int64_t trades = 0;
    std::int64_t first_trade = 0, last_trade = -1;

    UtcTime close_time() const { return open_time + length; }
};

class CoinMarket {
public:
    struct News {
        std::vector<CoinTrade> trades;
        std::vector<CoinBar> closed; // one-second and one-minute bars that ended
        bool quote_changed = false;
    };

    CoinMarket(Asset asset, std::uint64_t seed);

    // The path reached `middle` at `at`, `length` after the step before.
    void step(UtcTime at, Nanos length, double middle, double activity, News& news);

    Asset asset() const { return asset_; }

    CoinQuote const& quote() const { return quote_; }

    // Bars with open times in [from, to], oldest first, the open one included; at most `limit`,
    // counted from `from`. Lengths: 1 s (the last two hours), and 1, 3, 5, 15, 30 and 60 minutes.
    std::vector<CoinBar> bars(Seconds length, UtcTime from, UtcTime to, std::size_t limit) const;
    // The newest `limit` bars.
    std::vector<CoinBar> last_bars(Seconds length, std::size_t limit) const;
    CoinBar const& open_bar(Seconds length) const; // 1 s or 60 s

    // The last few thousand trades, oldest first.
    std::deque<CoinTrade> const& trades() const { return trades_; }

private:
    struct Series {
        Seconds length;
        std::size_t kept;
        std::deque<CoinBar> bars; // the last one is open
    };

    void add(Series& series, CoinTrade const& trade, News& news);
    void roll(Series& series, UtcTime now, News& news);
    double gauss();

    Asset asset_;
    simulated::Random random_;
    CoinQuote quote_;
    Series seconds_;
    Series minutes_;
    std::deque<CoinTrade> trades_;
    std::int64_t next_trade_ = 1;
};

// Smallest price step of the pair on Binance: BTC 0.01, ETH 0.01, SOL 0.01, XRP 0.0001.
UsdPrice exchange_tick(Asset asset);

} // namespace polyquant::sandbox

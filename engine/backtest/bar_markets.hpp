// Markets made of bars: the events a recording of the coins and their 5-minute markets would hold,
// where only minute bars exist. Prices within a minute and all quotes are invented, by a fitted
// model or by the baseline's toy; whoever uses them says so.
#pragma once

#include "engine/backtest/quote_model.hpp"
#include "engine/core/events.hpp"
#include "models/window/closed_form.hpp"
#include "models/window/volatility_model.hpp"
#include "models/window/window_dataset.hpp"

#include <deque>
#include <optional>
#include <span>
#include <vector>

namespace polyquant::backtest {

// The baseline's market: one price a window, clip(N(0.5, 0.03), 0.05, 0.95), that knows nothing.
struct ToyQuotes {
    double mean = 0.5;
    double sd = 0.03;
    double low = 0.05;
    double high = 0.95;
};

struct BarMarketOptions {
    std::vector<Asset> assets{all_assets.begin(), all_assets.end()};
    UtcTime from{}; // windows that start in [from, until)
    UtcTime until{};
    std::uint64_t seed = 1;
    SettlementRule rule = twap_rule(Seconds{60});
    FeeSchedule fee = crypto_fee();
    Millis taker_delay{150};
    std::optional<QuoteModel> quotes; // none: the toy
    ToyQuotes toy{};
};

struct BarMarketCounts {
    std::uint64_t windows = 0;
    std::uint64_t left_out = 0; // with a bar missing, or too few before them
    std::uint64_t quotes = 0;
};

// Events in order of receipt, generated window by window. Prices come every 5 s, and every second
// from 90 s before the close (which is what an average over the last minute needs); quotes follow a
// quarter of a second behind them, twice a second in the last minute. A bar arrives when it closes.
class BarMarkets {
public:
    BarMarkets(models::window::AssetBars const& bars, BarMarketOptions options);

    std::optional<UtcTime> next_at();
    // Valid until the call after; null at the end. Its owner is the caller until then.
    Event* next();

    std::uint64_t events() const { return seq_; }

    BarMarketCounts const& counts() const { return counts_; }

    // Of bars, options and model: the same inputs give the same run.
    std::uint64_t identity() const;

private:
    struct Coin {
        std::span<Bar const> bars;
        std::size_t next = 0; // the first bar not yet told
        models::window::VolatilityState volatility;
    };

    struct Timed {
        UtcTime at;
        Event event;
    };

    void make_window();
    void make_bars(Asset asset, Window window);
    void make_market(Asset asset, Window window);
    void push(UtcTime at, Event event);
    std::uint64_t seed_of(Asset asset, UtcTime at, std::uint64_t purpose) const;

    BarMarketOptions options_;
    std::array<std::optional<Coin>, asset_count> coins_;
    models::window::VolatilityModel volatility_model_;
    models::window::TailShape shape_;
    UtcTime window_start_{};
    std::vector<Timed> events_;
    std::size_t served_ = 0;
    std::uint64_t seq_ = 0;
    BarMarketCounts counts_;
};

} // namespace polyquant::backtest

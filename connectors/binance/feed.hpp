// Binance's market data as events: bars without holes, trades at a bounded rate.
#pragma once

#include "connectors/binance/kline_client.hpp"
#include "engine/ports/live_feed.hpp"

#include <memory>
#include <string>
#include <vector>

namespace polyquant::binance {

struct FeedOptions {
    std::string stream_url = "wss://stream.binance.com:9443";
    std::vector<Asset> assets{all_assets.begin(), all_assets.end()};
    KlineClient::Options rest{};

    Nanos tick_gap = Millis{50}; // of one coin's price ticks, see TickPacer
    // Without a trade for so long, the middle of the best bid and ask stands in for it, as often.
    // Zero: quotes are not subscribed.
    Nanos quote_after = Seconds{1};
    // Silence after which a topic is unhealthy and another connection is tried.
    Nanos bars_silence_max = Seconds{20};
    Nanos trades_silence_max = Seconds{60};
    Nanos quotes_silence_max = Seconds{60};
    // Of a whole connection, which hears the venue's ping every 20 s even from quiet coins.
    Nanos socket_silence_max = Seconds{60};

    // The venue ends a connection after 24 hours; the next one is up before.
    Nanos renew_after = Seconds{23 * 3600};
    Nanos overlap_max = Seconds{30}; // the old one ends even if the new one misses a coin's bars
    Nanos renew_pause = Seconds{60}; // between two renewals for silence or a shutdown's notice
};

struct FeedCounts {
    std::uint64_t frames = 0;
    std::uint64_t frames_refused = 0; // that no parser understood
    std::uint64_t duplicates = 0;     // trades of two connections
    std::uint64_t renewals = 0;
    std::uint64_t bars_filled = 0; // by REST
    std::uint64_t bars_absent = 0; // that the venue does not have either
};

// BarUpdate (1 minute, open and closed): closed bars of a coin come in order, each once and without
// a hole; what the stream missed is filled by REST before anything newer is published. Nothing is
// asked by REST while the stream is whole.
// PriceTick (binance_trade): see TickPacer and FeedOptions::quote_after.
// FeedState "binance": topics "btcusdt@kline_1m" (healthy when not silent and without a hole),
// "btcusdt@aggTrade", "btcusdt@bookTicker".
class BinanceFeed final : public LiveFeed {
public:
    // Adds the endpoint group "binance.rest". Everything given outlives the feed; the pool is used
    // for the cache.
    BinanceFeed(
        net::NetContext context,
        runtime::SidePool& pool,
        std::shared_ptr<KlineCache> cache,
        FeedOptions options,
        EventSink sink
    );
    ~BinanceFeed() override;

    std::string_view name() const override { return "binance"; }

    // The last `bars` closed minute bars that end by `until`, for a warm-up. The feed then goes on
    // behind the last of them: asked before or while it runs, no bar is missed between the two.
    Task<Result<BarHistory>>
    history(Asset asset, std::size_t bars, UtcTime until, Instant deadline);

    Task<void> run() override;

    // Opens the next connection now and closes the present one when it serves.
    void renew();

    FeedCounts const& counts() const;
    KlineClient& klines();

    struct State;

private:
    std::unique_ptr<State> state_;
};

} // namespace polyquant::binance

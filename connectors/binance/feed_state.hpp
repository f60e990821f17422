// The inside of BinanceFeed: two connections of which one usually rests, and what is known of each
// coin.
#pragma once

#include "connectors/binance/bar_sequence.hpp"
#include "connectors/binance/feed.hpp"
#include "connectors/binance/parse/stream.hpp"
#include "connectors/binance/tick_pacer.hpp"
#include "connectors/net/silence_watchdog.hpp"
#include "connectors/net/ws_session.hpp"
#include "engine/runtime/mailbox.hpp"

#include <array>

namespace polyquant::binance {

inline constexpr Seconds bar_length{60};

// A connection and its listener. Both are alike: the one in use and the one that replaces it.
class Lane final : public net::WsListener {
public:
    Lane(BinanceFeed::State& feed, std::size_t number, net::WsSession::Options options);

    std::vector<std::string> on_up(UtcTime now) override;
    void on_frame(net::WsFrame const& frame) override;
    void on_down(net::Loss const& loss) override;
    void on_attempt_failed(net::Loss const& loss, bool stopped) override;

    net::WsSession session;
    bool is_up = false;
    std::array<bool, asset_count> has_bars{}; // since it came up
    StreamParser parser{};

private:
    BinanceFeed::State& feed_;
    std::size_t number_;
};

struct Topic {
    std::string name;
    net::SilenceWatchdog::TopicId id = 0;
    bool is_heard = false;
    bool is_silent = false; // on a connection that is up
    std::optional<bool> published{};
};

struct Coin {
    Asset asset;
    BarSequence bars{bar_length};
    TickPacer ticks;
    Topic bar_topic;
    Topic trade_topic;
    Topic quote_topic;
    std::int64_t last_trade = 0; // the venue's number
    Instant priced_at{};         // last trade, or quote in its place
    Instant fill_at{};           // not asked by REST before
    int fills_in_vain = 0;
};

struct BinanceFeed::State {
    State(
        net::NetContext context,
        runtime::SidePool& pool,
        std::shared_ptr<KlineCache> cache,
        FeedOptions options,
        EventSink sink
    );

    // Connections.
    void lane_up(std::size_t number);
    void lane_down(std::size_t number, net::Loss const& loss);
    void lane_failed(net::Loss const& loss);
    void begin_renewal();
    void finish_renewal();
    void end_overlap();
    void plan_renewal();
    bool has_all_bars(Lane const& lane) const;
    net::WsRequest request() const;

    // Frames.
    void take_frame(std::size_t number, net::WsFrame const& frame);
    void take(BarUpdate const& update, std::int64_t sequence);
    void take(PriceTick const& tick, std::int64_t sequence);
    void take(TopQuote const& quote, std::int64_t sequence);
    Coin* coin_of(Asset asset);

    // Health.
    void hear(Topic& topic);
    void lose_all(std::string const& reason);
    void show(Topic& topic, bool healthy, std::string reason);
    void show_bars(Coin& coin);

    bool watches_quotes() const { return options.quote_after > Nanos{0}; }

    // Time.
    Task<void> keep_time();
    void on_time();
    void check_silence(Instant now);
    bool is_any_silent() const;
    Instant next_due() const;

    // Holes.
    Task<void> fill_holes();
    Task<bool> fill(Coin& coin, TimeRange hole);
    Coin* next_to_fill();

    void publish_bars();
    void publish_ticks();
    template <class E>
    void publish(E event);

    net::NetContext context;
    FeedOptions options;
    EventSink sink;
    KlineClient klines;
    net::Url stream;
    std::vector<Coin> coins{};
    net::SilenceWatchdog watchdog{};
    std::array<std::unique_ptr<Lane>, 2> lanes{};
    std::size_t active = 0;
    bool is_renewing = false; // the other lane is to take over
    std::optional<Instant> renew_at{};
    std::optional<Instant> overlap_end{};
    Instant silence_renewal_at{}; // not before
    Nanos silence_pause{};
    runtime::CountMailbox<bool> time_wake;
    runtime::CountMailbox<bool> fill_wake;
    Instant armed_for = Instant::max(); // what keep_time() waits for
    FeedCounts counts{};
    std::vector<StreamMessage> messages{};
    std::vector<BarUpdate> bars_out{};
    std::vector<PriceTick> ticks_out{};
};

} // namespace polyquant::binance

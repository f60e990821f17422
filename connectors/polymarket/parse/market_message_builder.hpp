// From the fields of one object of the market channel to its message. For the parser of that
// channel.
#pragma once

#include "connectors/polymarket/parse/market_channel.hpp"
#include "connectors/polymarket/parse/price_change_layout.hpp"
#include "connectors/polymarket/parse/token_cache.hpp"

#include <optional>
#include <string_view>
#include <vector>

namespace polyquant::polymarket {

// Everything any message kind can hold; the kind is known only when the last key has been read.
struct MarketFields {
    std::string_view event_type, market, asset_id, price, size, side, timestamp, hash;
    std::string_view old_tick, new_tick, best_bid, best_ask;
    std::string_view tick_size, min_order_size, last_trade_price;
    std::string_view winner, slug, question, condition_id;
    std::optional<bool> neg_risk;
    bool has_bids = false;
    bool has_asks = false;
    bool has_changes = false;
    std::vector<Level> bids, asks;
    std::vector<std::string_view> assets, outcomes;

    // Keeps the room of the lists.
    void clear();
};

class MarketMessageBuilder {
public:
    // Messages are appended to `out` until the next call; it must live that long.
    void begin_frame(std::vector<MarketMessage>& out, UtcTime received_at);

    // One change of a price_change message; its stamp and end_of_frame come with finish_changes.
    bool add_change(ChangeText const& text);
    bool finish_changes(std::string_view timestamp, std::size_t first);

    // The object whose changes, if any, were appended from `first` on. Of an unknown type: counted.
    bool finish(MarketFields const& fields, std::size_t first);

    // Notes what could not be read, once a frame; always false.
    bool fail(char const* what);

    // Takes back what was appended after the first `size` messages.
    void shorten_to(std::size_t size);

    std::size_t size() const { return out_->size(); }

    FrameSummary const& summary() const { return summary_; }

    char const* defect() const { return defect_; } // null: none

private:
    void end_changes(Stamp const& at, std::size_t first);
    bool add_book(MarketFields const& fields, Stamp const& at);
    bool add_trade(MarketFields const& fields, Stamp const& at);
    bool add_tick_size(MarketFields const& fields, Stamp const& at);
    bool add_top(MarketFields const& fields, Stamp const& at);
    bool add_new_market(MarketFields const& fields, Stamp const& at);
    bool add_resolved(MarketFields const& fields, Stamp const& at);

    std::vector<MarketMessage>* out_ = nullptr;
    UtcTime received_at_{};
    TokenCache tokens_;
    FrameSummary summary_;
    char const* defect_ = nullptr;
};

} // namespace polyquant::polymarket

// Frames of the market channel: {object}, [objects] or PONG.
// https://docs.polymarket.com/developers/CLOB/websocket/market-channel
#pragma once

#include "connectors/polymarket/parse/market_message.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace polyquant::polymarket {

struct FrameSummary {
    bool pong = false;
    std::uint32_t unknown = 0; // objects of a type we do not know: counted, not errors
    std::string unknown_type;  // the last of them
};

// Reuses its buffers: a frame of level changes allocates nothing. One per thread.
class MarketChannelParser {
public:
    MarketChannelParser();
    MarketChannelParser(MarketChannelParser&&) noexcept;
    MarketChannelParser& operator=(MarketChannelParser&&) noexcept;
    ~MarketChannelParser();

    // Appends the frame's messages to `out`; appends nothing when it fails, because a frame with
    // one unreadable change leaves its book in an unknown state. The changes of one price_change
    // for one token end with end_of_frame. Stamp.seq stays 0.
    Result<FrameSummary>
    parse(std::string_view frame, UtcTime received_at, std::vector<MarketMessage>& out);

private:
    struct State;
    std::unique_ptr<State> state_;
};

// The same for tools and tests.
Result<std::vector<MarketMessage>> parse_market_frame(std::string_view frame, UtcTime received_at);

// Answer of GET /book.
Result<BookMessage> parse_book(std::string_view body, UtcTime received_at);
// Answer of POST /books.
Result<std::vector<BookMessage>> parse_books(std::string_view body, UtcTime received_at);

} // namespace polyquant::polymarket

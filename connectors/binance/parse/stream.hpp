// Frames of Binance's market streams, raw or combined.
// https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams
#pragma once

#include "engine/core/events.hpp"

#include <memory>
#include <variant>
#include <vector>

namespace polyquant::binance {

// bookTicker: the best levels. It has no venue time.
struct TopQuote {
    Stamp at;
    Asset asset = Asset::btc;
    UsdPrice bid;
    UsdPrice ask;
};

// kline -> BarUpdate, aggTrade and trade -> PriceTick, bookTicker -> TopQuote.
using StreamMessage = std::variant<BarUpdate, PriceTick, TopQuote>;

struct StreamFrame {
    enum class Kind : std::uint8_t {
        data,
        reply,    // to SUBSCRIBE and its like
        shutdown, // the server is about to disconnect: open the next connection now
        ignored,  // a symbol or an event that is not ours
    } kind = Kind::data;
    std::string text; // of an error reply or an unknown event's name
    // The venue's number of an aggTrade, trade or bookTicker; it grows within a symbol. 0: none.
    std::int64_t sequence = 0;
};

class StreamParser {
public:
    StreamParser();
    StreamParser(StreamParser&&) noexcept;
    StreamParser& operator=(StreamParser&&) noexcept;
    ~StreamParser();

    // Appends at most one message. A bar that cannot be true is a parse failure.
    Result<StreamFrame>
    parse(std::string_view frame, UtcTime received_at, std::vector<StreamMessage>& out);

private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace polyquant::binance

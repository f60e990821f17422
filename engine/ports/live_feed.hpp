// A source of events that never ends by itself: a market-data connection with everything it takes
// to keep it up.
#pragma once

#include "engine/core/events.hpp"
#include "engine/runtime/task.hpp"

#include <functional>
#include <string_view>

namespace polyquant {

// Takes each event once, on the engine's thread, in the order in which the feed learned of it. It
// stamps the sequence number; feeds leave Stamp::seq zero. It may publish before it returns.
using EventSink = std::function<void(Event)>;

class LiveFeed {
public:
    virtual ~LiveFeed() = default;

    // As in FeedState::feed: "binance", "clob.market".
    virtual std::string_view name() const = 0;
    // Until cancelled. Trouble with the outside world is reported as FeedState and mended from
    // within; a task that ends otherwise is a bug and ends the run.
    virtual Task<void> run() = 0;
};

} // namespace polyquant

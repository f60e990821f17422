// One coin's bars in order and without holes, whatever order they come in. Pure.
#pragma once

#include "connectors/binance/kline_cache.hpp"
#include "engine/core/events.hpp"

#include <map>
#include <optional>
#include <vector>

namespace polyquant::binance {

// Closed bars leave in order of time, each once. A bar behind a hole waits until the hole is filled
// from elsewhere; of the open bar only the newest state waits. Bars of two connections may come
// mixed.
class BarSequence {
public:
    explicit BarSequence(Seconds length) : length_{length} {}

    // The last closed bar somebody has already; earlier news of it and of older ones is dropped.
    // Without it the first bar that comes begins the sequence.
    void start_after(UtcTime open_time);

    // From a stream. Appends to `out` what may be published now.
    void on_stream(BarUpdate update, std::vector<BarUpdate>& out);
    // Closed bars from elsewhere, in any order.
    void
    on_filled(Asset asset, std::span<Bar const> bars, UtcTime now, std::vector<BarUpdate>& out);
    // The venue has no bars before `until`: what waits behind goes on from there.
    void skip_to(UtcTime until, UtcTime now, std::vector<BarUpdate>& out);

    // The first range of closed bars that others wait for, or that a newer open bar shows to be
    // missing.
    std::optional<TimeRange> hole() const;

    std::optional<UtcTime> last_closed() const { return last_closed_; }

    // More than a day of waiting bars is not kept: they are filled from elsewhere too.
    static constexpr std::size_t waiting_max = 1'440;

private:
    void drain(UtcTime now, std::vector<BarUpdate>& out);

    UtcTime next() const { return *last_closed_ + length_; }

    Seconds length_;
    std::optional<UtcTime> last_closed_{}; // open time
    std::map<UtcTime, BarUpdate> waiting_{};
    std::optional<BarUpdate> open_{}; // the newest state of the newest open bar
    bool open_is_out_ = false;
};

} // namespace polyquant::binance

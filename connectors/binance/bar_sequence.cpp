#include "connectors/binance/bar_sequence.hpp"

namespace polyquant::binance {

void BarSequence::start_after(UtcTime open_time) {
    if (last_closed_ && *last_closed_ >= open_time) return;
    last_closed_ = open_time;
    std::erase_if(waiting_, [&](auto const& entry) { return entry.first <= open_time; });
}

void BarSequence::on_stream(BarUpdate update, std::vector<BarUpdate>& out) {
    auto const now = update.at.received_at;
    auto const open_time = update.bar.open_time;
    if (!last_closed_) last_closed_ = open_time - length_;
    if (open_time <= *last_closed_) return;
    if (update.closed) {
        if (waiting_.size() >= waiting_max) waiting_.erase(waiting_.begin());
        waiting_.emplace(open_time, std::move(update));
    } else {
        auto const is_news =
            !open_ || open_time > open_->bar.open_time ||
            (open_time == open_->bar.open_time && update.at.venue_time > open_->at.venue_time);
        if (!is_news) return;
        open_ = std::move(update);
        open_is_out_ = false;
    }
    drain(now, out);
}

void BarSequence::on_filled(
    Asset asset, std::span<Bar const> bars, UtcTime now, std::vector<BarUpdate>& out
) {
    if (!last_closed_) return;
    for (auto const& bar : bars)
        if (bar.open_time > *last_closed_)
            waiting_.try_emplace(
                bar.open_time, BarUpdate{Stamp{bar.close_time(), now, 0}, asset, bar, true}
            );
    drain(now, out);
}

void BarSequence::skip_to(UtcTime until, UtcTime now, std::vector<BarUpdate>& out) {
    if (!last_closed_ || next() >= until) return;
    last_closed_ = until - length_;
    std::erase_if(waiting_, [&](auto const& entry) { return entry.first < until; });
    drain(now, out);
}

std::optional<TimeRange> BarSequence::hole() const {
    if (!last_closed_) return std::nullopt;
    if (!waiting_.empty()) return TimeRange{next(), waiting_.begin()->first};
    if (open_ && open_->bar.open_time > next()) return TimeRange{next(), open_->bar.open_time};
    return std::nullopt;
}

// What waited is received now, as far as anybody behind this can tell.
void BarSequence::drain(UtcTime now, std::vector<BarUpdate>& out) {
    while (!waiting_.empty() && waiting_.begin()->first <= next()) {
        auto update = std::move(waiting_.begin()->second);
        waiting_.erase(waiting_.begin());
        if (update.bar.open_time < next()) continue;
        last_closed_ = update.bar.open_time;
        update.at.received_at = std::max(update.at.received_at, now);
        out.push_back(std::move(update));
    }
    auto const open_is_next = open_ && !open_is_out_ && open_->bar.open_time == next();
    if (!open_is_next) return;
    open_is_out_ = true;
    out.push_back(*open_);
    out.back().at.received_at = std::max(open_->at.received_at, now);
}

} // namespace polyquant::binance

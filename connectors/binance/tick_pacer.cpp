#include "connectors/binance/tick_pacer.hpp"

#include <utility>

namespace polyquant::binance {

void TickPacer::on(PriceTick const& tick, Instant now, std::vector<PriceTick>& out) {
    auto const second = unix_seconds(tick.at.venue_time);
    auto const begins_second = second != std::exchange(second_, second);
    if (begins_second && waiting_) {
        out.push_back(*waiting_);
        out.back().at.received_at = tick.at.received_at;
    }
    if (begins_second || !last_out_ || now - *last_out_ >= gap_) {
        waiting_.reset();
        last_out_ = now;
        out.push_back(tick);
    } else {
        waiting_ = tick;
    }
}

void TickPacer::flush_due(Instant now, UtcTime utc_now, std::vector<PriceTick>& out) {
    auto const at = due();
    if (!at || now < *at) return;
    out.push_back(*waiting_);
    out.back().at.received_at = utc_now;
    waiting_.reset();
    last_out_ = now;
}

std::optional<Instant> TickPacer::due() const {
    if (!waiting_) return std::nullopt;
    return *last_out_ + gap_;
}

} // namespace polyquant::binance

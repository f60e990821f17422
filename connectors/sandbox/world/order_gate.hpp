// What the whole venue accepts right now: engine restarts, cancel-only, trading disabled.
#pragma once

#include "engine/core/time.hpp"

#include <algorithm>
#include <cstdint>

namespace polyquant::sandbox {

enum class TradingGate : std::uint8_t {
    open,
    restarting,  // HTTP 425
    post_only,   // 503, after a restart
    cancel_only, // 503
    disabled,    // 503
};

class OrderGate {
public:
    // Until somebody sets it again.
    void set(TradingGate gate) {
        fixed_ = gate;
        down_until_ = post_only_until_ = {};
    }

    void restart(UtcTime now, Nanos down_for, Nanos post_only_for) {
        fixed_ = TradingGate::open;
        down_until_ = now + down_for;
        post_only_until_ = down_until_ + post_only_for;
    }

    TradingGate at(UtcTime now) const {
        if (fixed_ != TradingGate::open) return fixed_;
        if (now < down_until_) return TradingGate::restarting;
        return now < post_only_until_ ? TradingGate::post_only : TradingGate::open;
    }

    // Zero when the end is not known.
    Seconds ends_in(UtcTime now) const {
        auto const end = at(now) == TradingGate::restarting ? down_until_ : post_only_until_;
        return std::max(Seconds{0}, std::chrono::ceil<Seconds>(end - now));
    }

private:
    TradingGate fixed_ = TradingGate::open;
    UtcTime down_until_{};
    UtcTime post_only_until_{};
};

} // namespace polyquant::sandbox

#pragma once

#include "connectors/sandbox/world/fitted.hpp"
#include "engine/core/time.hpp"
#include "engine/core/units.hpp"

namespace polyquant::sandbox {

// What a generated book looks like; the defaults are fitted (docs/sandbox.md).
struct BookOptions {
    // Level changes a second in the running window, in the frame of one token.
    double changes_per_second = fitted::changes_per_second;
    double next_window_factor = 0.33; // of changes and trades, against the running window
    double quiet_factor = 0.004;      // every other market
    // Markets that are no windows move this often, and once a second in their last two minutes.
    Seconds others_every{10};
    double depth_factor = 1;        // times the fitted depth
    double trades_per_second = 0.6; // of other traders, in the running window
    // Books of running windows move in frames this far apart, others once a second.
    Millis frame_every{50};
    // Beyond 0.96 and below 0.04 the tick becomes fine, and stays so.
    Price fine_tick = Price::from_micros(1'000);
    Price fine_beyond = cents(96);
};

} // namespace polyquant::sandbox

#pragma once

#include "engine/core/time.hpp"
#include "engine/core/units.hpp"

namespace polyquant::sandbox {

// What a generated book looks like; the defaults are fitted (docs/sandbox.md).
struct BookOptions {
    // Level changes a second and market in the running window; the next window has a third, others
    // a tenth of it.
    double changes_per_second = 25;
    double depth_factor = 1;        // times the fitted depth
    double trades_per_second = 0.6; // of other traders, in the running window
    // Beyond 0.96 and below 0.04 the tick becomes fine, and stays so.
    Price coarse_tick = cents(1);
    Price fine_tick = Price::from_micros(1'000);
    Price fine_beyond = cents(96);
};

} // namespace polyquant::sandbox

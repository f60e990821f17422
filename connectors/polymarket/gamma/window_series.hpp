// The series of up/down windows the venue lists, and how it names their markets.
#pragma once

#include "engine/core/market.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace polyquant::polymarket {

enum class WindowSeries : std::uint8_t {
    five_minutes,
    fifteen_minutes,
    four_hours, // on the wall clock of New York, so not on the UTC grid
    hourly,     // settles on a Binance candle, not on the oracle
};

std::string_view to_string(WindowSeries series); // "5m", "15m", "4h", "1h"
std::optional<WindowSeries> parse_window_series(std::string_view text);

// The window of a series that holds t. A 4h window across a clock change is 3 or 5 hours long.
Window window_of(WindowSeries series, UtcTime t);

// "btc-updown-5m-1776081600", "btc-updown-4h-...", and of hourly ones
// "bitcoin-up-or-down-november-23-2026-3am-et".
std::string slug_of(WindowSeries series, Asset asset, Window window);

// New York's distance from UTC: -5 h, or -4 h from the second Sunday of March to the first of
// November, each at two o'clock local time.
Seconds new_york_offset(UtcTime t);

} // namespace polyquant::polymarket

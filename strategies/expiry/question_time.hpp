// The date part of a question, and whether a market's listed end agrees with it.
#pragma once

#include "engine/core/time.hpp"

#include <optional>
#include <string>

namespace polyquant::strategies::expiry {

// A day of the calendar; `year` is 0 where the text does not name one.
struct CivilDay {
    int year = 0;
    unsigned month = 1;
    unsigned day = 1;

    friend bool operator==(CivilDay const&, CivilDay const&) = default;
};

enum class Zone : std::uint8_t { et, est, edt, utc };

// US daylight saving as in force since 2007: second Sunday of March to first Sunday of November, at
// 02:00 local. Empty for the hour that is skipped and for the one that happens twice.
std::optional<UtcTime> utc_of(CivilDay day, int minute_of_day, Zone zone);

struct ClaimTime {
    enum class Form : std::uint8_t {
        on_day,  // on `last`
        at_time, // at `minute` of `last`
        by_day,  // any time until the end of `last`
        by_time, // any time until `minute` of `last`
        during,  // any time from `first` to `last`
    } form = Form::on_day;
    CivilDay first; // during only
    CivilDay last;
    int minute = 0; // of the day; up to 2 * 1440 for a window that ends on the next one
    Zone zone = Zone::et;

    friend bool operator==(ClaimTime const&, ClaimTime const&) = default;
};

std::string to_string(ClaimTime const& time); // "on 03-11", "at 2026-09-04 12:00 ET"

// Does a market that is listed to end at `listed_end` decide what the text says? A missing year is
// taken from the listed end. To the minute (10 minutes of slack) for a time of day; for a day, from
// its first UTC midnight to 05:00 UTC of the next (midnight in New York); for a period, to the
// second midnight after its last day: venues list those ends loosely.
bool end_agrees(ClaimTime const& time, UtcTime listed_end);

} // namespace polyquant::strategies::expiry

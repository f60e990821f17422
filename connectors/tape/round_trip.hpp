// How long the outside world took to answer, kept on the tape of a recording beside what it said:
// a backtest draws the latency of its orders from it. On the tape it is a RawFrame of a feed of its
// own, so a replay never sees it.
#pragma once

#include "connectors/tape/record.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace polyquant::tape {

inline constexpr std::string_view round_trip_feed = "round_trip";

struct RoundTrip {
    std::string path; // who was asked for what: "clob.book GET /books", "order post"
    Nanos took{0};    // from the request's first byte to the answer's last, by our clock
};

RawFrame frame_of(RoundTrip const& trip, UtcTime at);
// Empty for frames of other feeds and for bytes that are no time.
std::optional<RoundTrip> round_trip_in(RawFrame const& frame);

} // namespace polyquant::tape

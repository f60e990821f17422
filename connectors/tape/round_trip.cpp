#include "connectors/tape/round_trip.hpp"

#include <charconv>

namespace polyquant::tape {

RawFrame frame_of(RoundTrip const& trip, UtcTime at) {
    return {
        Stamp{at, at, 0},
        std::string{round_trip_feed},
        trip.path,
        std::to_string(std::chrono::duration_cast<std::chrono::microseconds>(trip.took).count())
    };
}

std::optional<RoundTrip> round_trip_in(RawFrame const& frame) {
    if (frame.feed != round_trip_feed) return std::nullopt;
    std::int64_t us = 0;
    auto const* const end = frame.bytes.data() + frame.bytes.size();
    auto const [rest, error] = std::from_chars(frame.bytes.data(), end, us);
    if (error != std::errc{} || rest != end || us < 0) return std::nullopt;
    return RoundTrip{frame.topic, std::chrono::microseconds{us}};
}

} // namespace polyquant::tape

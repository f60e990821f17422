// What one position of a tape holds: an event, or the bytes of a frame as they came in.
#pragma once

#include "engine/core/events.hpp"

#include <string>
#include <type_traits>
#include <variant>

namespace polyquant::tape {

// A frame of a live feed before any parsing, kept so that a parser's mistake can be replayed.
struct RawFrame {
    Stamp at;
    std::string feed;  // "clob.market"
    std::string topic; // subscription or stream within the feed, may be empty
    std::string bytes;
};

// Event kinds are numbered by their position in the Event variant; this is written to disk. A new
// kind goes to the variant's end, or the format version rises.
inline constexpr std::size_t event_kind_count = std::variant_size_v<Event>;
inline constexpr std::size_t raw_frame_kind = 15;
inline constexpr std::size_t kind_slots = 16; // counts per kind in a block header

static_assert(event_kind_count <= raw_frame_kind);

// The number of a kind by its type.
template <class E, std::size_t I = 0>
constexpr std::size_t kind_number() {
    if constexpr (std::is_same_v<std::variant_alternative_t<I, Event>, E>)
        return I;
    else
        return kind_number<E, I + 1>();
}

using Record = std::variant<Event, RawFrame>;

inline Stamp const& stamp_of(Record const& record) {
    if (auto const* event = std::get_if<Event>(&record)) return polyquant::stamp_of(*event);
    return std::get<RawFrame>(record).at;
}

inline Stamp& stamp_of(Record& record) {
    if (auto* event = std::get_if<Event>(&record)) return polyquant::stamp_of(*event);
    return std::get<RawFrame>(record).at;
}

inline std::size_t kind_of(Record const& record) {
    auto const* event = std::get_if<Event>(&record);
    return event != nullptr ? event->index() : raw_frame_kind;
}

std::string_view kind_name(std::size_t kind); // "book_change", "raw_frame"
std::string describe(Record const& record);

} // namespace polyquant::tape

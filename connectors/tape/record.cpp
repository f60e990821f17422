#include "connectors/tape/record.hpp"

#include <fmt/format.h>

#include <array>
#include <utility>

namespace polyquant::tape {

std::string_view kind_name(std::size_t kind) {
    static auto const names = []<std::size_t... I>(std::index_sequence<I...>) {
        return std::array{name_of(Event{std::in_place_index<I>})...};
    }(std::make_index_sequence<event_kind_count>{});
    if (kind == raw_frame_kind) return "raw_frame";
    return kind < names.size() ? names[kind] : std::string_view{"unknown"};
}

std::string describe(Record const& record) {
    if (auto const* event = std::get_if<Event>(&record)) return polyquant::describe(*event);
    auto const& frame = std::get<RawFrame>(record);
    return fmt::format("raw_frame {}/{} {} bytes", frame.feed, frame.topic, frame.bytes.size());
}

} // namespace polyquant::tape

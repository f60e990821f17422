// Sets of event kinds, for subscriptions and counters.
#pragma once

#include "engine/core/events.hpp"

#include <concepts>
#include <cstdint>
#include <variant>

namespace polyquant::runtime {

inline constexpr std::size_t event_kind_count = std::variant_size_v<Event>;
static_assert(event_kind_count <= 32);

namespace detail {

template <class Kind, std::size_t I = 0>
constexpr std::size_t kind_index() {
    static_assert(I < event_kind_count, "not an alternative of Event");
    if constexpr (std::same_as<Kind, std::variant_alternative_t<I, Event>>)
        return I;
    else
        return kind_index<Kind, I + 1>();
}

} // namespace detail

// The index of an alternative in Event: event.index() == kind_of<BookChange>.
template <class Kind>
inline constexpr std::size_t kind_of = detail::kind_index<Kind>();

class EventKinds {
public:
    constexpr EventKinds() = default;

    static constexpr EventKinds all() { return EventKinds{(1ULL << event_kind_count) - 1}; }

    template <class... Kinds>
    static constexpr EventKinds of() {
        return EventKinds{((1ULL << kind_of<Kinds>) | ... | 0ULL)};
    }

    constexpr bool contains(std::size_t kind) const { return (bits_ >> kind & 1U) != 0; }

    constexpr EventKinds operator|(EventKinds other) const {
        return EventKinds{bits_ | other.bits_};
    }

    friend constexpr bool operator==(EventKinds, EventKinds) = default;

private:
    constexpr explicit EventKinds(std::uint64_t bits) : bits_{bits} {}

    std::uint64_t bits_ = 0;
};

} // namespace polyquant::runtime

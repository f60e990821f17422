#pragma once

#include "engine/core/time.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace polyquant::fuzz {

inline constexpr auto received_at = utc_from_millis(1'790'000'001'000);

inline std::string_view text_of(std::uint8_t const* data, std::size_t size) {
    return {reinterpret_cast<char const*>(data), size};
}

} // namespace polyquant::fuzz

#include "connectors/tape/hash64.hpp"

#include <bit>
#include <cstring>

namespace polyquant::tape {

namespace {

static_assert(std::endian::native == std::endian::little);

constexpr std::uint64_t p1 = 0x9E3779B185EBCA87ULL;
constexpr std::uint64_t p2 = 0xC2B2AE3D27D4EB4FULL;
constexpr std::uint64_t p3 = 0x165667B19E3779F9ULL;
constexpr std::uint64_t p4 = 0x85EBCA77C2B2AE63ULL;
constexpr std::uint64_t p5 = 0x27D4EB2F165667C5ULL;

template <class T>
T take(char const*& at) {
    T value;
    std::memcpy(&value, at, sizeof value);
    at += sizeof value;
    return value;
}

std::uint64_t round(std::uint64_t lane, std::uint64_t input) {
    return std::rotl(lane + input * p2, 31) * p1;
}

std::uint64_t merge(std::uint64_t hash, std::uint64_t lane) {
    return (hash ^ round(0, lane)) * p1 + p4;
}

std::uint64_t finish(std::uint64_t hash, char const* at, char const* end) {
    while (end - at >= 8)
        hash = std::rotl(hash ^ round(0, take<std::uint64_t>(at)), 27) * p1 + p4;
    if (end - at >= 4) hash = std::rotl(hash ^ (take<std::uint32_t>(at) * p1), 23) * p2 + p3;
    while (at != end)
        hash = std::rotl(hash ^ (take<std::uint8_t>(at) * p5), 11) * p1;
    hash = (hash ^ (hash >> 33)) * p2;
    hash = (hash ^ (hash >> 29)) * p3;
    return hash ^ (hash >> 32);
}

} // namespace

std::uint64_t hash64(std::string_view bytes, std::uint64_t seed) {
    auto const* at = bytes.data();
    auto const* const end = at + bytes.size();
    if (bytes.size() < 32) return finish(seed + p5 + bytes.size(), at, end);

    std::uint64_t lanes[] = {seed + p1 + p2, seed + p2, seed, seed - p1};
    while (end - at >= 32)
        for (auto& lane : lanes)
            lane = round(lane, take<std::uint64_t>(at));
    auto hash = std::rotl(lanes[0], 1) + std::rotl(lanes[1], 7) + std::rotl(lanes[2], 12) +
                std::rotl(lanes[3], 18);
    for (auto lane : lanes)
        hash = merge(hash, lane);
    return finish(hash + bytes.size(), at, end);
}

} // namespace polyquant::tape

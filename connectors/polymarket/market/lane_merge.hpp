// Two connections that carry the same messages, merged so that the first copy of each wins.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <unordered_map>

namespace polyquant::polymarket {

// Pure. Each lane is in order by itself, so dropping what the other has brought keeps the order.
// The n-th message of a fingerprint on one lane is the n-th on the other: a level that changes to
// and fro within a millisecond is not mistaken for a copy.
class LaneMerge {
public:
    static constexpr std::size_t lanes_max = 2;

    explicit LaneMerge(std::size_t remembered_max = 8'192) : remembered_max_{remembered_max} {}

    // True for the first copy, which is to be used.
    bool is_first(std::size_t lane, std::uint64_t fingerprint);

    std::size_t size() const { return seen_.size(); }

private:
    struct Seen {
        std::array<std::uint16_t, lanes_max> times{};
        std::uint16_t used = 0;
    };

    std::size_t remembered_max_;
    std::unordered_map<std::uint64_t, Seen> seen_;
    std::deque<std::uint64_t> age_;
};

} // namespace polyquant::polymarket

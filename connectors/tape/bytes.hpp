// Little-endian and varint bytes. The source never reads past its end: after a failure every take
// returns zero and failed() stays true, so a decoder checks once per record.
#pragma once

#include <concepts>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace polyquant::tape {

class ByteSink {
public:
    void byte(std::uint8_t value) { bytes_.push_back(static_cast<char>(value)); }

    void varint(std::uint64_t value) {
        while (value >= 0x80) {
            byte(static_cast<std::uint8_t>(value | 0x80));
            value >>= 7;
        }
        byte(static_cast<std::uint8_t>(value));
    }

    // Small magnitudes of either sign become small numbers.
    void zigzag(std::int64_t value) {
        varint((static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63));
    }

    template <class T>
        requires std::integral<T> || std::floating_point<T>
    void fixed(T value) {
        char raw[sizeof value];
        std::memcpy(raw, &value, sizeof value);
        bytes_.append(raw, sizeof value);
    }

    void text(std::string_view value) {
        varint(value.size());
        bytes_.append(value);
    }

    void raw(std::string_view value) { bytes_.append(value); }

    void clear() { bytes_.clear(); }

    std::size_t size() const { return bytes_.size(); }

    std::string const& bytes() const { return bytes_; }

private:
    std::string bytes_;
};

class ByteSource {
public:
    ByteSource() = default;

    explicit ByteSource(std::string_view bytes)
        : at_{bytes.data()}, end_{bytes.data() + bytes.size()} {}

    std::uint8_t byte() {
        if (at_ == end_) return fail();
        return static_cast<std::uint8_t>(*at_++);
    }

    std::uint64_t varint() {
        std::uint64_t value = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            auto const b = byte();
            value |= static_cast<std::uint64_t>(b & 0x7f) << shift;
            if (b < 0x80) return value;
        }
        return fail();
    }

    std::int64_t zigzag() {
        auto const v = varint();
        return static_cast<std::int64_t>((v >> 1) ^ (~(v & 1) + 1));
    }

    template <class T>
    T fixed() {
        T value{};
        auto const raw = take(sizeof value);
        if (raw.size() == sizeof value) std::memcpy(&value, raw.data(), sizeof value);
        return value;
    }

    std::string_view text() { return take(varint()); }

    std::string_view take(std::uint64_t count) {
        if (count > remaining()) {
            fail();
            return {};
        }
        std::string_view const view{at_, static_cast<std::size_t>(count)};
        at_ += count;
        return view;
    }

    std::size_t remaining() const { return static_cast<std::size_t>(end_ - at_); }

    bool failed() const { return failed_; }

    // Also for values that no encoder writes: an unknown enumerator, an index out of range.
    std::uint8_t fail() {
        failed_ = true;
        at_ = end_;
        return 0;
    }

private:
    char const* at_ = nullptr;
    char const* end_ = nullptr;
    bool failed_ = false;
};

} // namespace polyquant::tape

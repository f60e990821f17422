#include "connectors/chain/rlp.hpp"

#include <array>

namespace polyquant::chain {

void append(ByteString& to, Bytes bytes) {
    to.insert(to.end(), bytes.begin(), bytes.end());
}

namespace rlp {

namespace {

// Up to this length it stands in the first byte.
constexpr std::size_t short_max = 55;

Failure broken(char const* detail) {
    return {Fault::parse, "rlp", detail};
}

struct BigEndian {
    std::array<std::uint8_t, 16> bytes{};
    std::size_t length = 0;

    explicit BigEndian(Wide value) {
        for (auto rest = value; rest != 0; rest >>= 8)
            bytes[15 - length++] = static_cast<std::uint8_t>(rest);
    }

    Bytes used() const { return Bytes{bytes}.subspan(16 - length); }
};

void append_head(ByteString& to, std::size_t length, std::uint8_t base) {
    if (length <= short_max) {
        to.push_back(static_cast<std::uint8_t>(base + length));
        return;
    }
    BigEndian const digits{length};
    to.push_back(static_cast<std::uint8_t>(base + short_max + digits.length));
    append(to, digits.used());
}

} // namespace

void append_text(ByteString& to, Bytes bytes) {
    if (bytes.size() != 1 || bytes[0] >= 0x80) append_head(to, bytes.size(), 0x80);
    append(to, bytes);
}

void append_whole(ByteString& to, Wide value) {
    append_text(to, BigEndian{value}.used());
}

ByteString list_of(Bytes items) {
    ByteString out;
    append_head(out, items.size(), 0xc0);
    append(out, items);
    return out;
}

Result<Bytes> Reader::item(bool wants_list) {
    if (rest_.empty()) return broken("an item is missing");
    auto const first = rest_[0];
    auto const is_list = first >= 0xc0;
    if (is_list != wants_list) return broken(is_list ? "a list is in the way" : "no list");
    if (first < 0x80) {
        auto const one = rest_.first(1);
        rest_ = rest_.subspan(1);
        return one;
    }
    std::size_t length = static_cast<std::size_t>(first - (is_list ? 0xc0 : 0x80));
    std::size_t head = 1;
    if (length > short_max) {
        auto const digits = length - short_max;
        if (digits > 4 || rest_.size() < 1 + digits) return broken("a length is cut short");
        length = 0;
        for (std::size_t i = 1; i <= digits; ++i)
            length = length << 8 | rest_[i];
        if (rest_[1] == 0 || length <= short_max) return broken("a length could be shorter");
        head += digits;
    }
    if (rest_.size() - head < length) return broken("an item is cut short");
    auto const body = rest_.subspan(head, length);
    if (!is_list && length == 1 && body[0] < 0x80) return broken("a length could be shorter");
    rest_ = rest_.subspan(head + length);
    return body;
}

Result<Bytes> Reader::text() {
    return item(false);
}

Result<Wide> Reader::whole() {
    auto const bytes = item(false);
    if (!bytes) return bytes.error();
    if (bytes->size() > 16) return broken("a number does not fit 128 bits");
    if (!bytes->empty() && (*bytes)[0] == 0) return broken("a number has leading zeros");
    Wide value = 0;
    for (auto const byte : *bytes)
        value = value << 8 | byte;
    return value;
}

Result<std::uint64_t> Reader::whole64() {
    auto const value = whole();
    if (!value) return value.error();
    if (*value >> 64 != 0) return broken("a number does not fit 64 bits");
    return static_cast<std::uint64_t>(*value);
}

Result<Reader> Reader::list() {
    auto const body = item(true);
    if (!body) return body.error();
    return Reader{*body};
}

} // namespace rlp
} // namespace polyquant::chain

#include "connectors/chain/abi.hpp"

#include "connectors/crypto/keccak.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace polyquant::chain {

namespace {

Failure broken(std::string detail) {
    return {Fault::parse, "abi", std::move(detail)};
}

void pad_to_word(ByteString& bytes) {
    bytes.resize((bytes.size() + 31) / 32 * 32);
}

// The part of `result` that the nth word's offset points at, without its length word.
struct Dynamic {
    std::uint64_t length = 0;
    Bytes body;
};

Result<Dynamic> dynamic_at(Bytes result, std::size_t index, std::size_t item_size) {
    auto const offset = whole_at(result, index);
    if (!offset) return offset.error();
    if (*offset > result.size() || result.size() - *offset < 32) {
        return broken("an offset points outside");
    }
    auto const tail = result.subspan(*offset);
    auto const length = whole_at(tail, 0);
    if (!length) return length.error();
    auto const body = tail.subspan(32);
    if (*length > body.size() / item_size) return broken("a length reaches outside");
    return Dynamic{*length, body.first(*length * item_size)};
}

std::string printable(Bytes bytes) {
    std::string text;
    for (auto const byte : bytes)
        text += byte >= 0x20 && byte < 0x7f ? static_cast<char>(byte) : '?';
    return text;
}

} // namespace

Word word_of_wide(Wide value) {
    Word out{};
    for (std::size_t i = 0; i < 16; ++i, value >>= 8)
        out[31 - i] = static_cast<std::uint8_t>(value);
    return out;
}

AbiTuple& AbiTuple::word(Word const& value) {
    parts_.push_back({value, std::nullopt});
    return *this;
}

AbiTuple& AbiTuple::whole(std::uint64_t value) {
    return word(crypto::word(value));
}

AbiTuple& AbiTuple::address(Address const& value) {
    return word(crypto::word(value));
}

AbiTuple& AbiTuple::flag(bool value) {
    return whole(value ? 1 : 0);
}

AbiTuple& AbiTuple::bytes(Bytes value) {
    ByteString tail;
    append(tail, crypto::word(static_cast<std::uint64_t>(value.size())));
    append(tail, value);
    pad_to_word(tail);
    parts_.push_back({{}, std::move(tail)});
    return *this;
}

AbiTuple& AbiTuple::words(std::vector<Word> const& values) {
    ByteString tail;
    append(tail, crypto::word(static_cast<std::uint64_t>(values.size())));
    for (auto const& value : values)
        append(tail, value);
    parts_.push_back({{}, std::move(tail)});
    return *this;
}

AbiTuple& AbiTuple::tuples(std::vector<AbiTuple> const& values) {
    std::vector<Part> elements;
    for (auto const& value : values)
        elements.push_back({{}, value.encode()});
    ByteString tail;
    append(tail, crypto::word(static_cast<std::uint64_t>(values.size())));
    append(tail, encode_parts(elements));
    parts_.push_back({{}, std::move(tail)});
    return *this;
}

ByteString AbiTuple::encode_parts(std::vector<Part> const& parts) {
    ByteString heads;
    ByteString tails;
    for (auto const& part : parts) {
        if (part.tail) {
            append(heads, crypto::word(std::uint64_t{32 * parts.size() + tails.size()}));
            append(tails, *part.tail);
        } else {
            append(heads, part.head);
        }
    }
    append(heads, tails);
    return heads;
}

ByteString AbiTuple::encode() const {
    return encode_parts(parts_);
}

std::array<std::uint8_t, 4> selector_of(std::string_view signature) {
    auto const hash = crypto::keccak256(signature);
    return {hash[0], hash[1], hash[2], hash[3]};
}

ByteString call_data(std::string_view signature, AbiTuple const& arguments) {
    ByteString out;
    append(out, selector_of(signature));
    append(out, arguments.encode());
    return out;
}

Result<Word> word_at(Bytes result, std::size_t index) {
    if (result.size() / 32 <= index) {
        return broken(fmt::format("word {} of {} bytes is missing", index, result.size()));
    }
    Word out;
    std::ranges::copy(result.subspan(index * 32, 32), out.begin());
    return out;
}

Result<Wide> wide_at(Bytes result, std::size_t index) {
    auto const word = word_at(result, index);
    if (!word) return word.error();
    if (std::any_of(word->begin(), word->begin() + 16, [](auto b) { return b != 0; })) {
        return broken(fmt::format("word {} does not fit 128 bits", index));
    }
    Wide value = 0;
    for (std::size_t i = 16; i < 32; ++i)
        value = value << 8 | (*word)[i];
    return value;
}

Result<std::uint64_t> whole_at(Bytes result, std::size_t index) {
    auto const value = wide_at(result, index);
    if (!value) return value.error();
    if (*value >> 64 != 0) return broken(fmt::format("word {} does not fit 64 bits", index));
    return static_cast<std::uint64_t>(*value);
}

Result<Address> address_at(Bytes result, std::size_t index) {
    auto const word = word_at(result, index);
    if (!word) return word.error();
    if (std::any_of(word->begin(), word->begin() + 12, [](auto b) { return b != 0; })) {
        return broken(fmt::format("word {} is no address", index));
    }
    Address out;
    std::copy(word->begin() + 12, word->end(), out.bytes.begin());
    return out;
}

Result<bool> flag_at(Bytes result, std::size_t index) {
    auto const value = whole_at(result, index);
    if (!value) return value.error();
    if (*value > 1) return broken(fmt::format("word {} is no truth value", index));
    return *value == 1;
}

Result<std::int64_t> micros_at(Bytes result, std::size_t index) {
    auto const value = whole_at(result, index);
    if (!value) return value.error();
    if (*value >> 63 != 0) return broken(fmt::format("word {} is no amount of money", index));
    return static_cast<std::int64_t>(*value);
}

Result<ByteString> bytes_at(Bytes result, std::size_t index) {
    auto const found = dynamic_at(result, index, 1);
    if (!found) return found.error();
    return ByteString{found->body.begin(), found->body.end()};
}

Result<std::vector<Word>> words_at(Bytes result, std::size_t index) {
    auto const found = dynamic_at(result, index, 32);
    if (!found) return found.error();
    std::vector<Word> out;
    for (std::size_t i = 0; i < found->length; ++i)
        out.push_back(word_at(found->body, i).value());
    return out;
}

std::string revert_reason(Bytes data) {
    if (data.size() < 4) return {};
    auto const selector = data.first(4);
    auto const arguments = data.subspan(4);
    if (std::ranges::equal(selector, selector_of("Error(string)"))) {
        if (auto const text = bytes_at(arguments, 0)) return printable(*text);
    }
    if (std::ranges::equal(selector, selector_of("Panic(uint256)"))) {
        if (auto const number = whole_at(arguments, 0)) {
            return fmt::format("panic 0x{:02x}", *number);
        }
    }
    return "error " + crypto::to_0x_hex(selector);
}

} // namespace polyquant::chain

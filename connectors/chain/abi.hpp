// Arguments and results of contract calls.
// https://docs.soliditylang.org/en/latest/abi-spec.html
#pragma once

#include "connectors/chain/rlp.hpp"
#include "connectors/crypto/eip712.hpp"
#include "engine/core/units.hpp"

#include <optional>
#include <string_view>
#include <vector>

namespace polyquant::chain {

using crypto::Address;
using crypto::Hash32;
using crypto::Word;

Word word_of_wide(Wide value);

// The arguments of one call, or the members of one struct, in their order.
class AbiTuple {
public:
    AbiTuple& word(Word const& value);
    AbiTuple& whole(std::uint64_t value);
    AbiTuple& address(Address const& value);
    AbiTuple& flag(bool value);
    AbiTuple& bytes(Bytes value);
    AbiTuple& words(std::vector<Word> const& values);
    // An array of structs that have dynamic members.
    AbiTuple& tuples(std::vector<AbiTuple> const& values);

    ByteString encode() const;

private:
    struct Part {
        Word head{};
        std::optional<ByteString> tail{}; // its offset takes the place of the head
    };

    static ByteString encode_parts(std::vector<Part> const& parts);

    std::vector<Part> parts_;
};

// The first four bytes of keccak256 of "approve(address,uint256)".
std::array<std::uint8_t, 4> selector_of(std::string_view signature);
ByteString call_data(std::string_view signature, AbiTuple const& arguments);

// Results: the nth word, and what it means. Fault::parse where it is missing or too big.
Result<Word> word_at(Bytes result, std::size_t index);
Result<std::uint64_t> whole_at(Bytes result, std::size_t index);
Result<Wide> wide_at(Bytes result, std::size_t index);
Result<Address> address_at(Bytes result, std::size_t index);
Result<bool> flag_at(Bytes result, std::size_t index);
// Micros of a token with six decimals.
Result<std::int64_t> micros_at(Bytes result, std::size_t index);
// What the nth word's offset points at: length, then bytes.
Result<ByteString> bytes_at(Bytes result, std::size_t index);
Result<std::vector<Word>> words_at(Bytes result, std::size_t index);

// Why a call reverted, out of the data that came with it: the text of require(), the number of a
// panic
// (https://docs.soliditylang.org/en/latest/control-structures.html#panic-via-assert-and-error-via-require),
// or the selector of an error of the contract's own. Empty for no data.
std::string revert_reason(Bytes data);

} // namespace polyquant::chain

// Recursive Length Prefix, the encoding of transactions.
// https://ethereum.org/en/developers/docs/data-structures-and-encoding/rlp/
#pragma once

#include "connectors/chain/wei.hpp"
#include "connectors/crypto/bytes.hpp"

#include <vector>

namespace polyquant::chain {

using crypto::Bytes;
using ByteString = std::vector<std::uint8_t>;

void append(ByteString& to, Bytes bytes);

namespace rlp {

void append_text(ByteString& to, Bytes bytes);
// Big-endian without leading zeros; zero is the empty text.
void append_whole(ByteString& to, Wide value);
// `items` already encoded, one after the other.
ByteString list_of(Bytes items);

// Reads what the functions above write, strictly: a length that could be shorter, a number with
// leading zeros and bytes that are missing or left over are errors.
class Reader {
public:
    explicit Reader(Bytes bytes) : rest_{bytes} {}

    bool at_end() const { return rest_.empty(); }

    Result<Bytes> text();
    Result<Wide> whole();
    // Fails where it does not fit.
    Result<std::uint64_t> whole64();
    Result<Reader> list();

private:
    Result<Bytes> item(bool wants_list);

    Bytes rest_;
};

} // namespace rlp
} // namespace polyquant::chain

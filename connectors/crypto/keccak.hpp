// Keccak-256 with the original padding, as Ethereum uses it. It is not SHA3-256.
#pragma once

#include "connectors/crypto/bytes.hpp"

namespace polyquant::crypto {

Hash32 keccak256(Bytes bytes);

inline Hash32 keccak256(std::string_view text) {
    return keccak256(bytes_of(text));
}

} // namespace polyquant::crypto

#include "connectors/crypto/keccak.hpp"

#include <cryptopp/keccak.h>

namespace polyquant::crypto {

Hash32 keccak256(Bytes bytes) {
    CryptoPP::Keccak_256 hasher;
    Hash32 hash;
    hasher.Update(bytes.data(), bytes.size());
    hasher.Final(hash.data());
    return hash;
}

} // namespace polyquant::crypto

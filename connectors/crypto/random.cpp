#include "connectors/crypto/random.hpp"

#include <openssl/rand.h>

#include <cstring>

namespace polyquant::crypto {

void fill_random(std::span<std::uint8_t> to) {
    ENSURE(
        RAND_bytes(to.data(), static_cast<int>(to.size())) == 1, "the system gives no random bytes"
    );
}

std::uint64_t random_salt() {
    std::array<std::uint8_t, 8> bytes;
    fill_random(bytes);
    std::uint64_t value = 0;
    std::memcpy(&value, bytes.data(), sizeof value);
    return value >> 12;
}

std::string random_uuid() {
    std::array<std::uint8_t, 16> bytes;
    fill_random(bytes);
    bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0f) | 0x40);
    bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3f) | 0x80);
    auto text = to_hex(bytes);
    for (std::size_t at : {20u, 16u, 12u, 8u})
        text.insert(at, 1, '-');
    return text;
}

} // namespace polyquant::crypto

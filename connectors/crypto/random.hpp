// Bytes from the operating system's generator, by OpenSSL.
#pragma once

#include "connectors/crypto/bytes.hpp"

namespace polyquant::crypto {

void fill_random(std::span<std::uint8_t> to);
// 52 random bits: an order's salt travels as a JSON number, which is exact up to 2^53 only.
std::uint64_t random_salt();
// Version 4, RFC 4122.
std::string random_uuid();

} // namespace polyquant::crypto

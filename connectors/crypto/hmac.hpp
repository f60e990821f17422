// HMAC-SHA-256 and the venue's request signature made of it.
#pragma once

#include "connectors/crypto/secret_bytes.hpp"

namespace polyquant::crypto {

Hash32 hmac_sha256(Bytes key, Bytes message);

// base64url of the HMAC over timestamp || METHOD || path || body. The path has no host and no query
// string; the body is the exact bytes that will be sent.
std::string request_signature(
    Bytes key,
    std::int64_t unix_seconds,
    std::string_view method,
    std::string_view path,
    std::string_view body
);

// SHA-1 as 20 bytes, for the venue's book hashes; no security rests on it.
std::array<std::uint8_t, 20> sha1(std::string_view text);

} // namespace polyquant::crypto

#include "connectors/crypto/hmac.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include <iterator>

namespace polyquant::crypto {

Hash32 hmac_sha256(Bytes key, Bytes message) {
    Hash32 mac;
    unsigned length = 0;
    auto const* const done = HMAC(
        EVP_sha256(),
        key.data(),
        static_cast<int>(key.size()),
        message.data(),
        message.size(),
        mac.data(),
        &length
    );
    ENSURE(done != nullptr && length == mac.size(), "HMAC-SHA-256 failed");
    return mac;
}

std::string request_signature(
    Bytes key,
    std::int64_t unix_seconds,
    std::string_view method,
    std::string_view path,
    std::string_view body
) {
    std::string message;
    message.reserve(16 + method.size() + path.size() + body.size());
    fmt::format_to(std::back_inserter(message), "{}{}{}", unix_seconds, method, path);
    message += body;
    return encode_base64url(hmac_sha256(key, bytes_of(message)));
}

std::array<std::uint8_t, 20> sha1(std::string_view text) {
    std::array<std::uint8_t, 20> hash;
    SHA1(bytes_of(text).data(), text.size(), hash.data());
    return hash;
}

} // namespace polyquant::crypto

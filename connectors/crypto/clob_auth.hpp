// The headers of authenticated CLOB requests. L1 proves control of the wallet (to create or derive
// an API key), L2 proves possession of the API key on every other call.
#pragma once

#include "connectors/crypto/signer.hpp"

#include <utility>
#include <vector>

namespace polyquant::crypto {

using Headers = std::vector<std::pair<std::string_view, std::string>>;

// The digest of ClobAuth(address,timestamp,nonce,message) in its domain without a contract.
Hash32 clob_auth_digest(
    Address const& address, std::int64_t unix_seconds, std::uint64_t nonce, std::uint64_t chain_id
);

Headers l1_headers(
    Signer const& signer, std::int64_t unix_seconds, std::uint64_t nonce, std::uint64_t chain_id
);

// What the venue hands out for one (address, nonce). It cannot be listed again with its secret.
struct ApiCredentials {
    std::string key;        // UUID: an identifier, sent as the order's owner
    SecretBytes secret;     // base64 text as received
    SecretBytes passphrase; // text

    ApiCredentials clone() const { return {key, secret.clone(), passphrase.clone()}; }
};

// Makes L2 headers; the secret is decoded once.
class RequestSigner {
public:
    // Refuses a secret that is not base64.
    static Result<RequestSigner> create(Address const& signer, ApiCredentials credentials);

    // `path` without host and query; `body` is exactly what will be sent.
    Headers headers(
        std::int64_t unix_seconds,
        std::string_view method,
        std::string_view path,
        std::string_view body
    ) const;

    std::string const& api_key() const { return credentials_.key; }

    // For the WebSocket subscriptions, which carry the triple in clear inside TLS. Never logged.
    ApiCredentials const& credentials() const { return credentials_; }

private:
    RequestSigner(std::string address, ApiCredentials credentials, SecretBytes hmac_key);

    std::string address_;
    ApiCredentials credentials_;
    SecretBytes hmac_key_;
};

} // namespace polyquant::crypto

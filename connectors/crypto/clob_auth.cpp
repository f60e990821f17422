#include "connectors/crypto/clob_auth.hpp"

#include "connectors/crypto/eip712.hpp"
#include "connectors/crypto/hmac.hpp"

#include <fmt/format.h>

namespace polyquant::crypto {

namespace {

constexpr auto clob_auth_type =
    std::string_view{"ClobAuth(address address,string timestamp,uint256 nonce,string message)"};
constexpr auto clob_auth_message =
    std::string_view{"This message attests that I control the given wallet"};

} // namespace

Hash32 clob_auth_digest(
    Address const& address, std::int64_t unix_seconds, std::uint64_t nonce, std::uint64_t chain_id
) {
    auto const domain = domain_separator({"ClobAuthDomain", "1", chain_id, std::nullopt});
    auto const contents = hash_struct(
        keccak256(clob_auth_type),
        {word(address),
         word_of_text(fmt::format("{}", unix_seconds)),
         word(nonce),
         word_of_text(clob_auth_message)}
    );
    return typed_data_digest(domain, contents);
}

Headers l1_headers(
    Signer const& signer, std::int64_t unix_seconds, std::uint64_t nonce, std::uint64_t chain_id
) {
    auto const digest = clob_auth_digest(signer.address(), unix_seconds, nonce, chain_id);
    return {
        {"POLY_ADDRESS", to_string(signer.address())},
        {"POLY_SIGNATURE", to_0x_hex(signer.sign(digest))},
        {"POLY_TIMESTAMP", fmt::format("{}", unix_seconds)},
        {"POLY_NONCE", fmt::format("{}", nonce)},
    };
}

RequestSigner::RequestSigner(std::string address, ApiCredentials credentials, SecretBytes hmac_key)
    : address_{std::move(address)}, credentials_{std::move(credentials)},
      hmac_key_{std::move(hmac_key)} {}

Result<RequestSigner> RequestSigner::create(Address const& signer, ApiCredentials credentials) {
    std::vector<std::uint8_t> decoded;
    auto const good = decode_base64(credentials.secret.reveal_text(), decoded);
    SecretBytes key{Bytes{decoded}};
    wipe(decoded);
    if (!good || key.empty())
        return Failure{
            Fault::invalid,
            "API credentials",
            "the secret is not base64: derive the API key again (polyquant keys derive-api)"
        };
    if (credentials.key.empty())
        return Failure{Fault::invalid, "API credentials", "the API key is empty"};
    return RequestSigner{to_string(signer), std::move(credentials), std::move(key)};
}

Headers RequestSigner::headers(
    std::int64_t unix_seconds, std::string_view method, std::string_view path, std::string_view body
) const {
    return {
        {"POLY_ADDRESS", address_},
        {"POLY_SIGNATURE", request_signature(hmac_key_.reveal(), unix_seconds, method, path, body)},
        {"POLY_TIMESTAMP", fmt::format("{}", unix_seconds)},
        {"POLY_API_KEY", credentials_.key},
        {"POLY_PASSPHRASE", std::string{credentials_.passphrase.reveal_text()}},
    };
}

} // namespace polyquant::crypto

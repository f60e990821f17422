#include "connectors/sandbox/clob/request_auth.hpp"

#include "connectors/crypto/clob_auth.hpp"
#include "connectors/crypto/hmac.hpp"

#include <charconv>

namespace polyquant::sandbox {

namespace {

Failure unauthorized(std::string_view words) {
    return Failure{Fault::auth, "sandbox.clob", std::string{words}, 401};
}

constexpr std::string_view bad_wallet_headers = "Invalid L1 Request headers";
constexpr std::string_view bad_key = "Unauthorized/Invalid api key";

template <class Number>
bool parse_number(std::optional<std::string_view> text, Number& to) {
    if (!text || text->empty()) return false;
    auto const [end, error] = std::from_chars(text->data(), text->data() + text->size(), to);
    return error == std::errc{} && end == text->data() + text->size();
}

bool is_near(std::int64_t timestamp, UtcTime now, Nanos skew) {
    auto const off = now - utc_from_seconds(timestamp);
    return off <= skew + Seconds{1} && -off <= skew;
}

} // namespace

Result<WalletProof>
check_wallet_proof(net::server::HttpCall const& call, std::uint64_t chain_id, Nanos skew) {
    WalletProof proof;
    std::int64_t timestamp = 0;
    auto const address = crypto::parse_address(call.header("POLY_ADDRESS").value_or(""));
    auto const signature = crypto::parse_hex(call.header("POLY_SIGNATURE").value_or(""));
    if (!address || !signature || signature->size() != 65 ||
        !parse_number(call.header("POLY_TIMESTAMP"), timestamp) ||
        !parse_number(call.header("POLY_NONCE"), proof.nonce) || timestamp < 0 ||
        timestamp > 9'000'000'000 || !is_near(timestamp, call.received_at, skew))
        return unauthorized(bad_wallet_headers);
    proof.address = *address;
    auto const digest = crypto::clob_auth_digest(*address, timestamp, proof.nonce, chain_id);
    auto const who = crypto::recover_address(digest, *signature);
    if (!who || *who != *address) return unauthorized(bad_wallet_headers);
    return proof;
}

Result<ApiKey const*>
check_api_key(net::server::HttpCall const& call, ApiKeys const& keys, Nanos skew) {
    auto const* key = keys.find(call.header("POLY_API_KEY").value_or(""));
    std::int64_t timestamp = 0;
    if (key == nullptr || call.header("POLY_PASSPHRASE") != key->passphrase ||
        !parse_number(call.header("POLY_TIMESTAMP"), timestamp) || timestamp < 0 ||
        timestamp > 9'000'000'000 || !is_near(timestamp, call.received_at, skew))
        return unauthorized(bad_key);
    auto const address = crypto::parse_address(call.header("POLY_ADDRESS").value_or(""));
    if (!address || *address != key->signer) return unauthorized(bad_key);
    std::vector<std::uint8_t> secret;
    if (!crypto::decode_base64(key->secret, secret)) return unauthorized(bad_key);
    auto const expected = crypto::request_signature(
        secret, timestamp, net::to_string(call.method), call.path, call.body
    );
    if (call.header("POLY_SIGNATURE") != expected) return unauthorized(bad_key);
    return key;
}

} // namespace polyquant::sandbox

#include "connectors/sandbox/world/api_keys.hpp"

#include "connectors/crypto/keccak.hpp"

#include <fmt/format.h>

namespace polyquant::sandbox {

namespace {

std::string uuid_of(crypto::Hash32 const& hash) {
    auto bytes = hash;
    bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0f) | 0x40);
    bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3f) | 0x80);
    auto const hex = crypto::to_hex(crypto::Bytes{bytes}.first(16));
    return fmt::format(
        "{}-{}-{}-{}-{}",
        hex.substr(0, 8),
        hex.substr(8, 4),
        hex.substr(12, 4),
        hex.substr(16, 4),
        hex.substr(20)
    );
}

} // namespace

ApiKey const& ApiKeys::create(crypto::Address const& signer, std::uint64_t nonce) {
    if (auto const* known = derive(signer, nonce)) return *known;
    auto const part = [&](std::string_view name) {
        return crypto::keccak256(
            fmt::format("{} {} {} {}", name, seed_, crypto::to_string(signer), nonce)
        );
    };
    ApiKey made;
    made.key = uuid_of(part("key"));
    made.secret = crypto::encode_base64url(part("secret"));
    made.passphrase = crypto::to_hex(part("passphrase"));
    made.signer = signer;
    made.nonce = nonce;
    auto const name = made.key;
    return keys_.insert_or_assign(name, std::move(made)).first->second;
}

ApiKey const* ApiKeys::derive(crypto::Address const& signer, std::uint64_t nonce) const {
    for (auto const& [name, key] : keys_)
        if (key.signer == signer && key.nonce == nonce) return &key;
    return nullptr;
}

ApiKey const* ApiKeys::find(std::string_view key) const {
    auto const at = keys_.find(key);
    return at == keys_.end() ? nullptr : &at->second;
}

ApiKey const* ApiKeys::authenticate(
    std::string_view key, std::string_view secret, std::string_view passphrase
) const {
    auto const* known = find(key);
    if (known == nullptr || known->secret != secret || known->passphrase != passphrase)
        return nullptr;
    return known;
}

std::vector<std::string> ApiKeys::of(crypto::Address const& signer) const {
    std::vector<std::string> found;
    for (auto const& [name, key] : keys_)
        if (key.signer == signer) found.push_back(name);
    return found;
}

bool ApiKeys::erase(std::string_view key) {
    auto const at = keys_.find(key);
    if (at == keys_.end()) return false;
    keys_.erase(at);
    return true;
}

} // namespace polyquant::sandbox

// API keys of the sandbox: handed out once per (address, nonce), deterministic by the world's seed.
#pragma once

#include "connectors/crypto/address.hpp"
#include "engine/core/time.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace polyquant::sandbox {

// Play money's keys: they open nothing outside the sandbox.
struct ApiKey {
    std::string key; // UUID
    std::string secret;
    std::string passphrase;
    crypto::Address signer;
    std::uint64_t nonce = 0;
};

class ApiKeys {
public:
    explicit ApiKeys(std::uint64_t seed) : seed_{seed} {}

    // The same key again for the same address and nonce, unless it was deleted.
    ApiKey const& create(crypto::Address const& signer, std::uint64_t nonce);
    ApiKey const* derive(crypto::Address const& signer, std::uint64_t nonce) const;
    ApiKey const* find(std::string_view key) const;
    // All three parts right: the WebSocket channels and PolyBolt carry them in clear inside TLS.
    ApiKey const*
    authenticate(std::string_view key, std::string_view secret, std::string_view passphrase) const;
    std::vector<std::string> of(crypto::Address const& signer) const;
    bool erase(std::string_view key);

private:
    std::uint64_t seed_;
    std::map<std::string, ApiKey, std::less<>> keys_;
};

} // namespace polyquant::sandbox

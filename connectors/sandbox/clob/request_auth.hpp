// Who sent a request: the wallet signature of the key endpoints, the HMAC of all others.
#pragma once

#include "connectors/net/server/http_call.hpp"
#include "connectors/sandbox/world/api_keys.hpp"

namespace polyquant::sandbox {

struct WalletProof {
    crypto::Address address;
    std::uint64_t nonce = 0;
};

// The POLY_* headers of POST /auth/api-key and its kin. How far a timestamp may be off is not
// documented; this venue allows `skew`.
Result<WalletProof>
check_wallet_proof(net::server::HttpCall const& call, std::uint64_t chain_id, Nanos skew);

// The POLY_* headers of everything else. Fails with the venue's words and status.
Result<ApiKey const*>
check_api_key(net::server::HttpCall const& call, ApiKeys const& keys, Nanos skew);

} // namespace polyquant::sandbox

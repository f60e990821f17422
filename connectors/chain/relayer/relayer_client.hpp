// The venue's relayer: it pays the gas and sends what the owner signed.
#pragma once

#include "connectors/crypto/address.hpp"
#include "connectors/crypto/bytes.hpp"
#include "connectors/crypto/secret_bytes.hpp"
#include "connectors/net/net_context.hpp"

#include <memory>
#include <optional>
#include <string>

namespace polyquant::chain {

// A key made in the venue's settings, and the account it belongs to. CLOB credentials do not work.
struct RelayerKey {
    std::shared_ptr<crypto::SecretBytes const> key;
    crypto::Address account;
};

// "SAFE", "PROXY" or "WALLET", as the relayer calls the kinds of wallets.
using RelayKind = std::string;

struct RelayPayload {
    crypto::Address relay; // who will send it
    std::uint64_t nonce = 0;
};

struct RelayedState {
    enum class Kind : std::uint8_t {
        waiting, // not in a block yet
        mined,
        failed, // refused or reverted: it will never happen
        unknown // the relayer has no such transaction
    } kind = Kind::waiting;
    std::optional<crypto::Hash32> transaction{};
    std::string words{}; // of the relayer
};

// Endpoint groups "relayer" and "relayer.submit", the latter with its 25 a minute.
class RelayerClient {
public:
    struct Options {
        net::Url url; // its path is kept: "https://host/prefix"
        RelayerKey key;
    };

    RelayerClient(net::NetContext& context, Options options);

    Task<Result<std::uint64_t>> nonce(crypto::Address owner, RelayKind kind, Instant deadline);
    Task<Result<RelayPayload>> relay_payload(crypto::Address owner, Instant deadline);
    // The id to ask with. The same bytes may go again after no answer: their nonce lets them happen
    // once.
    Task<Result<std::string>> submit(std::string body, Instant deadline);
    Task<Result<RelayedState>> look_up(std::string id, Instant deadline);

private:
    Task<Result<net::HttpResponse>> get(std::string path, Instant deadline);
    net::Url at(std::string const& path) const;

    net::NetContext& context_;
    Options options_;
};

// GET /transaction: an array with one entry, or none.
Result<RelayedState> parse_relayed(std::string_view body);

} // namespace polyquant::chain

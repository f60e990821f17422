// How each kind of wallet is told to make calls: what the owner signs and what is sent.
#pragma once

#include "connectors/chain/calls.hpp"
#include "connectors/crypto/signer.hpp"
#include "engine/core/time.hpp"

#include <string>

namespace polyquant::chain {

namespace safe {

// Several calls become one delegate call of the MultiSend contract.
struct SafeTransaction {
    Address to;
    ByteString data{};
    std::uint8_t operation = 0; // 1: delegate call
    std::uint64_t nonce = 0;    // of the Safe, not of its owner

    friend bool operator==(SafeTransaction const&, SafeTransaction const&) = default;
};

// At least one call; none carries value.
SafeTransaction
transaction_of(std::vector<Call> const& calls, std::uint64_t nonce, Address const& multi_send);

// EIP-712, domain of chain and Safe only.
Hash32 hash_of(SafeTransaction const& t, Address const& wallet, std::uint64_t chain_id);

// For execTransaction: the plain EIP-712 signature, v 27 or 28.
crypto::Signature sign(
    SafeTransaction const& t,
    Address const& wallet,
    std::uint64_t chain_id,
    crypto::Signer const& owner
);
// For the relayer: the hash signed as a personal message; v 31 or 32 tells the Safe so.
crypto::Signature sign_for_relayer(
    SafeTransaction const& t,
    Address const& wallet,
    std::uint64_t chain_id,
    crypto::Signer const& owner
);

ByteString exec_transaction(SafeTransaction const& t, crypto::Signature const& signature);
ByteString multi_send(std::vector<Call> const& calls);
ByteString nonce();

// Body of POST /submit.
std::string relayer_body(
    SafeTransaction const& t,
    Address const& owner,
    Address const& wallet,
    crypto::Signature const& signature
);

} // namespace safe

namespace proxy {

// For the factory, sent by the owner: it makes the calls through the owner's wallet.
ByteString proxy_calls(std::vector<Call> const& calls);

// What the relayer's hub checks. All in wei or gas.
struct RelayRequest {
    Address owner;
    Address factory;
    ByteString data{}; // proxy_calls()
    std::uint64_t gas_limit = 0;
    std::uint64_t nonce = 0;
    Address hub;
    Address relay; // who will send it, named by GET /relay-payload
};

Hash32 relay_hash(RelayRequest const& request);
crypto::Signature sign(RelayRequest const& request, crypto::Signer const& owner);
std::string relayer_body(
    RelayRequest const& request, Address const& wallet, crypto::Signature const& signature
);

} // namespace proxy

namespace deposit {

struct Batch {
    Address wallet;
    std::uint64_t nonce = 0;
    std::int64_t deadline_s = 0; // unix; the venue takes five minutes ahead at most
    std::vector<Call> calls{};
};

Hash32 digest_of(Batch const& batch, std::uint64_t chain_id);
crypto::Signature sign(Batch const& batch, std::uint64_t chain_id, crypto::Signer const& owner);
std::string relayer_body(
    Batch const& batch,
    Address const& owner,
    Address const& factory,
    crypto::Signature const& signature
);
// Makes the wallet before its first batch.
std::string create_body(Address const& owner, Address const& factory);

} // namespace deposit

// "\x19Ethereum Signed Message:\n32" and the hash, hashed.
Hash32 personal_message_hash(Hash32 const& hash);

} // namespace polyquant::chain

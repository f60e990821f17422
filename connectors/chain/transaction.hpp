// Transactions as they go to the chain: EIP-1559 (type 2) and legacy with EIP-155.
#pragma once

#include "connectors/chain/abi.hpp"
#include "connectors/crypto/signer.hpp"

namespace polyquant::chain {

struct Fees {
    bool legacy = false;         // then `price_max` is the gas price and there is no tip
    std::uint64_t tip = 0;       // wei for each unit of gas, to whoever makes the block
    std::uint64_t price_max = 0; // wei for each unit of gas, base fee and tip together

    friend bool operator==(Fees const&, Fees const&) = default;
};

struct Transaction {
    std::uint64_t chain_id = 0;
    std::uint64_t nonce = 0;
    Address to;
    Wei value{};
    std::uint64_t gas_limit = 0;
    Fees fees{};
    ByteString data{};

    friend bool operator==(Transaction const&, Transaction const&) = default;
};

struct SignedTransaction {
    ByteString raw;
    Hash32 hash{}; // of the raw bytes: known before anything is sent
};

// What a signature covers, and its hash.
ByteString unsigned_bytes(Transaction const& transaction);
Hash32 signing_hash(Transaction const& transaction);

SignedTransaction sign(Transaction const& transaction, crypto::Signer const& signer);

struct DecodedTransaction {
    Transaction transaction;
    Address from;
    Hash32 hash{};
};

// Raw bytes back to fields and sender. Access lists must be empty: we never write one.
Result<DecodedTransaction> decode_transaction(Bytes raw);

} // namespace polyquant::chain

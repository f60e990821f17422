#include "connectors/chain/wallet_calls.hpp"

#include "connectors/crypto/keccak.hpp"
#include "connectors/json/writer.hpp"

#include <fmt/format.h>

namespace polyquant::chain {

namespace {

constexpr std::string_view safe_tx_type =
    "SafeTx(address to,uint256 value,bytes data,uint8 operation,uint256 safeTxGas,uint256 baseGas,"
    "uint256 gasPrice,address gasToken,address refundReceiver,uint256 nonce)";
constexpr std::string_view call_type = "Call(address target,uint256 value,bytes data)";
constexpr std::string_view batch_type =
    "Batch(address wallet,uint256 nonce,uint256 deadline,Call[] calls)"
    "Call(address target,uint256 value,bytes data)";

std::string hex(Bytes bytes) {
    return crypto::to_0x_hex(bytes);
}

} // namespace

Hash32 personal_message_hash(Hash32 const& hash) {
    ByteString bytes;
    append(
        bytes,
        crypto::bytes_of("\x19"
                         "Ethereum Signed Message:\n32")
    );
    append(bytes, hash);
    return crypto::keccak256(bytes);
}

namespace safe {

SafeTransaction
transaction_of(std::vector<Call> const& calls, std::uint64_t nonce, Address const& multi_send_at) {
    ENSURE(!calls.empty(), "a transaction makes at least one call");
    if (calls.size() == 1) return {calls.front().to, calls.front().data, 0, nonce};
    return {multi_send_at, multi_send(calls), 1, nonce};
}

Hash32 hash_of(SafeTransaction const& t, Address const& wallet, std::uint64_t chain_id) {
    static auto const type = crypto::keccak256(safe_tx_type);
    auto const zero = crypto::word(0);
    auto const content = crypto::hash_struct(
        type,
        {crypto::word(t.to),
         zero,
         crypto::keccak256(t.data),
         crypto::word(t.operation),
         zero,
         zero,
         zero,
         zero,
         zero,
         crypto::word(t.nonce)}
    );
    auto const domain = crypto::domain_separator({std::nullopt, std::nullopt, chain_id, wallet});
    return crypto::typed_data_digest(domain, content);
}

crypto::Signature sign(
    SafeTransaction const& t,
    Address const& wallet,
    std::uint64_t chain_id,
    crypto::Signer const& owner
) {
    return owner.sign(hash_of(t, wallet, chain_id));
}

crypto::Signature sign_for_relayer(
    SafeTransaction const& t,
    Address const& wallet,
    std::uint64_t chain_id,
    crypto::Signer const& owner
) {
    auto signature = owner.sign(personal_message_hash(hash_of(t, wallet, chain_id)));
    signature[64] = static_cast<std::uint8_t>(signature[64] + 4);
    return signature;
}

ByteString exec_transaction(SafeTransaction const& t, crypto::Signature const& signature) {
    return call_data(
        "execTransaction(address,uint256,bytes,uint8,uint256,uint256,uint256,address,address,"
        "bytes)",
        AbiTuple{}
            .address(t.to)
            .whole(0)
            .bytes(t.data)
            .whole(t.operation)
            .whole(0)
            .whole(0)
            .whole(0)
            .address({})
            .address({})
            .bytes(signature)
    );
}

// Packed, not ABI-encoded: operation, receiver, value, length, data of each call in turn.
ByteString multi_send(std::vector<Call> const& calls) {
    ByteString packed;
    for (auto const& call : calls) {
        packed.push_back(0);
        append(packed, call.to.bytes);
        append(packed, word_of_wide(call.value.value));
        append(packed, crypto::word(static_cast<std::uint64_t>(call.data.size())));
        append(packed, call.data);
    }
    return call_data("multiSend(bytes)", AbiTuple{}.bytes(packed));
}

ByteString nonce() {
    return call_data("nonce()", {});
}

std::string relayer_body(
    SafeTransaction const& t,
    Address const& owner,
    Address const& wallet,
    crypto::Signature const& signature
) {
    auto const nobody = hex(Address{}.bytes);
    return json::Writer{}
        .begin_object()
        .text("from", to_string(owner))
        .text("to", to_string(t.to))
        .text("proxyWallet", to_string(wallet))
        .text("data", hex(t.data))
        .text("nonce", fmt::to_string(t.nonce))
        .text("signature", hex(signature))
        .key("signatureParams")
        .begin_object()
        .text("gasPrice", "0")
        .text("operation", fmt::to_string(t.operation))
        .text("safeTxnGas", "0")
        .text("baseGas", "0")
        .text("gasToken", nobody)
        .text("refundReceiver", nobody)
        .end_object()
        .text("type", "SAFE")
        .text("metadata", "")
        .end_object()
        .take();
}

} // namespace safe

namespace proxy {

ByteString proxy_calls(std::vector<Call> const& calls) {
    std::vector<AbiTuple> tuples;
    for (auto const& call : calls)
        tuples.push_back(AbiTuple{}
                             .whole(1) // a call, not a delegate call
                             .address(call.to)
                             .word(word_of_wide(call.value.value))
                             .bytes(call.data));
    return call_data("proxy((uint8,address,uint256,bytes)[])", AbiTuple{}.tuples(tuples));
}

Hash32 relay_hash(RelayRequest const& r) {
    ByteString bytes;
    append(bytes, crypto::bytes_of("rlx:"));
    append(bytes, r.owner.bytes);
    append(bytes, r.factory.bytes);
    append(bytes, r.data);
    append(bytes, crypto::word(0)); // the relayer's fee
    append(bytes, crypto::word(0)); // price of gas
    append(bytes, crypto::word(r.gas_limit));
    append(bytes, crypto::word(r.nonce));
    append(bytes, r.hub.bytes);
    append(bytes, r.relay.bytes);
    return crypto::keccak256(bytes);
}

crypto::Signature sign(RelayRequest const& request, crypto::Signer const& owner) {
    return owner.sign(personal_message_hash(relay_hash(request)));
}

std::string
relayer_body(RelayRequest const& r, Address const& wallet, crypto::Signature const& signature) {
    return json::Writer{}
        .begin_object()
        .text("from", to_string(r.owner))
        .text("to", to_string(r.factory))
        .text("proxyWallet", to_string(wallet))
        .text("data", hex(r.data))
        .text("nonce", fmt::to_string(r.nonce))
        .text("signature", hex(signature))
        .key("signatureParams")
        .begin_object()
        .text("gasPrice", "0")
        .text("gasLimit", fmt::to_string(r.gas_limit))
        .text("relayerFee", "0")
        .text("relayHub", to_string(r.hub))
        .text("relay", to_string(r.relay))
        .end_object()
        .text("type", "PROXY")
        .text("metadata", "")
        .end_object()
        .take();
}

} // namespace proxy

namespace deposit {

Hash32 digest_of(Batch const& batch, std::uint64_t chain_id) {
    static auto const of_call = crypto::keccak256(call_type);
    static auto const of_batch = crypto::keccak256(batch_type);
    ByteString calls; // an array is hashed as the hashes of its elements
    for (auto const& call : batch.calls)
        append(
            calls,
            crypto::hash_struct(
                of_call,
                {crypto::word(call.to), word_of_wide(call.value.value), crypto::keccak256(call.data)
                }
            )
        );
    auto const content = crypto::hash_struct(
        of_batch,
        {crypto::word(batch.wallet),
         crypto::word(batch.nonce),
         crypto::word(static_cast<std::uint64_t>(batch.deadline_s)),
         crypto::keccak256(calls)}
    );
    auto const domain = crypto::domain_separator({"DepositWallet", "1", chain_id, batch.wallet});
    return crypto::typed_data_digest(domain, content);
}

crypto::Signature sign(Batch const& batch, std::uint64_t chain_id, crypto::Signer const& owner) {
    return owner.sign(digest_of(batch, chain_id));
}

std::string relayer_body(
    Batch const& batch,
    Address const& owner,
    Address const& factory,
    crypto::Signature const& signature
) {
    json::Writer w;
    w.begin_object()
        .text("type", "WALLET")
        .text("from", to_string(owner))
        .text("to", to_string(factory))
        .text("nonce", fmt::to_string(batch.nonce))
        .text("signature", hex(signature))
        .key("depositWalletParams")
        .begin_object()
        .text("depositWallet", to_string(batch.wallet))
        .text("deadline", fmt::to_string(batch.deadline_s))
        .key("calls")
        .begin_array();
    for (auto const& call : batch.calls)
        w.begin_object()
            .text("target", to_string(call.to))
            .text("value", to_string(call.value))
            .text("data", hex(call.data))
            .end_object();
    return w.end_array().end_object().end_object().take();
}

std::string create_body(Address const& owner, Address const& factory) {
    return json::Writer{}
        .begin_object()
        .text("type", "WALLET-CREATE")
        .text("from", to_string(owner))
        .text("to", to_string(factory))
        .end_object()
        .take();
}

} // namespace deposit
} // namespace polyquant::chain

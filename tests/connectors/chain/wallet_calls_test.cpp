#include "connectors/chain/wallet_calls.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/vectors.hpp"

using namespace polyquant;
using namespace polyquant::chain;
using namespace polyquant::test;
using simdjson::dom::element;

namespace {

constexpr std::uint64_t polygon = 137;

crypto::Signer owner() {
    auto const file = golden_vectors("tx.json");
    auto const key = text_at(file.rows("transactions").at(0), "privateKey");
    return crypto::Signer::create(crypto::SecretBytes{crypto::parse_hash32(key).value()}).value();
}

std::string hex(Bytes bytes) {
    return crypto::to_0x_hex(bytes);
}

Address address(element row, std::string_view key) {
    return crypto::parse_address(text_at(row, key)).value();
}

Call redeem_by_adapter() {
    auto const file = golden_vectors("tx.json");
    element const message = file.root()["safe"]["message"];
    return {address(message, "to"), crypto::parse_hex(text_at(message, "data")).value()};
}

} // namespace

TEST_CASE("A Safe's transaction is signed and sent as the reference does", "[chain][vectors]") {
    auto const file = golden_vectors("tx.json");
    element const row = file.root()["safe"];
    auto const wallet = address(row, "safe");
    auto const signer = owner();
    auto const t =
        safe::transaction_of({redeem_by_adapter()}, 3, polygon_settlement_contracts().multi_send);

    auto const direct = safe::sign(t, wallet, polygon, signer);
    auto const relayed = safe::sign_for_relayer(t, wallet, polygon, signer);
    auto personal = relayed;
    personal[64] = static_cast<std::uint8_t>(personal[64] - 4);

    CHECK(hex(safe::hash_of(t, wallet, polygon)) == text_at(row, "safeTxHash"));
    CHECK(hex(direct) == text_at(row, "eip712Signature"));
    CHECK(hex(personal) == text_at(row, "ethSignSignature"));
    CHECK(hex(relayed) == text_at(row, "relayerPackedSignature"));
    CHECK(hex(safe::exec_transaction(t, direct)) == text_at(row, "execTransactionCalldata"));
    CHECK(
        safe::relayer_body(t, signer.address(), wallet, relayed) ==
        simdjson::minify(row["relayerSubmitBody"])
    );
}

TEST_CASE("A deposit wallet's batch is signed and sent as the reference does", "[chain][vectors]") {
    auto const file = golden_vectors("tx.json");
    element const row = file.root()["depositWallet"];
    auto const signer = owner();
    deposit::Batch const batch{
        address(row, "depositWallet"), 5, 1'790'000'240, {redeem_by_adapter()}
    };

    auto const signature = deposit::sign(batch, polygon, signer);

    CHECK(hex(deposit::digest_of(batch, polygon)) == text_at(row, "digest"));
    CHECK(hex(signature) == text_at(row, "signature"));
    CHECK(
        deposit::relayer_body(
            batch, signer.address(), polygon_settlement_contracts().deposit_factory, signature
        ) == simdjson::minify(row["relayerSubmitBody"])
    );
}

TEST_CASE("A proxy wallet's calls are encoded as the reference does", "[chain][vectors]") {
    auto const file = golden_vectors("tx.json");
    element const row = file.root()["proxyWallet"];

    CHECK(hex(proxy::proxy_calls({redeem_by_adapter()})) == text_at(row, "calldata"));
    CHECK(to_string(polygon_settlement_contracts().proxy_factory) == text_at(row, "factory"));
}

TEST_CASE("Several calls of a Safe become one delegate call of MultiSend", "[chain]") {
    auto const call = redeem_by_adapter();
    auto const& at = polygon_settlement_contracts();

    auto const t = safe::transaction_of({call, call}, 0, at.multi_send);

    CHECK(t.to == at.multi_send);
    CHECK(t.operation == 1);
    auto const packed = bytes_at(Bytes{t.data}.subspan(4), 0).value();
    CHECK(packed.size() == 2 * (1 + 20 + 32 + 32 + call.data.size()));
}

TEST_CASE("A relay request is bound to its relay and its nonce", "[chain]") {
    proxy::RelayRequest request;
    request.owner = owner().address();
    request.factory = polygon_settlement_contracts().proxy_factory;
    request.data = proxy::proxy_calls({redeem_by_adapter()});
    request.gas_limit = 500'000;
    auto const before = proxy::relay_hash(request);

    auto other_nonce = request;
    other_nonce.nonce = 1;
    auto other_relay = request;
    other_relay.relay = request.owner;

    CHECK(proxy::relay_hash(other_nonce) != before);
    CHECK(proxy::relay_hash(other_relay) != before);
    CHECK(proxy::sign(request, owner())[64] >= 27);
}

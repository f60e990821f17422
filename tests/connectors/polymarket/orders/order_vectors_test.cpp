#include "connectors/crypto/hmac.hpp"
#include "connectors/polymarket/orders/order_signer.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/vectors.hpp"

using namespace polyquant;
using namespace polyquant::polymarket;
using namespace polyquant::test;
using simdjson::dom::element;

namespace {

std::int64_t number_at(element e, std::string_view key) {
    return std::stoll(std::string{text_at(e, key)});
}

TimeInForce tif_of(std::string_view text) {
    if (text == "FOK") return TimeInForce::fok;
    if (text == "FAK") return TimeInForce::fak;
    if (text == "GTD") return TimeInForce::gtd;
    return TimeInForce::gtc;
}

OrderFields fields_of(element m) {
    OrderFields f;
    f.salt = std::stoull(std::string{text_at(m, "salt")});
    f.maker = crypto::parse_address(text_at(m, "maker")).value();
    f.signer = crypto::parse_address(text_at(m, "signer")).value();
    f.token = parse_token_id(text_at(m, "tokenId")).value();
    f.maker_amount = number_at(m, "makerAmount");
    f.taker_amount = number_at(m, "takerAmount");
    f.side = int_at(m, "side") == 0 ? Side::buy : Side::sell;
    f.signature_type = static_cast<SignatureType>(int_at(m, "signatureType"));
    f.timestamp_ms = number_at(m, "timestamp");
    f.metadata = crypto::parse_hash32(text_at(m, "metadata")).value();
    f.builder = crypto::parse_hash32(text_at(m, "builder")).value();
    return f;
}

// Expirations stand in the body only.
std::int64_t expiration_of(std::string_view body) {
    auto const key = std::string_view{"\"expiration\":\""};
    return std::stoll(std::string{body.substr(body.find(key) + key.size(), 20)});
}

void check_vector(element row) {
    CAPTURE(text_at(row, "name"));
    element const post = row["post"];
    auto const fields = fields_of(row["message"]);
    auto const contracts = contracts_of(row["domain"]["chainId"].get_uint64().value()).value();
    auto const exchange =
        crypto::parse_address(text_at(row["domain"], "verifyingContract")).value();
    auto const neg_risk = exchange == contracts.neg_risk_exchange;
    auto const version =
        text_at(row["domain"], "version") == "3" ? ProtocolVersion::v2 : ProtocolVersion::v1;
    auto key = crypto::SecretBytes{crypto::parse_hash32(text_at(row, "privateKey")).value()};
    auto const signer =
        std::make_shared<crypto::Signer const>(crypto::Signer::create(std::move(key)).value());
    auto const orders = OrderSigner::create(
        signer,
        {fields.signature_type, fields.maker},
        contracts,
        std::string{text_at(post, "owner")}
    );

    auto const order = orders.value().sign_fields(
        fields,
        {tif_of(text_at(post, "orderType")),
         post["postOnly"].get_bool().value(),
         expiration_of(text_at(post, "body"))},
        version,
        neg_risk
    );

    auto const domain = order_domain_of(contracts, version, neg_risk);
    CHECK(domain.exchange == exchange);
    CHECK(
        crypto::to_0x_hex(
            order_domain_separator(domain.version, contracts.chain_id, domain.exchange)
        ) == text_at(row, "domainSeparator")
    );
    CHECK(crypto::to_0x_hex(order_struct_hash(fields)) == text_at(row, "structHash"));
    CHECK(to_string(order.id) == text_at(row, "orderId"));
    CHECK(order.body == text_at(post, "body"));

    element const l2 = post["l2"];
    std::vector<std::uint8_t> secret;
    REQUIRE(crypto::decode_base64(text_at(l2, "secret"), secret));
    CHECK(
        crypto::request_signature(secret, int_at(l2, "timestamp"), "POST", "/order", order.body) ==
        text_at(l2, "POLY_SIGNATURE")
    );
}

std::size_t check_file(std::string const& name) {
    auto const file = golden_vectors(name);
    std::size_t rows = 0;
    for (auto row : file.rows("vectors")) {
        check_vector(row);
        ++rows;
    }
    return rows;
}

} // namespace

TEST_CASE(
    "Order bodies of version 2 equal the official client's bytes", "[polymarket][orders][vectors]"
) {
    CHECK(check_file("orders_v2.json") == 7);
}

TEST_CASE(
    "Order bodies of version 3 equal the official client's bytes", "[polymarket][orders][vectors]"
) {
    CHECK(check_file("orders_v3.json") == 3);
}

TEST_CASE("The order type hash is the deployed contracts'", "[polymarket][orders]") {
    CHECK(
        crypto::to_0x_hex(order_type_hash()) ==
        "0xbb86318a2138f5fa8ae32fbe8e659f8fcf13cc6ae4014a707893055433818589"
    );
}

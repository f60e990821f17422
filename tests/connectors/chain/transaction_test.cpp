#include "connectors/chain/transaction.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/vectors.hpp"

using namespace polyquant;
using namespace polyquant::chain;
using namespace polyquant::test;
using simdjson::dom::element;

namespace {

crypto::Signer signer_of(std::string_view private_key) {
    return crypto::Signer::create(crypto::SecretBytes{crypto::parse_hash32(private_key).value()})
        .value();
}

std::uint64_t number(element row, std::string_view key) {
    return std::stoull(std::string{text_at(row, key)});
}

Transaction transaction_of(element row) {
    Transaction t;
    t.chain_id = row["chainId"].get_uint64().value();
    t.nonce = row["nonce"].get_uint64().value();
    t.to = crypto::parse_address(text_at(row, "to")).value();
    t.value = Wei{number(row, "value")};
    t.gas_limit = number(row, "gasLimit");
    t.fees.legacy = row["type"].get_uint64().value() == 0;
    if (t.fees.legacy) {
        t.fees.price_max = number(row, "gasPrice");
    } else {
        t.fees.tip = number(row, "maxPriorityFeePerGas");
        t.fees.price_max = number(row, "maxFeePerGas");
    }
    t.data = crypto::parse_hex(text_at(row, "data")).value();
    return t;
}

ByteString first_raw() {
    auto const file = golden_vectors("tx.json");
    return crypto::parse_hex(text_at(file.rows("transactions").at(0), "raw")).value();
}

} // namespace

TEST_CASE("Signed transactions equal the reference library's byte for byte", "[chain][vectors]") {
    auto const file = golden_vectors("tx.json");
    std::size_t rows = 0;
    for (auto row : file.rows("transactions")) {
        CAPTURE(text_at(row, "name"));
        auto const signer = signer_of(text_at(row, "privateKey"));
        auto const transaction = transaction_of(row["unsigned"]);

        auto const made = sign(transaction, signer);

        CHECK(to_string(signer.address()) == text_at(row, "from"));
        CHECK(crypto::to_0x_hex(unsigned_bytes(transaction)) == text_at(row, "unsignedSerialized"));
        CHECK(crypto::to_0x_hex(signing_hash(transaction)) == text_at(row, "signingHash"));
        CHECK(crypto::to_0x_hex(made.raw) == text_at(row, "raw"));
        CHECK(crypto::to_0x_hex(made.hash) == text_at(row, "hash"));
        ++rows;
    }
    CHECK(rows == 6);
}

TEST_CASE("Raw transactions decode to their fields and sender", "[chain][vectors]") {
    auto const file = golden_vectors("tx.json");
    for (auto row : file.rows("transactions")) {
        CAPTURE(text_at(row, "name"));
        auto const raw = crypto::parse_hex(text_at(row, "raw")).value();

        auto const decoded = decode_transaction(raw);

        REQUIRE(decoded);
        CHECK(decoded->transaction == transaction_of(row["unsigned"]));
        CHECK(to_string(decoded->from) == text_at(row, "from"));
        CHECK(crypto::to_0x_hex(decoded->hash) == text_at(row, "hash"));
    }
}

TEST_CASE("A raw transaction cut short or with bytes added is refused", "[chain]") {
    auto const raw = first_raw();

    for (std::size_t length = 0; length < raw.size(); ++length)
        CHECK_FALSE(decode_transaction(Bytes{raw}.first(length)));
    auto longer = raw;
    longer.push_back(0);
    CHECK_FALSE(decode_transaction(longer));
}

TEST_CASE("A changed byte never decodes to the same sender and fields", "[chain]") {
    auto const raw = first_raw();
    auto const original = decode_transaction(raw).value();

    for (std::size_t i = 0; i < raw.size(); ++i) {
        auto changed = raw;
        changed[i] ^= 1;
        auto const decoded = decode_transaction(changed);
        if (!decoded) continue;
        CHECK((decoded->from != original.from || decoded->transaction != original.transaction));
    }
}

TEST_CASE("Amounts of gas and coin are written for people", "[chain]") {
    CHECK(to_gwei_text(gwei(30)) == "30 gwei");
    CHECK(to_gwei_text(1'500'000'000) == "1.5 gwei");
    CHECK(to_pol_text(gas_cost(200'000, gwei(100))) == "0.020000 POL");
    CHECK(to_pol_text(Wei{1}) == "0.000001 POL");
    CHECK(to_string(gas_cost(30'000'000, gwei(1'000'000))) == "30000000000000000000000");
}

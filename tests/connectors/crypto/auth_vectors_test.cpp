#include "connectors/crypto/clob_auth.hpp"
#include "connectors/crypto/eip712.hpp"
#include "connectors/crypto/hmac.hpp"
#include "connectors/crypto/wallets.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/vectors.hpp"

using namespace polyquant;
using namespace polyquant::crypto;
using namespace polyquant::test;

namespace {

Signer signer_of(std::string_view private_key) {
    return Signer::create(SecretBytes{parse_hash32(private_key).value()}).value();
}

} // namespace

TEST_CASE("ClobAuth headers equal the official client's in every vector", "[crypto][vectors]") {
    auto const file = golden_vectors("clob_auth.json");
    std::size_t rows = 0;
    for (auto row : file.rows("vectors")) {
        CAPTURE(text_at(row, "name"));
        auto const signer = signer_of(text_at(row, "privateKey"));
        simdjson::dom::element const message = row["message"];
        auto const seconds = std::stoll(std::string{text_at(message, "timestamp")});
        auto const nonce = message["nonce"].get_uint64().value();
        auto const chain = row["domain"]["chainId"].get_uint64().value();

        auto const digest = clob_auth_digest(signer.address(), seconds, nonce, chain);
        auto const headers = l1_headers(signer, seconds, nonce, chain);

        CHECK(to_0x_hex(digest) == text_at(row, "digest"));
        simdjson::dom::object const expected = row["headers"];
        REQUIRE(headers.size() == expected.size());
        for (auto const& [name, value] : headers)
            CHECK(value == expected[name].get_string().value());
        CHECK(recover_address(digest, signer.sign(digest)).value() == signer.address());
        ++rows;
    }
    CHECK(rows == 4);
}

TEST_CASE("The domain separator without a contract equals the official one", "[crypto][vectors]") {
    auto const file = golden_vectors("clob_auth.json");
    for (auto row : file.rows("vectors")) {
        auto const chain = row["domain"]["chainId"].get_uint64().value();

        auto const separator = domain_separator({"ClobAuthDomain", "1", chain, std::nullopt});

        CHECK(to_0x_hex(separator) == text_at(row, "domainSeparator"));
        CHECK(to_0x_hex(keccak256(text_at(row, "typeString"))) == text_at(row, "typeHash"));
    }
}

TEST_CASE("Request signatures equal the official client's in every vector", "[crypto][vectors]") {
    auto const file = golden_vectors("hmac.json");
    std::size_t rows = 0;
    for (auto const* list : {"vectors", "builderVectors"})
        for (auto row : file.rows(list)) {
            CAPTURE(text_at(row, "name"));
            std::vector<std::uint8_t> key;
            REQUIRE(decode_base64(text_at(row, "secret"), key));
            auto const body = row["body"].is_null() ? std::string_view{} : text_at(row, "body");

            auto const signature = request_signature(
                key,
                int_at(row, "timestamp"),
                text_at(row, "method"),
                text_at(row, "requestPath"),
                body
            );

            CHECK(signature == text_at(row, "signature"));
            ++rows;
        }
    CHECK(rows >= 9);
}

TEST_CASE("RequestSigner fills the five L2 headers", "[crypto][auth]") {
    auto const address = parse_address("0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266").value();
    auto signer = RequestSigner::create(
        address,
        {"key-id",
         SecretBytes{bytes_of("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")},
         SecretBytes{bytes_of("words")}}
    );

    auto const headers = signer.value().headers(1790000000, "GET", "/data/orders", "");

    REQUIRE(headers.size() == 5);
    CHECK(headers[0].second == "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266");
    CHECK(headers[1].second == "x7mJQCZTeyx4Fss83a5NrL7kvpT7okVZ8Uqy5mUshUQ=");
    CHECK(headers[2].second == "1790000000");
    CHECK(headers[3].second == "key-id");
    CHECK(headers[4].second == "words");
}

TEST_CASE("RequestSigner refuses a secret that is not base64", "[crypto][auth]") {
    auto const signer = RequestSigner::create(
        Address{}, {"key-id", SecretBytes{bytes_of("not base64!")}, SecretBytes{}}
    );

    REQUIRE_FALSE(signer);
    CHECK(signer.error().fault == Fault::invalid);
    CHECK(signer.error().detail.find("not base64!") == std::string::npos);
}

TEST_CASE("Wallet addresses equal the relayer client's for every owner", "[crypto][vectors]") {
    auto const file = golden_vectors("wallets.json");
    auto const& at = polygon_wallet_factories();
    std::size_t rows = 0;
    for (auto row : file.rows("vectors")) {
        auto const owner = parse_address(text_at(row, "owner")).value();

        CHECK(to_string(safe_wallet(owner, at)) == text_at(row, "gnosisSafe"));
        CHECK(to_string(proxy_wallet(owner, at)) == text_at(row, "proxyWallet"));
        CHECK(to_string(deposit_wallet_uups(owner, at)) == text_at(row, "depositWalletUups"));
        CHECK(to_string(deposit_wallet_beacon(owner, at)) == text_at(row, "depositWalletBeacon"));
        ++rows;
    }
    CHECK(rows == 3);
}

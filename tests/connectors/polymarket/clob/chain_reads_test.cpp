#include "connectors/polymarket/clob/chain_reads.hpp"
#include "tests/support/catch.hpp"

#include <limits>

using namespace polyquant;
using namespace polyquant::polymarket;

namespace {

Contracts polygon() {
    return contracts_of(polygon_chain_id).value();
}

} // namespace

TEST_CASE("A chain question asks by the contracts' own selectors", "[clob][chain]") {
    auto const wallet = crypto::parse_address("0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266").value();

    auto const text = chain_wallet_question(wallet, polygon());

    // balanceOf(wallet) of pUSD, as cast calldata prints it.
    CHECK(
        text.find(
            R"({"to":"0xc011a7e12a19f7b1f670d46f03b03f3342e82dfb","data":"0x70a08231000000000000000000000000f39fd6e51aad88f6f4ce6ab8827279cfffb92266"})"
        ) != std::string::npos
    );
    // allowance(wallet, exchange)
    CHECK(
        text.find(
            "0xdd62ed3e000000000000000000000000f39fd6e51aad88f6f4ce6ab8827279cfffb92266000000000000"
            "000000000000e111180000d2663c0091e4f400237545b87b996b"
        ) != std::string::npos
    );
    CHECK(text.find(R"("method":"eth_getCode","params":["0xf39f)") != std::string::npos);
}

TEST_CASE("A chain answer is read in any order, and saturates", "[clob][chain]") {
    std::string const huge = "0x" + std::string(64, 'f');
    auto const text =
        R"([{"id":4,"result":"0x1"},{"id":2,"result":"0x5f5e100"},{"id":3,"result":")" + huge +
        R"("},{"id":0,"result":"0x89"},{"id":1,"result":"0x6001"},)" +
        R"({"id":5,"error":{"code":-32000,"message":"reverted"}}])";

    auto const wallet = parse_chain_wallet(text, polygon());

    REQUIRE(wallet);
    CHECK(wallet->chain_id == 137);
    CHECK(wallet->is_contract);
    CHECK(wallet->balance_micros == 100'000'000);
    auto const& allowed = wallet->allowances;
    CHECK(
        allowed.at("0xe111180000d2663c0091e4f400237545b87b996b") ==
        std::numeric_limits<std::int64_t>::max()
    );
    CHECK(allowed.at("0xe2222d279d744050d28e00520010520000310f59") == 1);
    CHECK_FALSE(allowed.contains("0xe3333700ca9d93003f00f0f71f8515005f6c00aa"));
}

TEST_CASE("A chain answer without the balance is refused", "[clob][chain]") {
    CHECK_FALSE(parse_chain_wallet(R"([{"id":0,"result":"0x89"}])", polygon()));
    CHECK_FALSE(parse_chain_wallet(R"({"error":"rate limited"})", polygon()));
    CHECK_FALSE(parse_chain_wallet("<html>", polygon()));
}

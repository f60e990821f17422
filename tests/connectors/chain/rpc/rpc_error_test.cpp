#include "connectors/chain/rpc/rpc_error.hpp"
#include "connectors/chain/rpc/rpc_values.hpp"
#include "tests/support/catch.hpp"

using namespace polyquant;
using namespace polyquant::chain;

TEST_CASE("The words of every node lead to the same trouble", "[chain][rpc]") {
    struct Row {
        std::int64_t code;
        char const* words;
        RpcTrouble trouble;
    };

    auto const row = GENERATE(
        Row{-32003, "nonce too low", RpcTrouble::nonce_too_low},
        Row{-32000, "nonce too low: next nonce 5, tx nonce 4", RpcTrouble::nonce_too_low},
        Row{-32000, "Nonce too low. Expected nonce to be 3 but got 0.", RpcTrouble::nonce_too_low},
        Row{-32000, "Nonce too high. Expected nonce to be 1", RpcTrouble::nonce_too_high},
        Row{-32003, "replacement transaction underpriced", RpcTrouble::replacement_underpriced},
        Row{-32000, "already known", RpcTrouble::already_known},
        Row{-32003, "transaction already imported", RpcTrouble::already_known},
        Row{-32000, "Known transaction: 0xabc", RpcTrouble::already_known},
        Row{-32003, "Insufficient funds for gas * price + value", RpcTrouble::insufficient_funds},
        Row{-32000, "Sender doesn't have enough funds to send tx", RpcTrouble::insufficient_funds},
        Row{-32000, "transaction underpriced", RpcTrouble::underpriced},
        Row{-32000,
            "transaction underpriced: gas tip cap 1000000000, minimum needed 25000000000",
            RpcTrouble::underpriced},
        Row{-32003, "max fee per gas less than block base fee", RpcTrouble::fee_below_base},
        Row{-32000,
            "Transaction maxFeePerGas (1) is too low for the next block",
            RpcTrouble::fee_below_base},
        Row{-32000, "tx fee (1.20 ether) exceeds the configured cap", RpcTrouble::fee_above_cap},
        Row{-32000, "intrinsic gas too low", RpcTrouble::gas_too_low},
        Row{-32000, "out of gas", RpcTrouble::gas_too_low},
        Row{3, "execution reverted: nonce too low", RpcTrouble::reverted},
        Row{-32003, "invalid chain id for signer", RpcTrouble::wrong_chain},
        Row{-32005, "daily request count exceeded", RpcTrouble::rate_limited},
        Row{-32000, "Too Many Requests", RpcTrouble::rate_limited},
        Row{-32603, "internal error", RpcTrouble::unavailable},
        Row{-32601, "method not found", RpcTrouble::refused}
    );

    CAPTURE(row.words);
    CHECK(to_string(trouble_of(row.code, row.words)) == to_string(row.trouble));
}

TEST_CASE("A revert's reason comes out of its data", "[chain][rpc]") {
    auto const data = call_data("Error(string)", AbiTuple{}.bytes(crypto::bytes_of("no approval")));
    auto const body = R"({"jsonrpc":"2.0","id":7,"error":{"code":3,"message":"execution reverted",)"
                      R"("data":")" +
                      crypto::to_0x_hex(data) + "\"}}";

    auto const answers = parse_answers(body, {{"eth_call", "[]"}}, 7, "node");

    REQUIRE(answers.has_value());
    CHECK(answers->front().error().reason == "no approval");
}

TEST_CASE("Answers of a batch are put into the order of its requests", "[chain][rpc]") {
    std::vector<RpcRequest> const requests{{"a", "[]"}, {"b", "[]"}};

    auto const answers = parse_answers(
        R"([{"jsonrpc":"2.0","id":6,"result":"0x2"},{"jsonrpc":"2.0","id":5,"result":"0x1"}])",
        requests,
        5,
        "node"
    );

    REQUIRE(answers.has_value());
    CHECK((*answers)[0].value() == "\"0x1\"");
    CHECK((*answers)[1].value() == "\"0x2\"");
}

TEST_CASE("Answers that are missing, foreign or no JSON fail as a whole", "[chain][rpc]") {
    std::vector<RpcRequest> const requests{{"a", "[]"}, {"b", "[]"}};

    auto const body = GENERATE(
        R"([{"jsonrpc":"2.0","id":5,"result":"0x1"}])",
        R"([{"jsonrpc":"2.0","id":5,"result":1},{"jsonrpc":"2.0","id":9,"result":1}])",
        R"([{"jsonrpc":"2.0","id":5},{"jsonrpc":"2.0","id":6,"result":1}])",
        "<html>busy</html>",
        ""
    );

    CHECK_FALSE(parse_answers(body, requests, 5, "node").has_value());
}

TEST_CASE("Quantities are hex numbers and nothing else", "[chain][rpc]") {
    CHECK(parse_quantity("\"0x89\"", "x").value() == 137);
    CHECK(parse_wei("\"0x21e19e0c9bab2400000\"", "x").value().value / gwei(1) / gwei(1) == 10'000);
    for (auto const* text :
         {"\"89\"", "\"0x\"", "137", "null", "\"0xg\"", "\"0x11111111111111111\""})
        CHECK_FALSE(parse_quantity(text, "x"));
}

TEST_CASE("An error that is mere text is told as it is", "[chain][rpc]") {
    auto const answers = parse_answers(R"({"error":"too many requests"})", {{"a", "[]"}}, 5, "n");

    REQUIRE(answers.has_value());
    CHECK(answers->front().error().trouble == RpcTrouble::rate_limited);
    CHECK(answers->front().error().failure.detail.find("too many") != std::string::npos);
}

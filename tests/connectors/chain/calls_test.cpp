#include "connectors/chain/calls.hpp"
#include "connectors/chain/logs.hpp"
#include "connectors/crypto/keccak.hpp"
#include "connectors/polymarket/ctf/position_id.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/vectors.hpp"

using namespace polyquant;
using namespace polyquant::chain;
using namespace polyquant::test;
using simdjson::dom::element;

namespace {

Address const owner = crypto::parse_address("0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266").value();
ConditionId const condition =
    parse_condition_id("0x78443f961b9a65869dcb39359de9960165c7e5cbad0904eac7f29cd77872a63b")
        .value();

SettlementContracts const& at = polygon_settlement_contracts();

TokenId up_token() {
    return polymarket::ctf_token(at.usdc_e, condition, Outcome::up);
}

std::string hex(Bytes bytes) {
    return crypto::to_0x_hex(bytes);
}

} // namespace

TEST_CASE("Selectors are the first bytes of the signature's hash", "[chain][vectors]") {
    auto const file = golden_vectors("tx.json");
    simdjson::dom::object const rows = file.root()["selectors"];
    std::size_t checked = 0;
    for (auto const [name, selector] : rows) {
        // "ERC20 balanceOf(address)": what stands before the blank tells overloads apart.
        auto const signature = std::string{name.substr(name.rfind(' ') + 1)};
        CHECK(hex(selector_of(signature)) == selector.get_string().value());
        ++checked;
    }
    CHECK(checked == 25);
}

TEST_CASE("Reads are encoded as the reference library encodes them", "[chain][vectors]") {
    auto const file = golden_vectors("tx.json");
    element const rows = file.root()["ethCallExamples"];
    auto const exchange =
        crypto::parse_address("0xE111180000d2663C0091e4f400237545B87B996B").value();

    CHECK(hex(erc1155::balance_of(owner, up_token())) == text_at(rows, "ctf_balanceOf"));
    CHECK(hex(ctf::payout_denominator(condition)) == text_at(rows, "ctf_payoutDenominator"));
    CHECK(hex(ctf::payout_numerator(condition, 0)) == text_at(rows, "ctf_payoutNumerators_0"));
    CHECK(hex(erc20::balance_of(owner)) == text_at(rows, "erc20_balanceOf"));
    CHECK(hex(erc20::allowance(owner, exchange)) == text_at(rows, "erc20_allowance"));
    CHECK(
        hex(erc1155::is_approved_for_all(owner, at.collateral_adapter)) ==
        text_at(rows, "ctf_isApprovedForAll")
    );
    CHECK(hex(wrap(at.usdc_e, owner, 1'000'000)) == text_at(rows, "onramp_wrap"));
    CHECK(hex(unwrap(at.usdc_e, owner, 1'000'000)) == text_at(rows, "offramp_unwrap"));
    CHECK(simdjson::dom::object{rows}.size() == 8);
}

TEST_CASE("Calls in transactions are encoded as the reference library does", "[chain][vectors]") {
    auto const file = golden_vectors("tx.json");
    auto const exchange =
        crypto::parse_address("0xE111180000d2663C0091e4f400237545B87B996B").value();
    auto const v2 =
        parse_condition_id("0x017089ce3ba22aaa0a4cba8250b8c8e1eb000000000000000000000000000000");
    std::map<std::string, Call> const made{
        {"eip1559_ctf_redeem_usdce",
         {at.conditional_tokens, ctf::redeem_positions(at.usdc_e, condition)}},
        {"legacy_ctf_redeem_usdce",
         {at.conditional_tokens, ctf::redeem_positions(at.usdc_e, condition)}},
        {"eip1559_collateral_adapter_redeem_pusd",
         {at.collateral_adapter, ctf::redeem_positions(at.pusd, condition)}},
        {"eip1559_pusd_approve_exchange_v2", {at.pusd, erc20::approve(exchange, unlimited())}},
        {"eip1559_ctf_set_approval_adapter",
         {at.conditional_tokens, erc1155::set_approval_for_all(at.collateral_adapter, true)}},
        {"eip1559_router_redeem_v2", {at.router, router::redeem(*v2, 0, 5'000'000)}},
    };
    for (auto row : file.rows("transactions")) {
        auto const name = std::string{text_at(row, "name")};
        CAPTURE(name);
        element const fields = row["unsigned"];
        auto const& call = made.at(name);

        CHECK(hex(call.data) == text_at(fields, "data"));
        CHECK(to_string(call.to) == text_at(fields, "to"));
    }
}

TEST_CASE("A condition id is the same with and without its prefix", "[chain]") {
    auto const text = to_string(condition);

    CHECK(parse_condition_id(text).value() == parse_condition_id(text.substr(2)).value());
}

TEST_CASE("Results read beyond their end are errors", "[chain][abi]") {
    ByteString const result(64, 0x01);

    CHECK(word_at(result, 1));
    CHECK_FALSE(word_at(result, 2));
    CHECK_FALSE(whole_at(result, 0));
    CHECK_FALSE(address_at(result, 0));
    CHECK_FALSE(flag_at(result, 0));
    CHECK_FALSE(micros_at(result, 0));
    CHECK_FALSE(bytes_at(result, 0));
    CHECK_FALSE(words_at(result, 0));
}

TEST_CASE("Dynamic results come back as they were encoded", "[chain][abi]") {
    ByteString const text{1, 2, 3};
    std::vector<Word> const words{crypto::word(7), unlimited()};

    auto const encoded = AbiTuple{}.whole(5).bytes(text).words(words).encode();

    CHECK(whole_at(encoded, 0).value() == 5);
    CHECK(bytes_at(encoded, 1).value() == text);
    CHECK(words_at(encoded, 2).value() == words);
}

TEST_CASE("A dynamic result whose length lies is an error", "[chain][abi]") {
    auto encoded = AbiTuple{}.bytes(ByteString{1, 2, 3}).encode();
    encoded[63] = 33;

    CHECK_FALSE(bytes_at(encoded, 0));
}

TEST_CASE("Revert reasons are told in the contract's words", "[chain][abi]") {
    auto const text = crypto::bytes_of("result for condition not received yet");

    CHECK(
        revert_reason(call_data("Error(string)", AbiTuple{}.bytes(text))) ==
        "result for condition not received yet"
    );
    CHECK(revert_reason(call_data("Panic(uint256)", AbiTuple{}.whole(0x11))) == "panic 0x11");
    CHECK(revert_reason(call_data("Own(uint256)", AbiTuple{}.whole(1))).starts_with("error 0x"));
    CHECK(revert_reason({}).empty());
}

TEST_CASE("A transfer log counts for its receiver and against its sender", "[chain][logs]") {
    auto const other = at.onramp;
    auto const log = [&](Address const& from, Address const& to, std::uint64_t micros) {
        Log l;
        l.contract = at.pusd;
        l.topics = {erc20_transfer_topic(), crypto::word(from), crypto::word(to)};
        l.data = AbiTuple{}.whole(micros).encode();
        return l;
    };
    auto foreign = log(other, owner, 900);
    foreign.contract = at.usdc_e;

    auto const net = net_received(
        {log(other, owner, 500), log(owner, other, 20), log(other, other, 7), foreign},
        at.pusd,
        owner
    );

    CHECK(net == 480);
}

TEST_CASE("A payout log of another contract is no payout", "[chain][logs]") {
    Log log;
    log.contract = at.conditional_tokens;
    log.topics = {
        payout_redemption_topic(), crypto::word(owner), crypto::word(at.usdc_e), crypto::word(0)
    };
    log.data = AbiTuple{}.word(condition.bytes).words({crypto::word(1)}).whole(25).encode();

    auto const found = payout_redemption(log, at.conditional_tokens);
    log.contract = at.pusd;
    auto const forged = payout_redemption(log, at.conditional_tokens);

    REQUIRE(found);
    CHECK(found->condition == condition);
    CHECK(found->redeemer == owner);
    CHECK(found->micros == 25);
    CHECK_FALSE(forged);
}

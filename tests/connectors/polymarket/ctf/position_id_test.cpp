#include "connectors/polymarket/contracts.hpp"
#include "connectors/polymarket/ctf/position_id.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/vectors.hpp"

using namespace polyquant;
using namespace polyquant::polymarket;
using namespace polyquant::test;

namespace {

crypto::Address usdc_e() {
    return contracts_of(polygon_chain_id).value().ctf_collateral;
}

// BTC 5m window of 2026-03-12 09:20, as Gamma listed it.
Market real_market() {
    Market market;
    market.condition =
        parse_condition_id("0x78443f961b9a65869dcb39359de9960165c7e5cbad0904eac7f29cd77872a63b")
            .value();
    market.up = parse_token_id(
                    "104239898038807136052399800151408521467737075933964991162589336683346093173875"
    )
                    .value();
    market.down =
        parse_token_id(
            "71183960810705820955071415844881728181970340514894896943812046065452395013351"
        )
            .value();
    return market;
}

Market v2_market() {
    Market market;
    market.version = ProtocolVersion::v2;
    market.condition =
        parse_condition_id("0x017089ce3ba22aaa0a4cba8250b8c8e1eb000000000000000000000000000000")
            .value();
    market.up =
        parse_token_id("651150819117105875331414918119047680898421632356043490229292782433651916800"
        )
            .value();
    market.down =
        parse_token_id("651150819117105875331414918119047680898421632356043490229292782433651916801"
        )
            .value();
    return market;
}

} // namespace

TEST_CASE("Condition ids hash oracle, question and outcomes", "[polymarket][ctf][vectors]") {
    auto const file = golden_vectors("ctf.json");
    simdjson::dom::element const row = file.root()["conditionIdExample"];
    auto const oracle = crypto::parse_address(text_at(row, "oracle")).value();
    auto const question = crypto::parse_hash32(text_at(row, "questionId")).value();

    CHECK(to_string(condition_id(oracle, question, 2)) == text_at(row, "conditionId"));
}

TEST_CASE("Collection and position ids equal the chain's", "[polymarket][ctf][vectors]") {
    auto const file = golden_vectors("ctf.json");
    auto const pusd = contracts_of(polygon_chain_id).value().collateral;
    std::size_t rows = 0;
    for (auto row : file.rows("conditions")) {
        auto const condition = parse_condition_id(text_at(row, "conditionId")).value();
        for (auto set : row["sets"].get_array().value()) {
            CAPTURE(text_at(row, "name"), int_at(set, "indexSet"));

            auto const collection =
                collection_id(condition, static_cast<std::uint64_t>(int_at(set, "indexSet")));

            CHECK(crypto::to_0x_hex(collection) == text_at(set, "collectionId"));
            CHECK(to_string(position_id(usdc_e(), collection)) == text_at(set, "positionIdUsdce"));
            CHECK(to_string(position_id(pusd, collection)) == text_at(set, "positionIdPusd"));
            ++rows;
        }
    }
    CHECK(rows == 6);
}

TEST_CASE("Protocol v2 position ids decode into their fields", "[polymarket][ctf][vectors]") {
    auto const file = golden_vectors("ctf.json");
    std::size_t rows = 0;
    for (auto row : file.rows("protocolV2PositionIds")) {
        auto const fields = decode_position_id(parse_token_id(text_at(row, "positionId")).value());

        REQUIRE(fields);
        CHECK(fields->module == int_at(row, "moduleId"));
        CHECK(fields->outcome_index == int_at(row, "outcomeIndex"));
        CHECK(fields->condition_index == int_at(row, "conditionIndex"));
        CHECK(fields->resolution_chain == int_at(row, "resolutionChain"));
        CHECK(fields->arity == int_at(row, "arity"));
        CHECK(to_string(fields->condition) == text_at(row, "conditionIdBytes32RightPadded"));
        ++rows;
    }
    CHECK(rows == 2);
}

TEST_CASE("CTF token ids are not taken for protocol v2 ids", "[polymarket][ctf][vectors]") {
    auto const file = golden_vectors("ctf.json");
    for (auto row : file.rows("ctfTokenIsNotV2"))
        CHECK_FALSE(decode_position_id(parse_token_id(text_at(row, "tokenId")).value()));
}

TEST_CASE("A market with its own tokens has no token defect", "[polymarket][ctf]") {
    CHECK(token_defect(real_market(), usdc_e()).empty());
    CHECK(token_defect(v2_market(), usdc_e()).empty());
}

TEST_CASE("A market with swapped or foreign tokens is found out", "[polymarket][ctf]") {
    auto swapped = real_market();
    std::swap(swapped.up, swapped.down);
    auto foreign = real_market();
    foreign.down.bytes[31] ^= 1;
    auto v2_swapped = v2_market();
    std::swap(v2_swapped.up, v2_swapped.down);

    CHECK(token_defect(swapped, usdc_e()).find("UP token") != std::string::npos);
    CHECK(token_defect(foreign, usdc_e()).find("DOWN token") != std::string::npos);
    CHECK_FALSE(token_defect(v2_swapped, usdc_e()).empty());
}

TEST_CASE("A market whose id shapes contradict its version is found out", "[polymarket][ctf]") {
    auto ctf_as_v2 = real_market();
    ctf_as_v2.version = ProtocolVersion::v2;
    auto v2_as_neg_risk = v2_market();
    v2_as_neg_risk.version = ProtocolVersion::v1;
    v2_as_neg_risk.neg_risk = true;

    CHECK_FALSE(token_defect(ctf_as_v2, usdc_e()).empty());
    CHECK_FALSE(token_defect(v2_as_neg_risk, usdc_e()).empty());
}

TEST_CASE("Contracts are known for Polygon and Amoy only", "[polymarket][contracts]") {
    CHECK(contracts_of(137));
    CHECK(contracts_of(80'002));
    CHECK_FALSE(contracts_of(1));
}

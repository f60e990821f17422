#include "connectors/polymarket/parse/account_rows.hpp"
#include "connectors/polymarket/parse/clob_outcome.hpp"
#include "connectors/polymarket/parse/resolution.hpp"
#include "tests/support/catch.hpp"

#include <fmt/format.h>

using namespace polyquant;
using namespace polyquant::polymarket;

namespace {

constexpr auto condition = "0x78443f961b9a65869dcb39359de9960165c7e5cbad0904eac7f29cd77872a63b";

std::string resolution(std::string_view rest) {
    return fmt::format(R"({{"data":{{"condition_id":"{}",{}}}}})", condition, rest);
}

} // namespace

TEST_CASE("Resolution of the Data API is read with its payouts", "[polymarket][parse]") {
    auto const up = parse_resolution(resolution(R"("status":"resolved","payouts":["1","0"])"));
    auto const half = parse_resolution(resolution(R"("status":"resolved","payouts":[0.5,0.5])"));
    auto const open = parse_resolution(resolution(R"("status":"active","payouts":[])"));
    auto const none = parse_resolution(R"({"data":null})");

    REQUIRE((up && *up && half && *half && open && *open));
    CHECK((*up)->payouts == std::vector<std::int64_t>{1'000'000, 0});
    CHECK((*half)->payouts == std::vector<std::int64_t>{500'000, 500'000});
    CHECK((*open)->payouts.empty());
    REQUIRE(none);
    CHECK_FALSE(*none);
}

TEST_CASE("Resolution with an unreadable payout is refused", "[polymarket][parse]") {
    auto const bad = parse_resolution(resolution(R"("status":"resolved","payouts":["many","0"])"));

    REQUIRE_FALSE(bad);
    CHECK(bad.error().detail.find("unreadable payout") != std::string::npos);
}

TEST_CASE("CLOB market names a fifty-fifty outcome", "[polymarket][parse]") {
    auto const body = fmt::format(
        R"({{"condition_id":"{}","closed":true,"is_50_50_outcome":true,"tokens":[]}})", condition
    );

    auto const outcome = parse_clob_outcome(body);

    REQUIRE(outcome);
    CHECK(outcome->half);
    CHECK_FALSE(outcome->winner);
}

TEST_CASE("Activity rows are read with type, amount and time", "[polymarket][parse]") {
    auto const body = fmt::format(
        R"({{"data":[{{"type":"REDEEM","transaction_hash":"0xab","condition_id":"{}","usdc_size":9.5,)"
        R"("size":"10.000001","timestamp":1790000000}},)"
        R"({{"side":"BUY","trade_id":"t","token_id":"123","size":5,"price":0.52,"timestamp":1790000001}}],)"
        R"("pagination":{{"next_cursor":"c2","has_more":true}}}})",
        condition
    );

    auto const page = parse_account_rows(body);

    REQUIRE(page);
    REQUIRE(page->rows.size() == 2);
    CHECK(page->next_cursor == "c2");
    CHECK(page->rows[0].type == "REDEEM");
    CHECK(page->rows[0].amount == Usdc::from_micros(9'500'000));
    CHECK(page->rows[0].size == Shares::from_micros(10'000'001));
    CHECK(page->rows[0].id == "0xab");
    CHECK(page->rows[1].type == "TRADE");
    CHECK(page->rows[1].side == Side::buy);
    CHECK(page->rows[1].price == cents(52));
    CHECK(page->rows[1].at == utc_from_seconds(1'790'000'001));
}

TEST_CASE("Activity row without a time is refused", "[polymarket][parse]") {
    CHECK_FALSE(parse_account_rows(R"({"data":[{"type":"REDEEM"}]})"));
}

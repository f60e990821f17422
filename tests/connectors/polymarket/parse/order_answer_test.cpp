#include "connectors/polymarket/parse/order_answer.hpp"
#include "tests/connectors/polymarket/parse/payloads.hpp"
#include "tests/support/catch.hpp"

#include <limits>

using namespace polyquant;
using namespace polyquant::polymarket;
using namespace polyquant::test;
using Status = OrderReport::Status;

namespace {

OrderAnswer refused(std::string const& words) {
    return parse_order_answer(400, "{\"error\":\"" + words + "\"}").value();
}

} // namespace

TEST_CASE(
    "An accepted order has an id, no error and a known status", "[polymarket][parse][answer]"
) {
    auto const text = payload("order_answer_matched.json");

    auto const answer = parse_order_answer(200, text).value();

    CHECK(answer.order.has_value());
    CHECK(answer.status == Status::matched);
    CHECK(answer.trades == std::vector{TradeId{"t-1"}});
    CHECK(parse_order_answer(200, with(text, "matched", "live")).value().status == Status::live);
    CHECK(
        parse_order_answer(200, with(text, "matched", "delayed")).value().status == Status::delayed
    );
    CHECK(
        parse_order_answer(200, with(text, "matched", "unmatched")).value().status ==
        Status::unmatched
    );
}

TEST_CASE(
    "An answer that cannot be understood leaves the order's outcome unknown",
    "[polymarket][parse][answer]"
) {
    auto const unclear = [](int status, std::string const& body) {
        auto const answer = parse_order_answer(status, body);
        return !answer && outcome_unknown(answer.error().fault);
    };

    CHECK(unclear(200, ""));
    CHECK(unclear(200, "<html>"));
    CHECK(unclear(200, "[]"));
    CHECK(unclear(200, "{}"));
    CHECK(unclear(200, "{\"success\":true,\"orderID\":\"0x12\",\"errorMsg\":\"\"}"));
    CHECK(unclear(200, with(payload("order_answer_matched.json"), "matched", "pondered")));
    CHECK(unclear(500, "{\"error\":\"Internal server error\"}"));
    CHECK(unclear(502, "<html>bad gateway</html>"));
    CHECK(unclear(429, "{\"error\":\"Too Many Requests\"}"));
    CHECK(unclear(400, "{\"error\":\"could not insert order\"}"));
    CHECK(unclear(200, "{\"success\":false,\"errorMsg\":\"could not run the execution\"}"));
}

TEST_CASE(
    "A refusal is an answer wherever the venue puts its words", "[polymarket][parse][answer]"
) {
    auto const with_200 = parse_order_answer(
        200, "{\"success\":false,\"orderID\":null,\"errorMsg\":\"not enough balance / allowance\"}"
    );
    auto const bare = parse_order_answer(400, "\"invalid signature\"");

    CHECK(with_200.value().status == Status::rejected);
    CHECK(with_200.value().reason == RejectReason::not_enough_balance);
    CHECK_FALSE(with_200.value().order.has_value());
    CHECK(bare.value().reason == RejectReason::bad_signature);
    CHECK(bare.value().text == "invalid signature");
}

TEST_CASE("The venue's refusals are recognised by their words", "[polymarket][parse][answer]") {
    using R = RejectReason;
    std::vector<std::pair<std::string, R>> const cases{
        {"order couldn't be fully filled. FOK orders are fully filled or killed.", R::fok_not_filled
        },
        {"no orders found to match with FAK order. FAK orders are partially filled or killed if no "
         "match is found.",
         R::fak_not_filled},
        {"not enough balance / allowance", R::not_enough_balance},
        {"invalid post-only order: order crosses book", R::post_only_crosses},
        {"Trading is currently cancel-only. New orders are not accepted, but cancels are allowed.",
         R::cancel_only},
        {"Trading is currently disabled. Check polymarket.com for updates", R::trading_disabled},
        {"the market is not yet ready to process new orders", R::market_not_ready},
        {"invalid expiration", R::bad_expiration},
        {"order 0x12 is invalid. Price (0.525) breaks minimum tick size rule: 0.01", R::bad_tick},
        {"order 0x12 is invalid. Size (4) lower than the minimum: 5", R::below_min_size},
        {"order 0x12 is invalid. Duplicated.", R::duplicated},
        {"invalid amount for a marketable BUY order ($0.98), min size: $1", R::below_min_notional},
        {"invalid amounts, the market buy orders maker amount supports a max accuracy of 2 "
         "decimals, taker amount a max of 4 decimals",
         R::bad_precision},
        {"order_version_mismatch", R::version_mismatch},
        {"the order owner has to be the owner of the API KEY", R::wrong_owner},
        {"the order signer address has to be the address of the API KEY", R::wrong_owner},
        {"'0x12' address banned", R::banned},
        {"'0x12' address in closed only mode", R::closed_only},
        {"Too many orders in payload: 20, max allowed: 15", R::batch_too_large},
        {"Rate limit exceeded for tokenId: 12", R::token_rate_limit},
        {"something nobody has seen", R::other},
    };
    for (auto const& [words, reason] : cases) {
        CAPTURE(words);
        CHECK(refused(words).reason == reason);
        CHECK(refused(words).text == words);
    }
}

TEST_CASE("Status codes speak where the words do not", "[polymarket][parse][answer]") {
    CHECK(parse_error(425, "").reason == RejectReason::restarting);
    CHECK(parse_error(401, "{}").fault == Fault::auth);
    CHECK(parse_error(403, "error code: 1010").reason == RejectReason::geo_blocked);
    CHECK(parse_error(404, "{\"error\":\"x\"}").reason == RejectReason::not_found);
    CHECK(parse_error(503, "{\"error\":\"x\"}").fault == Fault::transport);
}

TEST_CASE("Post-only mode is a refusal with the time to wait", "[polymarket][parse][answer]") {
    auto const error = parse_error(503, payload("error_post_only.json"));

    CHECK(error.reason == RejectReason::post_only_mode);
    CHECK(error.fault == Fault::rejected);
    CHECK(error.retry_after == Seconds{87});
    CHECK(to_failure(error, "clob.post_order").http_status == 503);
}

TEST_CASE("Only refusals that will repeat halt trading", "[polymarket][parse][answer]") {
    CHECK(halts_trading(RejectReason::not_enough_balance));
    CHECK(halts_trading(RejectReason::banned));
    CHECK_FALSE(halts_trading(RejectReason::fok_not_filled));
    CHECK_FALSE(halts_trading(RejectReason::bad_tick));
    CHECK(to_reason(RejectReason::fok_not_filled) == Reason::not_filled);
    CHECK(to_reason(RejectReason::not_enough_balance) == Reason::bankroll_short);
}

TEST_CASE("A batch answers in the order of its request", "[polymarket][parse][answer]") {
    auto const text = payload("orders_answer_mixed.json");

    auto const answers = parse_batch_answer(200, text, 2).value();

    CHECK(answers[0].status == Status::live);
    CHECK(answers[1].status == Status::rejected);
    CHECK(answers[1].reason == RejectReason::duplicated);
    CHECK_FALSE(parse_batch_answer(200, text, 3));
    CHECK(parse_batch_answer(400, "{\"error\":\"invalid signature\"}", 3).value().size() == 3);
}

TEST_CASE("Cancels name what was cancelled and what was not", "[polymarket][parse][answer]") {
    auto const answer = parse_cancel_answer(200, payload("cancel_answer.json")).value();

    CHECK(answer.cancelled.size() == 1);
    REQUIRE(answer.refused.size() == 1);
    CHECK(is_already_over(answer.refused.begin()->second));
    CHECK(is_already_over("Order not found or already canceled"));
    CHECK_FALSE(is_already_over("the order is delayed"));
    CHECK_FALSE(parse_cancel_answer(200, "{}"));
    CHECK_FALSE(parse_cancel_answer(500, "{}"));
}

TEST_CASE("Unlimited allowances saturate", "[polymarket][parse][answer]") {
    auto const balance = parse_balance_allowance(200, payload("balance_allowance.json")).value();

    CHECK(balance.balance_micros == 1'000'000);
    CHECK(
        balance.allowances.at("0xe111180000d2663c0091e4f400237545b87b996b") ==
        std::numeric_limits<std::int64_t>::max()
    );
    CHECK(balance.allowances.at("0xe2222d279d744050d28e00520010520000310f59") == 0);
}

TEST_CASE("A heartbeat mismatch gives the id to go on with", "[polymarket][parse][answer]") {
    auto const good = parse_heartbeat(200, "{\"heartbeat_id\":\"abc\"}").value();
    auto const mismatch =
        parse_heartbeat(400, "{\"error\":\"Invalid Heartbeat ID\",\"heartbeat_id\":\"def\"}")
            .value();

    CHECK(good.id == "abc");
    CHECK_FALSE(good.mismatch);
    CHECK(mismatch.id == "def");
    CHECK(mismatch.mismatch);
    CHECK_FALSE(parse_heartbeat(500, "{\"heartbeat_id\":\"abc\"}"));
    CHECK_FALSE(parse_heartbeat(200, "{}"));
}

TEST_CASE("Server time and order version are plain numbers", "[polymarket][parse][answer]") {
    CHECK(parse_server_time("1790000000\n").value() == utc_from_seconds(1'790'000'000));
    CHECK_FALSE(parse_server_time("\"now\""));
    CHECK_FALSE(parse_server_time("1790000000123"));
    CHECK(parse_order_version("{\"version\":2}").value() == 2);
    CHECK_FALSE(parse_order_version("{}"));
}

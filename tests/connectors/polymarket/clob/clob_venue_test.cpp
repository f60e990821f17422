#include "tests/connectors/polymarket/clob/clob_world.hpp"

using namespace polyquant;
using namespace polyquant::polymarket;
using namespace polyquant::polymarket::testing;
using Status = OrderReport::Status;

namespace {

std::string error_body(std::string const& text) {
    return R"({"error":")" + text + R"("})";
}

// The answer to one posted order that meets `reply`.
struct Posted : ClobWorld {
    PreparedOrder order;
    Result<OrderAck> answer{Failure{}};

    explicit Posted(Reply reply, TimeInForce tif = TimeInForce::fok) {
        open();
        order = prepared(tif);
        clob.on("POST /order", std::move(reply));
        answer = post(order);
    }

    bool refuses_next() { return venue->refusal(intent(), clock.utc_now()).has_value(); }
};

} // namespace

TEST_CASE("ClobVenue knows the order's id and bytes before anything is sent", "[clob][venue]") {
    ClobWorld w;
    w.open();

    auto const order = w.prepared();

    CHECK(w.clob.count("POST /order") == 0);
    CHECK_FALSE(order.id.is_zero());
    CHECK(order.bytes.find(R"("orderType":"FOK")") != std::string::npos);
    CHECK(order.bytes.find(R"("owner":")" + std::string{our_key}) != std::string::npos);
    CHECK(order.bytes.find(R"("makerAmount":"5200000")") != std::string::npos);
}

TEST_CASE("ClobVenue posts exactly the prepared bytes", "[clob][venue]") {
    ClobWorld w;
    w.open();
    auto const order = w.prepared();
    w.clob.on("POST /order", {.body = w.accepted(order.id, "matched", R"("t-1")")});

    auto const answer = w.post(order);

    REQUIRE(answer);
    CHECK(answer->status == Status::matched);
    CHECK(answer->order == order.id);
    CHECK(w.clob.last("POST /order").body == order.bytes);
}

TEST_CASE("ClobVenue tells live, delayed and unmatched orders apart", "[clob][venue]") {
    for (auto const& [text, status] :
         {std::pair{"live", Status::live},
          std::pair{"delayed", Status::delayed},
          std::pair{"unmatched", Status::unmatched}}) {
        ClobWorld w;
        w.open();
        auto const order = w.prepared();
        w.clob.on("POST /order", {.body = w.accepted(order.id, text)});

        auto const answer = w.post(order);

        REQUIRE(answer);
        CHECK(answer->status == status);
    }
}

TEST_CASE(
    "ClobVenue reads a FOK that was not filled as no fill, by 200 or by 400", "[clob][venue]"
) {
    auto const text =
        std::string{"order couldn't be fully filled. FOK orders are fully filled or killed."};
    for (auto const& reply :
         {Reply{.status = 400, .body = error_body(text)},
          Reply{.body = R"({"success":false,"errorMsg":")" + text + R"(","orderID":""})"}}) {
        Posted p{reply};

        REQUIRE(p.answer);
        CHECK(p.answer->status == Status::unmatched);
        CHECK(p.answer->reason == Reason::not_filled);
        CHECK_FALSE(p.refuses_next());
    }
}

TEST_CASE("ClobVenue names the reason of every certain refusal", "[clob][venue]") {
    struct Row {
        int status;
        char const* text;
        Reason reason;
        bool blocks;
    };

    for (auto const& row : {
             Row{400, "not enough balance / allowance", Reason::bankroll_short, true},
             Row{400,
                 "invalid post-only order: order crosses book",
                 Reason::rejected_by_venue,
                 false},
             Row{400, "the market is not yet ready to process new orders", Reason::no_market, false
             },
             Row{400,
                 "order 0x1 is invalid. Price (0.523) breaks minimum tick size rule: 0.01",
                 Reason::rejected_by_venue,
                 false},
             Row{400,
                 "order 0x1 is invalid. Size (1) lower than the minimum: 5",
                 Reason::below_minimum,
                 false},
             Row{400,
                 "invalid amount for a marketable BUY order ($0.98), min size: $1",
                 Reason::below_minimum,
                 false},
             Row{400, "invalid expiration", Reason::rejected_by_venue, false},
             Row{400, "invalid signature", Reason::rejected_by_venue, true},
             Row{400,
                 "the order owner has to be the owner of the API KEY",
                 Reason::rejected_by_venue,
                 true},
             Row{400, "'0xf39F' address banned", Reason::rejected_by_venue, true},
             Row{400, "'0xf39F' address in closed only mode", Reason::rejected_by_venue, true},
             Row{400, "Rate limit exceeded for tokenId: 7", Reason::rejected_by_venue, false},
             Row{503,
                 "Trading is currently cancel-only. New orders are not accepted, but cancels are "
                 "allowed.",
                 Reason::trading_halted,
                 true},
             Row{503,
                 "Trading is currently disabled. Check polymarket.com for updates",
                 Reason::trading_halted,
                 true},
             Row{503,
                 "post-only mode: only post-only orders and cancels are allowed",
                 Reason::trading_halted,
                 true},
             Row{403, "error code: 1010", Reason::rejected_by_venue, true},
         }) {
        INFO(row.text);
        Posted p{{.status = row.status, .body = error_body(row.text)}};

        REQUIRE(p.answer);
        CHECK(p.answer->status == Status::rejected);
        CHECK(p.answer->reason == row.reason);
        CHECK(p.answer->text == row.text);
        CHECK(p.refuses_next() == row.blocks);
    }
}

TEST_CASE("ClobVenue does not know the outcome of what the venue muddled", "[clob][venue]") {
    for (auto const& reply :
         {Reply{.status = 500, .body = error_body("could not insert order")},
          Reply{.status = 500, .body = error_body("could not run the execution")},
          Reply{.status = 400, .body = error_body("error delaying the order")},
          Reply{.status = 400, .body = error_body("order match delayed due to market conditions")},
          Reply{.status = 502, .body = "<html>bad gateway</html>"},
          Reply{.status = 425, .body = error_body("engine restarting")},
          Reply{.status = 429, .body = error_body("slow down"), .headers = "Retry-After: 3\r\n"},
          Reply{.status = 400, .body = error_body("order 0x1 is invalid. Duplicated.")},
          Reply{.body = "not json"},
          Reply{.body = R"({"success":true,"errorMsg":"","orderID":"","status":""})"}}) {
        INFO(reply.status << " " << reply.body);
        Posted p{reply};

        REQUIRE_FALSE(p.answer);
        CHECK(outcome_unknown(p.answer.error().fault));
    }
}

TEST_CASE("ClobVenue does not trust an answer that names another order", "[clob][venue]") {
    ClobWorld w;
    w.open();
    auto const order = w.prepared();
    auto other = order.id;
    other.bytes[0] ^= 1;
    w.clob.on("POST /order", {.body = w.accepted(other, "live")});

    auto const answer = w.post(order);

    REQUIRE_FALSE(answer);
    CHECK(outcome_unknown(answer.error().fault));
}

TEST_CASE("ClobVenue never repeats a post, whatever the connection does", "[clob][venue]") {
    for (auto const then : {Reply::Then::reset, Reply::Then::hang}) {
        ClobWorld w;
        w.open();
        auto const order = w.prepared();
        w.clob.on("POST /order", {.then = then});

        auto const pending = w.start(w.venue->post(order, w.in(2s)));
        w.pass_until([&] { return pending->is_done(); });

        REQUIRE(pending->value);
        REQUIRE_FALSE(*pending->value);
        CHECK(outcome_unknown(pending->value->error().fault));
        CHECK(w.clob.count("POST /order") == 1);
    }
}

TEST_CASE("ClobVenue is certain when not one byte was written", "[clob][venue]") {
    ClobWorld w;
    w.open();
    auto const order = w.prepared();
    w.client.close_idle();
    w.clob.server().hang_handshakes();

    auto const pending = w.start(w.venue->post(order, w.in(2s)));
    w.pass_until([&] { return pending->is_done(); });

    REQUIRE_FALSE(*pending->value);
    CHECK(pending->value->error().fault == Fault::breaker_open);
    CHECK(w.clob.count("POST /order") == 0);
}

TEST_CASE("ClobVenue waits out a restart and then a post-only phase", "[clob][venue]") {
    Posted p{{.status = 425, .body = error_body("engine restarting")}};
    CHECK(p.session->state().phase(p.clock.utc_now()) == TradingState::Phase::restarting);
    CHECK(p.refuses_next());
    p.advance(Seconds{3});
    CHECK_FALSE(p.refuses_next());

    p.clob.on(
        "POST /order",
        {.status = 503,
         .body =
             R"({"error":"post-only mode: only post-only orders and cancels are allowed","code":"post_only_mode","retry_after_seconds":90})"
        }
    );
    auto const refused = p.post(p.prepared());

    REQUIRE(refused);
    CHECK(refused->status == Status::rejected);
    CHECK(p.refuses_next());
    auto resting = p.intent(TimeInForce::gtc);
    resting.post_only = true;
    CHECK_FALSE(p.venue->refusal(resting, p.clock.utc_now()).has_value());
    p.advance(Seconds{89});
    CHECK(p.refuses_next());
    p.advance(Seconds{2});
    CHECK_FALSE(p.refuses_next());
}

TEST_CASE("ClobVenue reads the order version again after a mismatch", "[clob][venue]") {
    Posted p{{.status = 400, .body = error_body("order_version_mismatch")}};

    REQUIRE(p.answer);
    CHECK(p.answer->status == Status::rejected);
    CHECK(p.refuses_next());
    p.supervisor.start(runtime::Stage::close, "session", p.session->run());
    p.run_until([&] { return p.session->order_version().has_value(); });
    CHECK_FALSE(p.refuses_next());
}

TEST_CASE("ClobVenue stops buying for the window when the venue finds no money", "[clob][venue]") {
    Posted p{{.status = 400, .body = error_body("not enough balance / allowance")}};

    CHECK(p.refuses_next());
    CHECK_FALSE(
        p.venue->refusal(p.intent(TimeInForce::fok, Side::sell), p.clock.utc_now()).has_value()
    );
    CHECK_FALSE(p.venue->refusal(p.intent(), p.market.window.end()).has_value());
}

TEST_CASE("ClobVenue posts a batch and gives each order its answer", "[clob][venue]") {
    ClobWorld w;
    w.open();
    auto const first = w.prepared(TimeInForce::gtc);
    auto const second = w.prepared(TimeInForce::gtc);
    w.clob.on(
        "POST /orders",
        {.body = "[" + w.accepted(first.id, "live") +
                 R"(,{"success":true,"errorMsg":"not enough balance / allowance","orderID":""}])"}
    );

    auto const answers = w.run(w.venue->post_batch({first, second}, w.in(2s)));

    REQUIRE(answers);
    REQUIRE(answers->size() == 2);
    CHECK((*answers)[0]->status == Status::live);
    CHECK((*answers)[1]->status == Status::rejected);
    CHECK(w.clob.last("POST /orders").body == "[" + first.bytes + "," + second.bytes + "]");
}

TEST_CASE("ClobVenue cancels and reads refusals of a cancel", "[clob][venue]") {
    ClobWorld w;
    w.open();
    auto const order = w.prepared(TimeInForce::gtc);
    auto const id = to_string(order.id);
    w.clob.on("DELETE /order", {.body = R"({"canceled":[")" + id + R"("],"not_canceled":{}})"});
    w.clob.then(
        "DELETE /order",
        {.body = R"({"canceled":[],"not_canceled":{")" + id + R"(":"already canceled or matched"}})"
        }
    );
    w.clob.then(
        "DELETE /order",
        {.body = R"({"canceled":[],"not_canceled":{")" + id + R"(":"order is delayed"}})"}
    );

    auto const cancelled = w.run(w.venue->cancel(order.id, w.in(2s)));
    auto const over = w.run(w.venue->cancel(order.id, w.in(2s)));
    auto const refused = w.run(w.venue->cancel(order.id, w.in(2s)));

    CHECK(cancelled);
    CHECK(over);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().fault == Fault::rejected);
    CHECK(w.clob.last("DELETE /order").body == R"({"orderID":")" + id + R"("})");
}

TEST_CASE("ClobVenue finds the fills of an order whose answer was lost", "[clob][venue]") {
    Posted p{{.status = 500, .body = error_body("could not run the execution")}};
    p.clob.on("GET /data/order", {.body = "null"});
    p.clob.on(
        "GET /data/trades", {.body = p.trades_page(p.trade_row("t-1", p.order.id, "10", "MATCHED"))}
    );

    auto const found = p.run(p.venue->look_up(p.order.id, p.in(2s)));

    REQUIRE(found);
    CHECK(found->status == Status::matched);
    CHECK(found->matched == shares(10));
    REQUIRE(p.events.size() == 1);
    auto const& fill = std::get<OwnTradeReport>(p.events[0]).report;
    CHECK(fill.order == p.order.id);
    CHECK(fill.fee == taker_fee(crypto_fee(), shares(10), cents(52), Rounding::up));
}

TEST_CASE("ClobVenue says not found of an order that the venue never had", "[clob][venue]") {
    Posted p{{.status = 500, .body = error_body("could not insert order")}};
    p.clob.on("GET /data/order", {.status = 404, .body = error_body("order not found")});

    auto const found = p.run(p.venue->look_up(p.order.id, p.in(2s)));

    REQUIRE(found);
    CHECK(found->status == Status::not_found);
}

TEST_CASE("ClobVenue reads the end of a resting order from its absence", "[clob][venue]") {
    ClobWorld w;
    w.open();
    auto const order = w.prepared(TimeInForce::gtc);
    w.clob.on("POST /order", {.body = w.accepted(order.id, "live")});
    REQUIRE(w.post(order));
    w.clob.on("GET /data/order", {.body = ""});

    auto const once = w.run(w.venue->look_up(order.id, w.in(2s)));
    auto const twice = w.run(w.venue->look_up(order.id, w.in(2s)));

    CHECK(once->status == Status::live);
    CHECK(twice->status == Status::cancelled);
}

TEST_CASE("ClobVenue waits for the trades that an answer announced", "[clob][venue]") {
    ClobWorld w;
    w.open();
    auto const order = w.prepared();
    w.clob.on("POST /order", {.body = w.accepted(order.id, "matched", R"("t-1","t-2")")});
    REQUIRE(w.post(order));
    w.clob.on("GET /data/order", {.body = "null"});
    w.clob.on(
        "GET /data/trades", {.body = w.trades_page(w.trade_row("t-1", order.id, "4", "MATCHED"))}
    );

    auto const part = w.run(w.venue->look_up(order.id, w.in(2s)));
    w.clob.on(
        "GET /data/trades",
        {.body = w.trades_page(
             w.trade_row("t-1", order.id, "4", "MINED") + "," +
             w.trade_row("t-2", order.id, "6", "MATCHED")
         )}
    );
    auto const whole = w.run(w.venue->look_up(order.id, w.in(2s)));

    CHECK(part->status == Status::live);
    CHECK(whole->status == Status::matched);
    CHECK(whole->matched == shares(10));
}

TEST_CASE("ClobVenue keeps to the venue's own rate budget", "[clob][venue]") {
    ClobWorld w;
    w.open();
    auto const first = w.prepared();
    w.clob.on(
        "POST /order",
        {.body = w.accepted(first.id, "live"),
         .headers = "Poly-RateLimit-Remaining: 0\r\nPoly-RateLimit-Reset: 1776081640\r\n"}
    );
    REQUIRE(w.post(first));

    auto const answer = w.post(w.prepared());

    REQUIRE_FALSE(answer);
    CHECK(answer.error().fault == Fault::breaker_open);
    CHECK(w.clob.count("POST /order") == 1);
}

#include "connectors/json/dom.hpp"
#include "connectors/polymarket/parse/listing.hpp"
#include "connectors/polymarket/parse/market_channel.hpp"
#include "connectors/polymarket/parse/order_answer.hpp"
#include "connectors/polymarket/parse/own_orders.hpp"
#include "tests/connectors/sandbox/clob/clob_world.hpp"
#include "tests/support/catch.hpp"

namespace polyquant::sandbox {

using namespace testing;
using net::Method;

namespace testing {

RemoteTrader::RemoteTrader(ClobWorld& world, std::size_t n) : at{world}, signer{test_signer(n)} {
    auto const answer = at.ask(
        Method::post, "/auth/api-key", {}, crypto::l1_headers(*signer, at.unix_now(), 0, 137)
    );
    simdjson::dom::parser parser;
    auto const root = json::parse(parser, answer.body, "test").value();
    key = json::text(root, "apiKey");
    secret = json::text(root, "secret");
    passphrase = json::text(root, "passphrase");
    crypto::ApiCredentials credentials{
        key,
        crypto::SecretBytes{crypto::bytes_of(secret)},
        crypto::SecretBytes{crypto::bytes_of(passphrase)}
    };
    requests.emplace(
        crypto::RequestSigner::create(signer->address(), std::move(credentials)).value()
    );
    orders.emplace(polymarket::OrderSigner::create(
                       signer,
                       {polymarket::SignatureType::eoa, signer->address()},
                       at.world.markets().contracts(),
                       key
    )
                       .value());
}

} // namespace testing

namespace {

std::string member_text(std::string const& body, std::string_view key) {
    simdjson::dom::parser parser;
    return json::text_or_number(json::parse(parser, body, "test").value(), key);
}

} // namespace

TEST_CASE("CLOB reads are understood by the engine's own parsers", "[sandbox][clob]") {
    ClobWorld clob;
    auto const token = to_string(clob.market->market.up);
    auto const now = clob.clock.utc_now();

    CHECK(
        polymarket::parse_server_time(clob.read("/time").body).value() ==
        std::chrono::floor<Seconds>(now)
    );
    CHECK(polymarket::parse_order_version(clob.read("/version").body).value() == 2);
    CHECK(clob.read("/ok").body == "\"OK\"");

    auto const book = polymarket::parse_book(clob.read("/book?token_id=" + token).body, now);
    REQUIRE(book);
    CHECK(book->market == clob.market->market.condition);
    CHECK(book->tick == clob.market->market.tick);
    auto const hash = polymarket::book_hash(
        book->market,
        book->book.token,
        unix_millis(book->book.at.venue_time),
        book->book.bids,
        book->book.asks,
        {*book->min_order_size, *book->tick, *book->neg_risk, book->last_trade}
    );
    CHECK(book->hash == hash);
    auto const books = polymarket::parse_books(
        clob.ask(Method::post, "/books", R"([{"token_id":")" + token + R"("}])").body, now
    );
    CHECK(books.value().size() == 1);

    auto const condition = to_string(clob.market->market.condition);
    auto const view = polymarket::parse_clob_market(clob.read("/clob-markets/" + condition).body);
    REQUIRE(view);
    CHECK(polymarket::disagreement(clob.market->market, *view).empty());
    CHECK(view->has_taker_delay);
}

TEST_CASE("CLOB answers the small questions", "[sandbox][clob]") {
    ClobWorld clob;
    auto const token = to_string(clob.market->market.up);
    auto const top = clob.world.exchange().top(clob.market->market.up);
    REQUIRE((top.bid && top.ask));

    CHECK(
        member_text(clob.read("/price?side=BUY&token_id=" + token).body, "price") ==
        to_string(top.bid->price)
    );
    CHECK(
        member_text(clob.read("/price?side=SELL&token_id=" + token).body, "price") ==
        to_string(top.ask->price)
    );
    CHECK(
        member_text(clob.read("/spread?token_id=" + token).body, "spread") ==
        to_string(top.ask->price - top.bid->price)
    );
    CHECK(clob.read("/tick-size?token_id=" + token).body == R"({"minimum_tick_size":0.01})");
    CHECK(clob.read("/neg-risk?token_id=" + token).body == R"({"neg_risk":false})");
    CHECK(clob.read("/fee-rate?token_id=" + token).body == R"({"base_fee":1000})");
    CHECK(member_text(clob.read("/markets-by-token/" + token).body, "primary_token_id") == token);
    CHECK(clob.read("/book?token_id=12").status == 404);
    CHECK(
        clob.read("/book?token_id=12").body ==
        R"({"error":"No orderbook exists for the requested token id"})"
    );
    CHECK(clob.read("/prices-history?market=" + token).status == 400);
    CHECK(clob.read("/prices-history?interval=1h&market=" + token).status == 200);
}

TEST_CASE("CLOB pages through every market once", "[sandbox][clob]") {
    ClobOptions options;
    options.page_rows = 7;
    ClobWorld clob{options};
    std::set<std::string> seen;
    std::string cursor = "MA==";
    auto rows = std::size_t{0};

    while (cursor != "LTE=") {
        auto const body = clob.read("/markets?next_cursor=" + cursor).body;
        simdjson::dom::parser parser;
        auto const root = json::parse(parser, body, "test").value();
        for (auto row : root["data"].get_array().value()) {
            seen.emplace(json::text(row, "condition_id"));
            ++rows;
        }
        cursor = json::text(root, "next_cursor");
    }

    CHECK(rows == seen.size());
    CHECK(rows == clob.world.markets().all().size());
}

TEST_CASE("CLOB creates a key, derives it again and funds its wallet", "[sandbox][clob]") {
    ClobWorld clob;
    auto const none = clob.ask(
        Method::get,
        "/auth/derive-api-key",
        {},
        crypto::l1_headers(*test_signer(0), clob.unix_now(), 0, 137)
    );
    RemoteTrader const trader{clob, 0};
    auto const again = clob.ask(
        Method::get,
        "/auth/derive-api-key",
        {},
        crypto::l1_headers(*test_signer(0), clob.unix_now(), 0, 137)
    );

    CHECK(none.status == 400);
    CHECK(none.body == R"({"error":"Could not derive api key!"})");
    CHECK(member_text(again.body, "apiKey") == trader.key);
    CHECK(member_text(again.body, "secret") == trader.secret);
    RemoteTrader same{clob, 0};
    auto const balance =
        same.ask(Method::get, "/balance-allowance", {}, "?asset_type=COLLATERAL&signature_type=0");
    auto const parsed = polymarket::parse_balance_allowance(balance.status, balance.body);
    REQUIRE(parsed);
    CHECK(parsed->balance_micros == usd(1'000).micros());
    CHECK(parsed->allowances.size() == 3);
}

TEST_CASE("CLOB refuses strangers with the venue's words", "[sandbox][clob]") {
    ClobWorld clob;
    RemoteTrader trader{clob, 0};
    auto headers = trader.requests->headers(clob.unix_now(), "GET", "/data/orders", "");
    auto const with = [&](std::string_view name, std::string value) {
        auto changed = headers;
        for (auto& [key, text] : changed)
            if (key == name) text = std::move(value);
        return clob.ask(Method::get, "/data/orders", {}, changed);
    };

    CHECK(clob.ask(Method::get, "/data/orders", {}, headers).status == 200);
    CHECK(clob.read("/data/orders").status == 401);
    CHECK(clob.read("/data/orders").body == R"({"error":"Unauthorized/Invalid api key"})");
    CHECK(with("POLY_SIGNATURE", "AAAA").status == 401);
    CHECK(with("POLY_PASSPHRASE", "guess").status == 401);
    CHECK(with("POLY_TIMESTAMP", std::to_string(clob.unix_now() - 60)).status == 401);
    CHECK(
        clob.ask(Method::post, "/auth/api-key").body == R"({"error":"Invalid L1 Request headers"})"
    );
}

TEST_CASE("CLOB takes an order, shows it, cancels it", "[sandbox][clob]") {
    ClobWorld clob;
    RemoteTrader trader{clob, 0};
    auto const order = trader.sign(Side::buy, cents(2), shares(60), TimeInForce::gtc);
    auto const now = clob.clock.utc_now();

    auto const posted = trader.ask(Method::post, "/order", order.body);
    auto const answer = polymarket::parse_order_answer(posted.status, posted.body);
    REQUIRE(answer);
    CHECK(answer->order == order.id);
    CHECK(answer->status == OrderReport::Status::live);
    CHECK(posted.header("Poly-RateLimit-Tier") == "Standard");

    auto const one = trader.ask(Method::get, "/data/order/" + to_string(order.id));
    auto const open = polymarket::parse_open_order(one.body, now);
    REQUIRE((open && *open));
    CHECK((*open)->report.status == OrderReport::Status::live);
    CHECK((*open)->original_size == shares(60));
    auto const all =
        polymarket::parse_open_orders(trader.ask(Method::get, "/data/orders").body, now);
    CHECK(all.value().rows.size() == 1);

    auto const gone = trader.ask(Method::delete_, "/order", polymarket::cancel_body(order.id));
    auto const cancelled = polymarket::parse_cancel_answer(gone.status, gone.body);
    CHECK(cancelled.value().cancelled == std::vector{order.id});
    CHECK_FALSE(*polymarket::parse_open_order(
        trader.ask(Method::get, "/data/order/" + to_string(order.id)).body, now
    ));
    auto const twice = trader.ask(Method::delete_, "/order", polymarket::cancel_body(order.id));
    auto const refused = polymarket::parse_cancel_answer(twice.status, twice.body).value().refused;
    CHECK(polymarket::is_already_over(refused.at(order.id)));
    auto const again = trader.ask(Method::post, "/order", order.body);
    CHECK(
        polymarket::parse_order_answer(again.status, again.body)->reason ==
        polymarket::RejectReason::duplicated
    );
}

TEST_CASE("CLOB fills a marketable order after its delay and lists the trades", "[sandbox][clob]") {
    ClobWorld clob;
    RemoteTrader trader{clob, 0};
    auto const ask = clob.world.exchange().top(clob.market->market.up).ask->price;
    auto const order = trader.sign(Side::buy, ask + cents(3), shares(10), TimeInForce::fak);

    auto const posted = trader.ask(Method::post, "/order", order.body);
    auto const answer = polymarket::parse_order_answer(posted.status, posted.body);
    clob.pass(Seconds{20});
    INFO(clob.world.exchange().find_order(order.id)->status);
    auto const listed = trader.ask(Method::get, "/data/trades");
    auto const trades = polymarket::parse_trades(listed.body, trader.key, clob.clock.utc_now());

    CHECK(answer.value().status == OrderReport::Status::delayed);
    REQUIRE(trades);
    REQUIRE_FALSE(trades->rows.empty());
    Shares bought;
    for (auto const& trade : trades->rows) {
        REQUIRE(trade.fills.size() == 1);
        CHECK(trade.fills[0].order == order.id);
        CHECK(trade.fills[0].state == TradeState::confirmed);
        CHECK(trade.transaction_hash.size() == 66);
        bought += trade.fills[0].size;
    }
    auto const balance = trader.ask(
        Method::get,
        "/balance-allowance",
        {},
        "?asset_type=CONDITIONAL&signature_type=0&token_id=" + to_string(clob.market->market.up)
    );
    CHECK(
        polymarket::parse_balance_allowance(balance.status, balance.body)->balance_micros ==
        bought.micros()
    );
    CHECK(clob.world.exchange().audit().defects == std::vector<std::string>{});
}

TEST_CASE("CLOB answers a batch leg by leg", "[sandbox][clob]") {
    ClobWorld clob;
    RemoteTrader trader{clob, 0};
    std::array const legs{
        trader.sign(Side::buy, cents(2), shares(60), TimeInForce::gtc),
        trader.sign(Side::sell, cents(98), shares(60), TimeInForce::gtc),
    };

    auto const body = polymarket::batch_body(legs).value();
    auto const posted = trader.ask(Method::post, "/orders", body);
    auto const answers = polymarket::parse_batch_answer(posted.status, posted.body, 2);

    REQUIRE(answers);
    CHECK((*answers)[0].status == OrderReport::Status::live);
    CHECK((*answers)[1].reason == polymarket::RejectReason::not_enough_balance);
    auto const all = trader.ask(Method::delete_, "/cancel-all");
    CHECK(polymarket::parse_cancel_answer(all.status, all.body)->cancelled.size() == 1);
}

TEST_CASE("CLOB keeps a heartbeat and names the id it expected", "[sandbox][clob]") {
    ClobWorld clob;
    RemoteTrader trader{clob, 0};
    auto const beat = [&](std::string const& id) {
        auto const answer =
            trader.ask(Method::post, "/v1/heartbeats", R"({"heartbeat_id":")" + id + "\"}");
        return polymarket::parse_heartbeat(answer.status, answer.body).value();
    };

    auto const first = beat("");
    auto const second = beat(first.id);
    auto const wrong = beat(first.id);

    CHECK_FALSE(second.mismatch);
    CHECK(wrong.mismatch);
    CHECK(wrong.id == second.id);
}

TEST_CASE("CLOB limits the orders of one signer", "[sandbox][clob]") {
    ClobWorld clob;
    RemoteTrader trader{clob, 0};
    auto limited = 0;

    for (int n = 0; n < 62; ++n) {
        auto const order = trader.sign(Side::buy, cents(1), shares(100), TimeInForce::gtc);
        auto const answer = trader.ask(Method::post, "/order", order.body);
        if (answer.status != 429) continue;
        ++limited;
        CHECK(answer.header("Retry-After") == "1");
        CHECK(answer.header("Poly-RateLimit-Remaining") == "0");
    }

    CHECK(limited == 2);
}

TEST_CASE("CLOB answers 425 while it restarts, then takes post-only orders", "[sandbox][clob]") {
    ClobWorld clob;
    RemoteTrader trader{clob, 0};
    clob.world.exchange().restart(clob.clock.utc_now(), Seconds{30});
    auto const post = [&] {
        auto const order = trader.sign(Side::buy, cents(1), shares(100), TimeInForce::gtc);
        return trader.ask(Method::post, "/order", order.body);
    };

    CHECK(post().status == 425);
    clob.pass(Seconds{31});
    auto const answer = post();
    CHECK(answer.status == 503);
    CHECK(member_text(answer.body, "code") == "post_only_mode");
    CHECK(answer.header("Retry-After") == "119");
    CHECK(
        polymarket::parse_error(answer.status, answer.body).reason ==
        polymarket::RejectReason::post_only_mode
    );
}

} // namespace polyquant::sandbox

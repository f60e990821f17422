#include "connectors/polymarket/clob/clob_desk.hpp"
#include "tests/connectors/net/ws_test_server.hpp"
#include "tests/connectors/polymarket/clob/clob_world.hpp"

using namespace polyquant;
using namespace polyquant::polymarket;
using namespace polyquant::polymarket::testing;
using net::testing::WsPeer;
using net::testing::WsTestServer;

namespace {

struct HeartWorld : ClobWorld {
    bool wanted = true;
    Heartbeat heart{*session, [this] { return wanted; }, {}};

    HeartWorld() { open(); }

    void start() { supervisor.start(runtime::Stage::close, "heart", heart.run()); }
};

constexpr auto beaten = R"({"heartbeat_id":"next-id"})";

} // namespace

TEST_CASE("Heartbeat sends the id that the venue gave last", "[clob][heartbeat]") {
    HeartWorld w;
    w.clob.on("POST /v1/heartbeats", {.body = beaten});
    w.start();

    w.pass_until([&] { return w.heart.beats() == 2; });

    CHECK(w.clob.requests.at(w.clob.requests.size() - 2).body == R"({"heartbeat_id":""})");
    CHECK(w.clob.last("POST /v1/heartbeats").body == R"({"heartbeat_id":"next-id"})");
    CHECK_FALSE(w.heart.refusal().has_value());
}

TEST_CASE("Heartbeat takes the expected id from a mismatch", "[clob][heartbeat]") {
    HeartWorld w;
    w.clob.on(
        "POST /v1/heartbeats",
        {.status = 400, .body = R"({"error":"Invalid Heartbeat ID","heartbeat_id":"right"})"}
    );
    w.clob.then("POST /v1/heartbeats", {.body = beaten});

    REQUIRE(w.run(w.heart.ensure(w.in(2s))));

    CHECK(w.clob.last("POST /v1/heartbeats").body == R"({"heartbeat_id":"right"})");
}

TEST_CASE("Heartbeat that fails refuses new orders until it works again", "[clob][heartbeat]") {
    HeartWorld w;
    w.clob.on("POST /v1/heartbeats", {.status = 500, .body = "{}"});
    w.start();

    w.pass_until([&] { return w.heart.is_failing(); });
    CHECK(w.heart.refusal().has_value());
    w.clob.on("POST /v1/heartbeats", {.body = beaten});
    w.pass_until([&] { return w.heart.beats() == 1; });

    CHECK_FALSE(w.heart.refusal().has_value());
}

TEST_CASE("Heartbeat is silent while nothing rests", "[clob][heartbeat]") {
    HeartWorld w;
    w.wanted = false;
    w.start();
    auto const later = w.in(30s);

    w.pass_until([&] { return w.clock.now() >= later; });

    CHECK(w.clob.count("POST /v1/heartbeats") == 0);
}

TEST_CASE("ClobVenue arms the dead-man switch before a resting order leaves", "[clob][heartbeat]") {
    HeartWorld w;
    w.venue->before_resting([&](Instant deadline) { return w.heart.ensure(deadline); });
    w.clob.on("POST /v1/heartbeats", {.status = 500, .body = "{}"});
    auto const order = w.prepared(TimeInForce::gtc);

    auto const answer = w.post(order);

    REQUIRE_FALSE(answer);
    CHECK(answer.error().fault == Fault::breaker_open);
    CHECK(w.clob.count("POST /order") == 0);
}

TEST_CASE(
    "ClobAccountBook reads orders, trades, money and tokens of one moment", "[clob][account]"
) {
    ClobWorld w;
    w.open();
    ClobAccountBook book{*w.session, w.market_of(), {}};
    OrderId id;
    id.bytes[31] = 7;
    w.clob.on(
        "GET /balance-allowance",
        {.body =
             R"({"balance":"1000000","allowances":{"0xE111180000d2663C0091e4f400237545B87B996B":"5000000"}})"
        }
    );
    w.clob.on("GET /data/orders", {.body = R"({"data":[],"next_cursor":"LTE="})"});
    w.clob.on(
        "GET /data/trades", {.body = w.trades_page(w.trade_row("t-1", id, "10", "CONFIRMED"))}
    );

    auto const view = w.run(book.view({w.clock.utc_now() - 900s, {w.market.up}}, w.in(5s)));

    REQUIRE(view);
    CHECK(view->collateral == usd(1));
    CHECK(view->tokens.at(w.market.up) == shares(1));
    REQUIRE(view->trades.size() == 1);
    CHECK(view->trades[0].report.state == TradeState::confirmed);
    CHECK(book.allowance(ProtocolVersion::v1, false) == 5'000'000);
    CHECK(book.allowance(ProtocolVersion::v2, false) == 0);
}

TEST_CASE("ClobAccountBook does not mix two moments", "[clob][account]") {
    ClobWorld w;
    w.open();
    ClobAccountBook book{*w.session, w.market_of(), {}};
    w.clob.on("GET /balance-allowance", {.body = R"({"balance":"1000000","allowances":{}})"});
    w.clob.then("GET /balance-allowance", {.body = R"({"balance":"900000","allowances":{}})"});
    w.clob.on("GET /data/orders", {.body = R"({"data":[],"next_cursor":"LTE="})"});

    auto const view = w.run(book.view({}, w.in(5s)));

    CHECK_FALSE(view);
}

TEST_CASE("ClobDesk refuses orders until its user channel is up", "[clob][desk]") {
    NetWorld world;
    ClobWorld w;
    auto connected = false;
    WsTestServer stream{w.io, Trust::shared().venue, [&](WsPeer& peer) -> Task<void> {
                            co_await peer.read();
                            connected = true;
                            co_await peer.hang();
                        }};
    ClobAccount account;
    account.signer = anvil_signer();
    account.credentials = test_credentials();
    ClobDesk::Options options;
    options.session.base = url_of(w.clob.server(), "/");
    options.stream = net::parse_url("wss://venue.test:" + std::to_string(stream.port())).value();
    std::vector<std::string> doubts;
    ClobDesk::Hooks hooks;
    hooks.publish = [](Event const&) {
    };
    hooks.market_of = w.market_of();
    hooks.doubt = [&](std::string const& why) {
        doubts.push_back(why);
    };
    net::EndpointGroups groups;
    net::HttpsClient https{w.dialer, groups, net::random_from_seed(1), {}};
    net::NetContext context{
        w.io.get_executor(),
        w.clock,
        w.supervisor,
        w.dialer,
        groups,
        https,
        net::random_from_seed(2)
    };
    auto desk = ClobDesk::create(context, std::move(account), std::move(options), hooks).value();
    REQUIRE(w.run(desk->open(w.in(5s))));

    CHECK(desk->orders().refusal(w.intent(), w.clock.utc_now()).has_value());
    desk->start();
    w.run_until([&] { return connected; });

    CHECK_FALSE(desk->orders().refusal(w.intent(), w.clock.utc_now()).has_value());
    CHECK(doubts.size() == 1);
    auto stop = [](runtime::Supervisor& s) -> Task<bool> {
        auto const report = co_await s.stop();
        co_return report.clean();
    };
    CHECK(w.run(stop(w.supervisor)));
}

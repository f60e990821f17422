#include "tests/connectors/net/server/server_world.hpp"
#include "tests/support/catch.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

using namespace polyquant;
using namespace polyquant::net;
using namespace polyquant::net::testing;
using server::HttpCall;
using server::HttpReply;
using server::HttpServer;
using server::Router;

namespace {

Router echoing() {
    Router router;
    router.add_plain(Method::get, "/hello/{name}", [](HttpCall const& call) {
        return server::json_reply(
            "[\"" + std::string{call.parameter("name")} + "\",\"" +
            std::string{call.field("q").value_or("-")} + "\"]"
        );
    });
    router.add_plain(Method::post, "/echo", [](HttpCall const& call) {
        return server::text_reply(call.body);
    });
    return router;
}

// What a plain TCP client gets for these bytes, until the server closes.
std::string raw_exchange(ServerWorld& world, std::string const& bytes) {
    auto op = [](std::uint16_t port, std::string sent) -> Task<std::string> {
        asio::ip::tcp::socket socket{co_await asio::this_coro::executor};
        co_await socket.async_connect(
            {asio::ip::address_v4::loopback(), port}, asio::use_awaitable
        );
        co_await asio::async_write(socket, asio::buffer(sent), asio::use_awaitable);
        std::string got;
        boost::system::error_code error;
        co_await asio::async_read(
            socket, asio::dynamic_buffer(got), asio::redirect_error(asio::use_awaitable, error)
        );
        co_return got;
    };
    auto const pending = world.start(op(world.http->port(), bytes));
    world.pass_until([&] { return pending->is_done(); });
    return pending->value.value();
}

void serve_plain(ServerWorld& world, Router router, HttpServer::Options options = {}) {
    options.name = "plain";
    auto made = HttpServer::listen(
        world.io.get_executor(),
        world.clock,
        world.supervisor,
        std::move(router),
        std::move(options)
    );
    world.http = std::move(made.value());
}

} // namespace

TEST_CASE("HttpServer answers path, query and body over TLS", "[net][server]") {
    ServerWorld world;
    world.serve(echoing());

    auto const got = world.get("/hello/b%20c?q=1%2F2");
    auto const echoed =
        world.run(world.client.send(world.posting("/echo", "abc"), world.in(Seconds{9})));

    REQUIRE(got.has_value());
    CHECK(got->status == 200);
    CHECK(got->body == R"(["b c","1/2"])");
    CHECK(got->header("Content-Type") == "application/json");
    CHECK(got->header("Date") == "Mon, 13 Apr 2026 12:00:10 GMT");
    CHECK(echoed.value().body == "abc");
    CHECK(world.failures.empty());
}

TEST_CASE("HttpServer keeps a connection for the next request", "[net][server]") {
    ServerWorld world;
    world.serve(echoing());

    for (auto i = 0; i < 3; ++i)
        REQUIRE(world.get("/hello/x").has_value());

    CHECK(world.http->statistics().connections == 1);
    CHECK(world.http->statistics().requests == 3);
}

TEST_CASE("HttpServer says what is wrong with a request it does not serve", "[net][server]") {
    ServerWorld world;
    world.serve(echoing());

    auto const unknown = world.get("/nothing").value();
    auto const method = world.get("/echo").value();

    CHECK(unknown.status == 404);
    CHECK(method.status == 405);
    CHECK(method.header("Allow") == "POST");
}

TEST_CASE("HttpServer bounds what a request may be", "[net][server]") {
    ServerWorld world;
    serve_plain(world, echoing());

    SECTION("the head") {
        auto const head = "GET /hello/x HTTP/1.1\r\nX: " + std::string(40'000, 'x');
        CHECK(raw_exchange(world, head).starts_with("HTTP/1.1 431 "));
    }
    SECTION("the body") {
        auto const head = "POST /echo HTTP/1.1\r\nContent-Length: 1048577\r\n\r\n";
        CHECK(raw_exchange(world, head).starts_with("HTTP/1.1 413 "));
    }
    SECTION("the time") {
        auto const started = world.clock.now();
        CHECK(raw_exchange(world, "GET /hello/x HT").starts_with("HTTP/1.1 408 "));
        CHECK(world.clock.now() - started >= Seconds{10});
    }
    SECTION("the form") {
        CHECK(raw_exchange(world, "nonsense\r\n\r\n").starts_with("HTTP/1.1 400 "));
    }
    SECTION("the method") {
        CHECK(raw_exchange(world, "BREW / HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 501 "));
    }
}

TEST_CASE("HttpServer serves pipelined requests in their order", "[net][server]") {
    ServerWorld world;
    serve_plain(world, echoing());

    auto const answers = raw_exchange(
        world, "GET /hello/1 HTTP/1.1\r\n\r\nGET /hello/2 HTTP/1.1\r\nConnection: close\r\n\r\n"
    );

    auto const first = answers.find(R"(["1","-"])");
    auto const second = answers.find(R"(["2","-"])");
    REQUIRE(first != std::string::npos);
    REQUIRE(second != std::string::npos);
    CHECK(first < second);
}

TEST_CASE("HttpServer invites a body that waits for it", "[net][server]") {
    ServerWorld world;
    serve_plain(world, echoing());

    auto const answer = raw_exchange(
        world,
        "POST /echo HTTP/1.1\r\nExpect: 100-continue\r\nConnection: close\r\n"
        "Content-Length: 3\r\n\r\nabc"
    );

    CHECK(answer.starts_with("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"));
    CHECK(answer.ends_with("\r\n\r\nabc"));
}

TEST_CASE("HttpServer answers HEAD with the length and without the body", "[net][server]") {
    ServerWorld world;
    serve_plain(world, echoing());

    auto const answer = raw_exchange(world, "HEAD /hello/x HTTP/1.1\r\nConnection: close\r\n\r\n");

    CHECK(answer.find("Content-Length: 9\r\n") != std::string::npos);
    CHECK(answer.ends_with("\r\n\r\n"));
}

TEST_CASE("HttpServer turns a throwing handler into a 500 and reports it", "[net][server]") {
    ServerWorld world;
    Router router;
    router.add_plain(Method::get, "/", [](HttpCall const&) -> HttpReply {
        throw std::runtime_error{"broken"};
    });
    world.serve(std::move(router));

    auto const answer = world.get("/").value();

    CHECK(answer.status == 500);
    CHECK(answer.body.find("broken") == std::string::npos);
    REQUIRE(world.troubles.size() == 1);
    CHECK(world.troubles[0].detail.find("broken") != std::string::npos);
    CHECK(world.failures.empty());
}

TEST_CASE("HttpServer cuts a handler off at its limit", "[net][server]") {
    ServerWorld world;
    Router router;
    router.add(Method::get, "/", [&](HttpCall) -> Task<HttpReply> {
        co_await world.clock.sleep_for(std::chrono::hours{1});
        co_return server::json_reply("late");
    });
    world.serve(std::move(router));

    StageLimits patient;
    patient.read = std::chrono::hours{1};
    Dialer dialer{world.io.get_executor(), world.clock, world.resolver, world.tls, {}, patient};
    HttpsClient client{dialer, world.groups, random_from_seed(2), {}};
    auto const asked = world.clock.now();
    auto const pending =
        world.start(client.send(get_request(world.url()), world.in(std::chrono::hours{1})));
    world.pass_until([&] { return pending->is_done(); });

    CHECK(pending->value->value().status == 504);
    CHECK(world.clock.now() - asked >= Seconds{30});
}

TEST_CASE("HttpServer refuses connections above its bound", "[net][server]") {
    ServerWorld world;
    HttpServer::Options options;
    options.limits.connections_max = 1;
    world.serve(echoing(), std::move(options));
    REQUIRE(world.get("/hello/x").has_value()); // stays open, idle

    HttpsClient second{world.dialer, world.groups, random_from_seed(2), {}};
    auto const answer =
        world.run(second.send(get_request(world.url("/hello/x")), world.in(Seconds{9})));

    REQUIRE(answer.has_error());
    CHECK(answer.error().fault == Fault::transport);
    CHECK(world.http->statistics().refused >= 1);
}

TEST_CASE("HttpServer asks its gate first and lets finish() see every answer", "[net][server]") {
    ServerWorld world;
    auto router = echoing();
    auto restarting = true;
    router.set_gate([&](HttpCall const&) -> std::optional<HttpReply> {
        if (!restarting) return std::nullopt;
        return server::json_reply(R"({"error":"restarting"})", 425);
    });
    router.set_finish([](HttpCall const& call, HttpReply& reply) {
        reply.headers.push_back({"X-Path", call.path});
    });
    world.serve(std::move(router));

    auto const before = world.get("/hello/x").value();
    restarting = false;
    auto const after = world.get("/hello/x").value();

    CHECK(before.status == 425);
    CHECK(before.header("X-Path") == "/hello/x");
    CHECK(after.status == 200);
}

TEST_CASE("HttpServer listens without TLS on the loopback only", "[net][server]") {
    ServerWorld world;
    HttpServer::Options options;
    options.address = "0.0.0.0";

    auto const made = HttpServer::listen(
        world.io.get_executor(), world.clock, world.supervisor, echoing(), std::move(options)
    );

    REQUIRE(made.has_error());
    CHECK(made.error().fault == Fault::invalid);
}

TEST_CASE("HttpServer says which port is taken", "[net][server]") {
    ServerWorld world;
    world.serve(echoing());
    HttpServer::Options options;
    options.port = world.http->port();

    auto const made = HttpServer::listen(
        world.io.get_executor(), world.clock, world.supervisor, echoing(), std::move(options)
    );

    REQUIRE(made.has_error());
    CHECK(made.error().fault == Fault::transport);
    CHECK(made.error().detail.find(std::to_string(world.http->port())) != std::string::npos);
}

TEST_CASE("HttpServer shows new credentials to new connections only", "[net][server]") {
    ServerWorld world;
    world.serve(echoing());
    REQUIRE(world.get("/hello/x").has_value());
    auto const& other = Trust::shared().other;
    REQUIRE(world.http->switch_credentials({other.certificate_pem, other.key_pem}).has_value());

    auto const warm = world.get("/hello/x");
    world.client.close_idle();
    auto const fresh = world.get("/hello/x");

    CHECK(warm.has_value());
    REQUIRE(fresh.has_error());
    CHECK(fresh.error().fault == Fault::invalid);
    world.pass_until([&] { return world.http->statistics().handshakes_failed == 1; });
}

TEST_CASE("HttpServer stops in order with idle connections open", "[net][server]") {
    ServerWorld world;
    world.serve(echoing());
    REQUIRE(world.get("/hello/x").has_value());

    auto const report = world.stop();

    CHECK(report.clean());
    CHECK(world.http->statistics().open == 0);
    auto const after = world.get("/hello/x");
    REQUIRE(after.has_error());
    CHECK(world.failures.empty());
}

TEST_CASE("HttpServer may be destroyed while connections live", "[net][server]") {
    ServerWorld world;
    world.serve(echoing());
    REQUIRE(world.get("/hello/x").has_value());

    world.http.reset();
    world.pass_until([&] { return world.supervisor.running().empty(); });

    CHECK(world.failures.empty());
}

#include "connectors/net/ws_client.hpp"
#include "tests/connectors/net/net_world.hpp"
#include "tests/connectors/net/ws_test_server.hpp"
#include "tests/support/catch.hpp"

using namespace polyquant;
using namespace polyquant::net;
using namespace polyquant::net::testing;

namespace {

Task<void> echo(WsPeer& peer) {
    for (;;) {
        auto text = co_await peer.read();
        if (!text) co_return;
        co_await peer.write(std::move(*text));
    }
}

struct Fixture : NetWorld {
    std::vector<std::string> failures{};
    runtime::Supervisor supervisor{
        io.get_executor(),
        clock,
        [this](std::string const& name, Failure const& failure) {
            failures.push_back(name + ": " + describe(failure));
        }
    };
    WsTestServer server;
    WsClient client;

    explicit Fixture(WsTestServer::Script script, WsClient::Options options = {})
        : server{io, Trust::shared().venue, std::move(script)},
          client{dialer, supervisor, "test.ws", std::move(options)} {}

    WsRequest request(Headers headers = {}) const {
        auto const text = "wss://venue.test:" + std::to_string(server.port()) + "/ws/market";
        return {parse_url(text).value(), std::move(headers)};
    }

    Result<void> open(Headers headers = {}) {
        // Result<void> through the helper, which wants a value.
        auto op = [](WsClient& c, WsRequest r, Instant end) -> Task<bool> {
            auto const opened = co_await c.open(std::move(r), end);
            co_return opened.has_value();
        };
        if (run(op(client, request(std::move(headers)), in(Seconds{10})))) return {};
        return client.loss().failure;
    }

    Result<WsFrame> next() { return run(client.next()); }
};

} // namespace

TEST_CASE("WsClient echoes through TLS and compression", "[net][ws]") {
    auto const deflate = GENERATE(true, false);
    WsClient::Options options;
    options.deflate = deflate;
    Fixture f{echo, options};
    REQUIRE(f.open().has_value());
    std::string const large(200'000, 'x');

    for (auto const* const text : {"a", "", "{\"type\":\"book\"}"})
        REQUIRE(f.client.post(text));
    REQUIRE(f.client.post(large));

    CHECK(f.next().value().payload == "a");
    CHECK(f.next().value().payload.empty());
    CHECK(f.next().value().payload == "{\"type\":\"book\"}");
    CHECK(f.next().value().payload == large);
    CHECK(f.client.is_compressed() == deflate);
}

TEST_CASE("WsClient sends its headers with the upgrade", "[net][ws]") {
    std::string seen;
    Fixture f{[&](WsPeer& peer) -> Task<void> {
        seen = peer.upgrade_request();
        co_await peer.hang();
    }};

    REQUIRE(f.open({{"Authorization", "Bearer x"}}).has_value());
    f.run_until([&] { return !seen.empty(); });

    CHECK(seen.starts_with("GET /ws/market HTTP/1.1\r\n"));
    CHECK(seen.find("Host: venue.test:" + std::to_string(f.server.port())) != std::string::npos);
    CHECK(seen.find("User-Agent: polyquant\r\n") != std::string::npos);
    CHECK(seen.find("Authorization: Bearer x\r\n") != std::string::npos);
}

TEST_CASE("WsClient keeps the order of a burst and stamps each frame", "[net][ws]") {
    Fixture f{[](WsPeer& peer) -> Task<void> {
        for (auto i = 0; i < 500; ++i)
            co_await peer.write(std::to_string(i));
        co_await peer.hang();
    }};
    REQUIRE(f.open().has_value());

    for (auto i = 0; i < 500; ++i) {
        auto const frame = f.next();
        REQUIRE(frame.value().payload == std::to_string(i));
        REQUIRE(frame->received_at == f.clock.now());
        REQUIRE(frame->received_utc == f.clock.utc_now());
    }
}

TEST_CASE("WsClient surfaces the server's close code after the last frame", "[net][ws]") {
    auto const code = GENERATE(std::uint16_t{1000}, std::uint16_t{1001}, std::uint16_t{4001});
    Fixture f{[code](WsPeer& peer) -> Task<void> {
        co_await peer.write("last words");
        co_await peer.close(code, "because");
    }};
    REQUIRE(f.open().has_value());

    CHECK(f.next().value().payload == "last words");
    auto const end = f.next();

    CHECK(end.error().fault == Fault::transport);
    CHECK(f.client.loss().close_code == code);
    CHECK(f.client.loss().close_reason == "because");
    CHECK(f.next().error().fault == Fault::transport);
    CHECK_FALSE(f.client.post("too late"));
}

TEST_CASE("WsClient reports a reset without a close code", "[net][ws]") {
    Fixture f{[](WsPeer& peer) -> Task<void> {
        co_await peer.read();
        peer.reset();
    }};
    REQUIRE(f.open().has_value());
    f.client.post("go");

    CHECK(f.next().error().fault == Fault::transport);
    CHECK(f.client.loss().close_code == 0);
}

TEST_CASE("WsClient answers control pings and counts them as life", "[net][ws]") {
    auto pongs = 0;
    Fixture f{[&](WsPeer& peer) -> Task<void> {
        co_await peer.read();
        co_await peer.ping("1234");
        co_await peer.read();
        pongs = peer.pongs();
        co_await peer.hang();
    }};
    REQUIRE(f.open().has_value());
    auto const opened_at = f.clock.now();
    f.advance(Seconds{7});

    f.client.post("ready");
    f.run_until([&] { return f.client.heard_at() > opened_at; });
    f.client.post("after the pong");
    f.run_until([&] { return pongs > 0; });

    CHECK(pongs == 1);
    CHECK(f.client.heard_at() == opened_at + Seconds{7});
}

TEST_CASE("WsClient refuses messages above its limit, decompressed too", "[net][ws]") {
    WsClient::Options options;
    options.message_bytes_max = 10'000;
    auto const size = GENERATE(10'000U, 10'001U, 5'000'000U);
    Fixture f{
        [size](WsPeer& peer) -> Task<void> {
            co_await peer.write(std::string(size, 'a'));
            co_await peer.hang();
        },
        options
    };
    REQUIRE(f.open().has_value());

    auto const frame = f.next();

    if (size <= 10'000) {
        CHECK(frame.value().payload.size() == size);
    } else {
        CHECK(frame.error().fault == Fault::parse);
    }
}

TEST_CASE("WsClient ends rather than drop frames nobody takes", "[net][ws]") {
    WsClient::Options options;
    options.frames_queued_max = 10;
    Fixture f{
        [](WsPeer& peer) -> Task<void> {
            for (auto i = 0; i < 11; ++i)
                co_await peer.write(std::to_string(i));
            co_await peer.hang();
        },
        options
    };
    REQUIRE(f.open().has_value());
    f.run_until([&] { return !f.client.is_open(); });

    for (auto i = 0; i < 10; ++i)
        REQUIRE(f.next().value().payload == std::to_string(i));
    CHECK(f.next().error().detail == "its consumer is 10 frames behind");
}

TEST_CASE("WsClient gives up on a peer that takes nothing", "[net][ws]") {
    Fixture f{[](WsPeer& peer) -> Task<void> { co_await peer.freeze(); }, {.deflate = false}};
    REQUIRE(f.open().has_value());
    // More than the kernel's buffers hold.
    for (auto i = 0; i < 40; ++i)
        f.client.post(std::string(1'000'000, 'x'));
    f.io.run_for(Millis{200});

    f.advance(WsClient::Options{}.write_max);

    CHECK(f.next().error().fault == Fault::timeout);
}

TEST_CASE("WsClient closes in order", "[net][ws]") {
    auto server_saw_end = false;
    Fixture f{[&](WsPeer& peer) -> Task<void> {
        co_await peer.hang();
        server_saw_end = true;
    }};
    REQUIRE(f.open().has_value());
    auto closing = [](WsClient& c, Instant end) -> Task<bool> {
        auto const closed = co_await c.close(1000, end);
        co_return closed.has_value();
    };

    CHECK(f.run(closing(f.client, f.in(Seconds{5}))));
    f.run_until([&] { return server_saw_end; });
}

TEST_CASE("WsClient does not wait for ever for the closing handshake", "[net][ws]") {
    auto frozen = false;
    Fixture f{[&](WsPeer& peer) -> Task<void> {
        frozen = true;
        co_await peer.freeze();
    }};
    REQUIRE(f.open().has_value());
    f.run_until([&] { return frozen; });
    auto closing = [](WsClient& c, Instant end) -> Task<bool> {
        auto const closed = co_await c.close(1000, end);
        co_return closed.has_value();
    };
    auto const close = f.start(closing(f.client, f.in(Seconds{2})));
    f.io.poll();

    f.advance(Seconds{2});

    CHECK_FALSE(f.finish(*close));
}

TEST_CASE("WsClient passes a refused upgrade on with its Retry-After", "[net][ws]") {
    NetWorld world;
    runtime::Supervisor supervisor{world.io.get_executor(), world.clock, [](auto&&, auto&&) {
                                   }};
    auto const status = GENERATE(401, 404, 429, 503);
    TestServer server{world.io, Trust::shared().venue, [status](Peer& peer) -> Task<void> {
                          co_await peer.read_request();
                          co_await peer.write(http_answer(status, "Retry-After: 9\r\n", ""));
                          co_await peer.hang();
                      }};
    WsClient client{world.dialer, supervisor, "test.ws", {}};
    auto op = [](WsClient& c, WsRequest r, Instant end) -> Task<bool> {
        auto const opened = co_await c.open(std::move(r), end);
        co_return opened.has_value();
    };

    REQUIRE_FALSE(world.run(op(client, {url_of(server, "/ws", "wss")}, world.in(Seconds{5}))));

    CHECK(client.loss().failure.http_status == status);
    CHECK(client.loss().failure.fault == fault_of_status(status));
    CHECK(client.loss().retry_after == Seconds{9});
}

TEST_CASE("WsClient ends its opening at the deadline", "[net][ws]") {
    NetWorld world;
    runtime::Supervisor supervisor{world.io.get_executor(), world.clock, [](auto&&, auto&&) {
                                   }};
    auto asked = false;
    TestServer server{world.io, Trust::shared().venue, [&](Peer& peer) -> Task<void> {
                          co_await peer.read_request();
                          asked = true;
                          co_await peer.hang();
                      }};
    WsClient client{world.dialer, supervisor, "test.ws", {}};
    auto op = [](WsClient& c, WsRequest r, Instant end) -> Task<bool> {
        auto const opened = co_await c.open(std::move(r), end);
        co_return opened.has_value();
    };
    auto const opening =
        world.start(op(client, {url_of(server, "/ws", "wss")}, world.in(Seconds{5})));
    world.run_until([&] { return asked; });

    world.advance(Seconds{5});

    CHECK_FALSE(world.finish(*opening));
    CHECK(client.loss().failure.fault == Fault::timeout);
}

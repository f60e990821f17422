#include "tests/connectors/net/server/server_world.hpp"
#include "tests/support/catch.hpp"

using namespace polyquant;
using namespace polyquant::net;
using namespace polyquant::net::testing;
using server::HttpCall;
using server::HttpReply;
using server::MessageFate;
using server::WsPeer;

namespace {

// Echoes what it hears and remembers what happened.
struct EchoService final : server::WsService {
    std::shared_ptr<WsPeer> peer{};
    std::vector<std::string> heard{};
    std::vector<int> closed{};
    std::optional<HttpReply> refusal{};

    std::optional<HttpReply> refuse(HttpCall const&) override { return refusal; }

    void on_open(std::shared_ptr<WsPeer> opened) override { peer = std::move(opened); }

    void on_text(WsPeer& from, std::string_view text) override {
        heard.emplace_back(text);
        from.send("echo " + std::string{text}, "echo");
    }

    void on_closed(WsPeer&, int code) override { closed.push_back(code); }
};

struct WsWorld : ServerWorld {
    EchoService service{};
    std::optional<WsClient> ws{};

    explicit WsWorld(server::WsOptions options = {}, server::MessageFaultHook fault = {}) {
        server::Router router;
        router.add_socket("/ws/{channel}", service, std::move(options));
        server::HttpServer::Options o;
        o.message_fault = std::move(fault);
        serve(std::move(router), std::move(o));
    }

    Result<void> open(WsClient::Options options = {}) {
        ws.emplace(dialer, supervisor, "test.ws", std::move(options));
        auto op = [](WsClient& c, WsRequest r, Instant end) -> Task<bool> {
            auto const opened = co_await c.open(std::move(r), end);
            co_return opened.has_value();
        };
        if (run(op(*ws, {url("/ws/market", "wss"), {}}, in(Seconds{10})))) return {};
        return ws->loss().failure;
    }

    // The next frame's text, or "closed <code>".
    std::string next() {
        auto const pending = start(ws->next());
        pass_until([&] { return pending->is_done(); });
        if (*pending->value) return (*pending->value)->payload;
        return "closed " + std::to_string(ws->loss().close_code);
    }
};

} // namespace

TEST_CASE(
    "A WebSocket echoes through TLS, compressed when the client offers it", "[net][server][ws]"
) {
    auto const deflate = GENERATE(true, false);
    WsWorld world;
    WsClient::Options options;
    options.deflate = deflate;
    REQUIRE(world.open(options).has_value());

    world.ws->post("one");
    world.ws->post(std::string(100'000, 'x'));

    CHECK(world.next() == "echo one");
    CHECK(world.next() == "echo " + std::string(100'000, 'x'));
    CHECK(world.ws->is_compressed() == deflate);
    CHECK(world.service.peer->upgrade().parameter("channel") == "market");
    CHECK(world.http->statistics().sockets == 1);
}

TEST_CASE("A WebSocket route answers a plain request with 426", "[net][server][ws]") {
    WsWorld world;

    CHECK(world.get("/ws/market").value().status == 426);
}

TEST_CASE("A service may refuse the upgrade", "[net][server][ws]") {
    WsWorld world;
    world.service.refusal = server::json_reply("{}", 503);
    world.service.refusal->headers.push_back({"Retry-After", "9"});

    auto const opened = world.open();

    REQUIRE(opened.has_error());
    CHECK(opened.error().http_status == 503);
    CHECK(world.ws->loss().retry_after == Seconds{9});
    CHECK(world.service.closed.empty());
}

TEST_CASE("Text pings are answered without troubling the service", "[net][server][ws]") {
    server::WsOptions options;
    options.ping_text = "PING";
    options.pong_text = "PONG";
    WsWorld world{options};
    REQUIRE(world.open().has_value());

    world.ws->post("PING");

    CHECK(world.next() == "PONG");
    CHECK(world.service.heard.empty());
}

TEST_CASE("A silent client is told to go", "[net][server][ws]") {
    server::WsOptions options;
    options.silence_max = Seconds{30};
    WsWorld world{options};
    REQUIRE(world.open().has_value());
    auto const start = world.clock.now();

    CHECK(world.next() == "closed 1001");
    CHECK(world.clock.now() - start >= Seconds{30});
    CHECK(world.clock.now() - start < Seconds{33});
}

TEST_CASE("Control pings keep an answering client connected", "[net][server][ws]") {
    server::WsOptions options;
    options.ping_every = Seconds{20};
    options.pong_max = Seconds{60};
    options.age_max = Seconds{300};
    WsWorld world{options};
    REQUIRE(world.open().has_value());
    auto const opened = world.clock.now();

    // The client answers pings by itself, so only old age ends the connection.
    CHECK(world.next() == "closed 1001");
    CHECK(world.ws->loss().close_reason == "maximum connection age");
    CHECK(world.ws->heard_at() - opened >= Seconds{280});
}

TEST_CASE("The server's close code and reason reach the client", "[net][server][ws]") {
    WsWorld world;
    REQUIRE(world.open().has_value());

    world.service.peer->send("last words");
    world.service.peer->close(4008, "policy");

    CHECK(world.next() == "last words");
    CHECK(world.next() == "closed 4008");
    CHECK(world.ws->loss().close_reason == "policy");
    world.pass_until([&] { return !world.service.closed.empty(); });
    CHECK_FALSE(world.service.peer->send("too late"));
}

TEST_CASE("The client's close code reaches the service once", "[net][server][ws]") {
    WsWorld world;
    REQUIRE(world.open().has_value());

    auto op = [](WsClient& c, Instant end) -> Task<bool> {
        auto const closed = co_await c.close(4321, end);
        co_return closed.has_value();
    };
    CHECK(world.run(op(*world.ws, world.in(Seconds{5}))));
    world.pass_until([&] { return !world.service.closed.empty(); });

    CHECK(world.service.closed == std::vector{4321});
    CHECK(world.http->statistics().sockets == 0);
}

TEST_CASE(
    "A client that does not read is disconnected, not buffered for ever", "[net][server][ws]"
) {
    server::WsOptions options;
    options.queued_max = 8;
    options.deflate = false;
    WsWorld world{options};
    REQUIRE(world.open().has_value());
    std::string const big(1 << 20, 'x');

    // Nobody runs the event loop in between, so nothing is written.
    auto sent = 0;
    while (world.service.peer->send(big) && sent < 100)
        ++sent;

    CHECK(sent == 8);
    CHECK_FALSE(world.service.peer->is_open());
    REQUIRE(world.troubles.size() == 1);
    world.pass_until([&] { return !world.service.closed.empty(); });
    CHECK(world.service.closed == std::vector{1006});
}

TEST_CASE("Message faults do to the stream what they say", "[net][server][ws][fault]") {
    std::map<std::string, MessageFate> fates;
    WsWorld world{{}, [&](WsPeer const&, std::string_view topic, std::string& text) {
                      CHECK(topic == "echo");
                      if (text == "echo edit") text = "edited";
                      auto const found = fates.find(text);
                      return found == fates.end() ? MessageFate::pass : found->second;
                  }};
    REQUIRE(world.open().has_value());
    auto const say = [&](std::initializer_list<char const*> texts) {
        for (auto const* const text : texts)
            world.ws->post(text);
    };

    SECTION("lost") {
        fates["echo 2"] = MessageFate::drop;
        say({"1", "2", "3"});
        CHECK(world.next() == "echo 1");
        CHECK(world.next() == "echo 3");
    }
    SECTION("duplicated") {
        fates["echo 2"] = MessageFate::duplicate;
        say({"1", "2", "3"});
        CHECK(world.next() == "echo 1");
        CHECK(world.next() == "echo 2");
        CHECK(world.next() == "echo 2");
        CHECK(world.next() == "echo 3");
    }
    SECTION("reordered") {
        fates["echo 1"] = MessageFate::swap_with_next;
        say({"1", "2", "3"});
        CHECK(world.next() == "echo 2");
        CHECK(world.next() == "echo 1");
        CHECK(world.next() == "echo 3");
    }
    SECTION("reordered with nothing behind it") {
        fates["echo 1"] = MessageFate::swap_with_next;
        say({"1"});
        auto const asked = world.clock.now();
        CHECK(world.next() == "echo 1");
        CHECK(world.clock.now() - asked >= Seconds{1});
    }
    SECTION("edited") {
        say({"edit"});
        CHECK(world.next() == "edited");
    }
    SECTION("reset") {
        fates["echo 2"] = MessageFate::reset;
        say({"1", "2"});
        CHECK(world.next() == "echo 1");
        CHECK(world.next() == "closed 0");
        CHECK(world.ws->loss().failure.fault == Fault::transport);
    }
}

TEST_CASE("A stopping server says goodbye to its WebSockets", "[net][server][ws]") {
    WsWorld world;
    WsClient::Options options;
    REQUIRE(world.open(options).has_value());
    auto const reading = world.start(world.ws->next());

    // The client's own jobs stop with the stage of feeds before the server does.
    auto const report = world.stop();

    CHECK(report.clean());
    CHECK(world.service.closed.size() == 1);
    CHECK(world.failures.empty());
    CHECK(reading->is_done());
}

TEST_CASE("Too long messages are refused with 1009", "[net][server][ws]") {
    server::WsOptions options;
    options.message_bytes_max = 64;
    WsWorld world{options};
    REQUIRE(world.open().has_value());

    world.ws->post(std::string(65, 'x'));

    CHECK(world.next() == "closed 1009");
    CHECK(world.service.heard.empty());
}

#include "tests/connectors/net/net_world.hpp"
#include "tests/support/catch.hpp"

#include <zlib.h>

using namespace polyquant;
using namespace polyquant::net;
using namespace polyquant::net::testing;

namespace {

using Script = TestServer::Script;

// The same bytes to every request, on connections that stay open.
Script always(std::string answer) {
    return [answer](Peer& peer) -> Task<void> {
        while (co_await peer.read_request())
            co_await peer.write(answer);
    };
}

// The bytes to the first request, then whatever `end` does.
Script once_then_reset(std::string bytes) {
    return [bytes](Peer& peer) -> Task<void> {
        co_await peer.read_request();
        co_await peer.write(bytes);
        peer.reset();
    };
}

struct Fixture : NetWorld {
    TestServer server;

    explicit Fixture(Script script, HttpsClient::Options options = {})
        : NetWorld{options}, server{io, Trust::shared().venue, std::move(script)} {}

    Result<HttpResponse> get(std::string const& target = "/", Exchange* x = nullptr) {
        return run(client.send(get_request(url_of(server, target)), in(Seconds{10}), x));
    }

    Result<HttpResponse> fetch(std::string const& target = "/", Exchange* x = nullptr) {
        return run(client.fetch(get_request(url_of(server, target)), in(Seconds{10}), x));
    }

    Result<HttpResponse> post(std::string body, Exchange* x = nullptr) {
        HttpRequest request;
        request.method = Method::post;
        request.url = url_of(server, "/order");
        request.body = std::move(body);
        return run(client.send(std::move(request), in(Seconds{10}), x));
    }
};

std::string gzipped(std::string const& plain) {
    z_stream stream{};
    deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
    std::string out(compressBound(plain.size()) + 64, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
    stream.avail_in = static_cast<uInt>(plain.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    deflate(&stream, Z_FINISH);
    out.resize(stream.total_out);
    deflateEnd(&stream);
    return out;
}

} // namespace

TEST_CASE("HttpsClient sends what the request says and returns the answer", "[net][https]") {
    std::string seen;
    Fixture f{[&](Peer& peer) -> Task<void> {
        seen = (co_await peer.read_request()).value();
        co_await peer.write(http_answer(201, "X-A: 1\r\nX-B: 2\r\nX-A: 3\r\n", "hello"));
        co_await peer.hang();
    }};
    HttpRequest request;
    request.method = Method::post;
    request.url = url_of(f.server, "/order?x=1");
    request.headers = {{"X-Key", "k"}, {"X-Sign", "s"}};
    request.body = R"({"a":1})";

    auto const answer = f.run(f.client.send(request, f.in(Seconds{10})));

    REQUIRE(answer.has_value());
    CHECK(answer->status == 201);
    CHECK(answer->body == "hello");
    REQUIRE(answer->headers.size() == 4);
    CHECK(answer->headers[0].value == "1");
    CHECK(answer->headers[1].value == "3");
    CHECK(answer->headers[2].value == "2");
    CHECK(
        seen ==
        "POST /order?x=1 HTTP/1.1\r\nHost: venue.test:" + std::to_string(f.server.port()) +
            "\r\nUser-Agent: polyquant\r\nAccept-Encoding: gzip\r\nX-Key: k\r\nX-Sign: s\r\n"
            "Content-Length: 7\r\n\r\n{\"a\":1}"
    );
}

TEST_CASE("HttpsClient keeps its connection between calls", "[net][https]") {
    Fixture f{always(http_answer(200, "", "ok"))};

    Exchange x;
    for (auto i = 0; i < 3; ++i)
        REQUIRE(f.get("/", &x).has_value());

    CHECK(f.server.connections() == 1);
    CHECK(x.reused);
    CHECK(f.client.idle_connections(url_of(f.server)) == 1);
}

TEST_CASE("HttpsClient bounds its connections and lets calls wait their turn", "[net][https]") {
    HttpsClient::Options options;
    options.connections_per_host = 2;
    Fixture f{always(http_answer(200, "", "ok")), options};
    std::vector<std::shared_ptr<NetWorld::Pending<Result<HttpResponse>>>> calls;

    for (auto i = 0; i < 9; ++i)
        calls.push_back(f.start(f.client.send(get_request(url_of(f.server)), f.in(Seconds{5}))));

    for (auto& call : calls)
        CHECK(f.finish(*call).has_value());
    CHECK(f.server.connections() == 2);
    CHECK(f.client.busy_connections(url_of(f.server)) == 0);
}

TEST_CASE("HttpsClient times out a call that gets no connection", "[net][https]") {
    HttpsClient::Options options;
    options.connections_per_host = 1;
    auto asked = false;
    Fixture f{
        [&](Peer& peer) -> Task<void> {
            co_await peer.read_request();
            asked = true;
            co_await peer.hang();
        },
        options
    };
    auto const first = f.start(f.client.send(get_request(url_of(f.server)), f.in(Seconds{9})));
    f.run_until([&] { return asked; });
    Exchange x;
    auto const second = f.start(f.client.send(get_request(url_of(f.server)), f.in(Seconds{2}), &x));
    f.io.poll();

    f.advance(Seconds{2});

    CHECK(f.finish(*second).error().fault == Fault::timeout);
    CHECK_FALSE(x.wrote_any);
    f.advance(Seconds{7});
    CHECK(f.finish(*first).error().fault == Fault::timeout);
    CHECK(f.client.busy_connections(url_of(f.server)) == 0);
}

TEST_CASE(
    "HttpsClient reads chunked answers, interim answers and answers without end", "[net][https]"
) {
    auto const* const bytes = GENERATE(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabcde",
        "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: "
        "5\r\n\r\nabcde"
    );
    Fixture f{always(bytes)};

    for (auto i = 0; i < 2; ++i) {
        auto const answer = f.get();
        REQUIRE(answer.has_value());
        CHECK(answer->body == "abcde");
    }
    CHECK(f.server.connections() == 1);
}

TEST_CASE("HttpsClient ends an answer without a length at the TLS goodbye", "[net][https]") {
    Fixture f{[](Peer& peer) -> Task<void> {
        co_await peer.read_request();
        co_await peer.write("HTTP/1.1 200 OK\r\n\r\nabcde");
        co_await peer.close();
    }};

    auto const answer = f.get();

    REQUIRE(answer.has_value());
    CHECK(answer->body == "abcde");
    CHECK(f.client.idle_connections(url_of(f.server)) == 0);
}

TEST_CASE("HttpsClient does not take a cut stream for the end of an answer", "[net][https]") {
    Fixture f{once_then_reset("HTTP/1.1 200 OK\r\n\r\nabcde")};

    CHECK(f.get().error().fault == Fault::transport);
}

TEST_CASE("HttpsClient decompresses, up to its limit", "[net][https]") {
    HttpsClient::Options options;
    options.body_bytes_max = 100'000;
    auto const size = GENERATE(0U, 1U, 99'999U, 100'000U, 100'001U, 30'000'000U);
    auto const body = gzipped(std::string(size, 'a'));
    Fixture f{always(http_answer(200, "Content-Encoding: gzip\r\n", body)), options};

    auto const answer = f.get();

    if (size <= 100'000) {
        REQUIRE(answer.has_value());
        CHECK(answer->body.size() == size);
    } else {
        CHECK(answer.error().fault == Fault::parse);
    }
}

TEST_CASE("HttpsClient refuses damaged compression", "[net][https]") {
    auto body = gzipped("some text that is compressed");
    auto const how = GENERATE(0, 1, 2);
    if (how == 0) body.resize(body.size() / 2);
    if (how == 1) body[body.size() - 6] = static_cast<char>(body[body.size() - 6] ^ 1);
    if (how == 2) body += "more";
    Fixture f{always(http_answer(200, "Content-Encoding: gzip\r\n", body))};

    CHECK(f.get().error().fault == Fault::parse);
}

TEST_CASE("HttpsClient refuses oversized headers and bodies", "[net][https]") {
    HttpsClient::Options options;
    options.body_bytes_max = 1000;
    auto const bytes = GENERATE(
        "HTTP/1.1 200 OK\r\nX: " + std::string(40'000, 'x') + "\r\nContent-Length: 0\r\n\r\n",
        http_answer(200, "", std::string(1001, 'x')),
        std::string{"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n"},
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7d0\r\n" + std::string(2000, 'x') +
            "\r\n0\r\n\r\n"
    );
    Fixture f{always(bytes), options};

    CHECK(f.get().error().fault == Fault::parse);
    CHECK(f.client.idle_connections(url_of(f.server)) == 0);
}

TEST_CASE("HttpsClient refuses what is not HTTP", "[net][https]") {
    auto const* const bytes = GENERATE(
        "SSH-2.0-OpenSSH_9.2\r\n\r\n",
        "<html>busy</html>\r\n\r\n",
        "HTTP/1.1 banana OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        "HTTP/1.1 101 Switching\r\n\r\n"
    );
    Fixture f{always(bytes)};

    CHECK(f.get().error().fault == Fault::parse);
}

TEST_CASE("HttpsClient trusts no connection that sent more than its answer", "[net][https]") {
    Fixture f{always(http_answer(200, "", "ok") + "HTTP/1.1 200 OK\r\n")};

    CHECK(f.get().value().body == "ok");
    CHECK(f.get().value().body == "ok");
    CHECK(f.server.connections() == 2);
}

TEST_CASE("HttpsClient returns every status and follows no redirect", "[net][https]") {
    auto const status = GENERATE(204, 302, 400, 404, 425, 500, 503);
    auto const head = status == 204 ? std::string{"HTTP/1.1 204 No Content\r\n\r\n"}
                                    : http_answer(status, "Location: https://venue.test/\r\n", "");
    Fixture f{always(head)};

    CHECK(f.get().value().status == status);
    CHECK(f.server.connections() == 1);
}

TEST_CASE("HttpsClient ends at its deadline, wherever the server hangs", "[net][https]") {
    auto const* const before = GENERATE(
        "",
        "HTTP/1.1 20",
        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345"
    );
    auto answered = false;
    Fixture f{[&](Peer& peer) -> Task<void> {
        co_await peer.read_request();
        co_await peer.write(before);
        answered = true;
        co_await peer.hang();
    }};
    Exchange x;
    auto const call = f.start(f.client.send(get_request(url_of(f.server)), f.in(Seconds{4}), &x));
    f.run_until([&] { return answered && (*before == '\0' || x.answer_began); });

    f.advance(Seconds{4} - Nanos{1});
    f.io.poll();
    REQUIRE_FALSE(call->is_done());
    f.advance(Nanos{1});

    CHECK(f.finish(*call).error().fault == Fault::timeout);
    CHECK(x.wrote_any);
    CHECK(f.client.idle_connections(url_of(f.server)) == 0);
}

TEST_CASE("HttpsClient ends at its deadline when the handshake hangs", "[net][https]") {
    Fixture f{always("")};
    f.server.hang_handshakes();
    Exchange x;
    auto const call = f.start(f.client.send(get_request(url_of(f.server)), f.in(Seconds{60}), &x));
    f.run_until([&] { return f.server.hung_handshakes() == 1; });

    f.advance(StageLimits{}.handshake);

    auto const answer = f.finish(*call);
    CHECK(answer.error().fault == Fault::timeout);
    CHECK(answer.error().where.starts_with("tls venue.test"));
    CHECK_FALSE(x.wrote_any);
}

TEST_CASE("HttpsClient gives a slow drip no more than the deadline", "[net][https]") {
    auto sent = 0;
    NetWorld* world = nullptr;
    Fixture f{[&](Peer& peer) -> Task<void> {
        co_await peer.read_request();
        co_await peer.write("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
        for (; sent < 1000; ++sent) {
            co_await peer.write("x");
            co_await world->clock.sleep_for(Millis{500});
        }
    }};
    world = &f;
    auto const call = f.start(f.client.send(get_request(url_of(f.server)), f.in(Seconds{5})));
    auto const before = f.clock.now();

    f.pass_until([&] { return call->is_done(); });

    CHECK(f.clock.now() - before == Seconds{5});
    CHECK(f.finish(*call).error().fault == Fault::timeout);
    CHECK(sent >= 5);
}

TEST_CASE("HttpsClient reports a reset within the answer as transport", "[net][https]") {
    Fixture f{once_then_reset("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n12345")};

    Exchange x;
    auto const answer = f.get("/path?secret=1", &x);

    CHECK(answer.error().fault == Fault::transport);
    CHECK(x.answer_began);
    CHECK(x.connections == 1);
    CHECK(answer.error().where == "GET venue.test:" + std::to_string(f.server.port()) + "/path");
}

TEST_CASE("HttpsClient repeats a read once when its pooled connection was dead", "[net][https]") {
    auto served = 0;
    Fixture f{[&](Peer& peer) -> Task<void> {
        // Each connection answers once, then dies upon the next request.
        co_await peer.read_request();
        ++served;
        co_await peer.write(http_answer(200, "", "ok"));
        co_await peer.read_request();
        peer.reset();
    }};
    REQUIRE(f.get().has_value());

    Exchange x;
    auto const again = f.get("/", &x);

    CHECK(again.has_value());
    CHECK(x.connections == 2);
    CHECK(served == 2);
}

TEST_CASE("HttpsClient never sends an order twice", "[net][https]") {
    auto requests = 0;
    Fixture f{[&](Peer& peer) -> Task<void> {
        co_await peer.read_request();
        co_await peer.write(http_answer(200, "", "ok"));
        co_await peer.read_request();
        ++requests;
        peer.reset();
    }};
    REQUIRE(f.get().has_value());

    Exchange x;
    auto const answer = f.post("order", &x);

    CHECK(answer.error().fault == Fault::transport);
    CHECK(outcome_unknown(answer.error().fault));
    CHECK(x.wrote_any);
    CHECK(x.connections == 1);
    CHECK(requests == 1);
}

TEST_CASE("HttpsClient sees that a pooled connection was closed before it writes", "[net][https]") {
    auto closed = false;
    Fixture f{[&](Peer& peer) -> Task<void> {
        co_await peer.read_request();
        co_await peer.write(http_answer(200, "", "ok"));
        if (!closed) {
            peer.reset();
            closed = true;
        }
        co_await peer.hang();
    }};
    REQUIRE(f.get().has_value());
    f.run_until([&] { return closed; });

    Exchange x;
    auto const answer = f.post("order", &x);

    CHECK(answer.has_value());
    CHECK_FALSE(x.reused);
    CHECK(f.server.connections() == 2);
}

TEST_CASE("HttpsClient drops connections that were idle for too long", "[net][https]") {
    Fixture f{always(http_answer(200, "", "ok"))};
    REQUIRE(f.get().has_value());

    f.advance(Seconds{45});
    REQUIRE(f.get().has_value());

    CHECK(f.server.connections() == 2);
}

TEST_CASE("HttpsClient keeps no connection that the server wants closed", "[net][https]") {
    auto const answer = GENERATE(
        http_answer(200, "Connection: close\r\n", "ok"),
        std::string{"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok"}
    );
    Fixture f{always(answer)};

    REQUIRE(f.get().has_value());
    REQUIRE(f.get().has_value());

    CHECK(f.server.connections() == 2);
    CHECK(f.client.idle_connections(url_of(f.server)) == 0);
}

TEST_CASE("HttpsClient reads no body after HEAD", "[net][https]") {
    Fixture f{always("HTTP/1.1 200 OK\r\nContent-Length: 500\r\nContent-Encoding: gzip\r\n\r\n")};
    auto request = get_request(url_of(f.server));
    request.method = Method::head;

    CHECK(f.run(f.client.send(request, f.in(Seconds{5}))).value().body.empty());
    CHECK(f.client.idle_connections(url_of(f.server)) == 1);
}

TEST_CASE("HttpsClient refuses an encoding it does not know", "[net][https]") {
    Fixture f{always(http_answer(200, "Content-Encoding: br\r\n", "xyz"))};

    CHECK(f.get().error().fault == Fault::parse);
}

TEST_CASE("HttpsClient warms a connection before it is needed", "[net][https]") {
    Fixture f{always(http_answer(200, "", "ok"))};

    REQUIRE(f.run(f.client.warm(url_of(f.server), f.in(Seconds{5}))).has_value());
    REQUIRE(f.server.connections() == 1);
    REQUIRE(f.get().has_value());

    CHECK(f.server.connections() == 1);
}

TEST_CASE("HttpsClient survives the cancellation of a call", "[net][https]") {
    auto asked = 0;
    Fixture f{[&](Peer& peer) -> Task<void> {
        co_await peer.read_request();
        if (++asked == 1) co_await peer.hang();
        co_await peer.write(http_answer(200, "", "ok"));
        co_await peer.hang();
    }};
    asio::cancellation_signal cancel;
    std::optional<Result<HttpResponse>> cancelled;
    asio::co_spawn(
        f.io,
        f.client.send(get_request(url_of(f.server)), f.in(Seconds{60})),
        asio::bind_cancellation_slot(
            cancel.slot(),
            [&](std::exception_ptr const&, Result<HttpResponse> r) { cancelled = std::move(r); }
        )
    );
    f.run_until([&] { return asked == 1; });

    cancel.emit(asio::cancellation_type::terminal);
    f.run_until([&] { return cancelled.has_value(); });

    CHECK(cancelled->error().fault == Fault::cancelled);
    CHECK(f.client.busy_connections(url_of(f.server)) == 0);
    CHECK(f.client.idle_connections(url_of(f.server)) == 0);
    CHECK(f.get().value().body == "ok");
}

TEST_CASE("HttpsClient accepts only certificates for the host it asked", "[net][https][tls]") {
    NetWorld world;
    auto const wrong = GENERATE(true, false);
    auto const& trust = Trust::shared();
    TestServer server{world.io, wrong ? trust.other : trust.stranger, always("")};
    Exchange x;

    auto const answer =
        world.run(world.client.send(get_request(url_of(server)), world.in(Seconds{5}), &x));

    REQUIRE(answer.has_error());
    CHECK(answer.error().fault == Fault::invalid);
    CHECK_FALSE(x.wrote_any);
    auto const* const reason = wrong ? "hostname mismatch" : "self-signed certificate";
    INFO(answer.error().detail);
    CHECK(answer.error().detail.find(reason) != std::string::npos);
}

TEST_CASE("HttpsClient verifies wildcards and addresses", "[net][https][tls]") {
    Fixture f{always(http_answer(200, "", "ok"))};
    auto const port = ":" + std::to_string(f.server.port()) + "/";
    auto const works = [&](std::string const& host) {
        auto const url = parse_url("https://" + host + port).value();
        return f.run(f.client.send(get_request(url), f.in(Seconds{5}))).has_value();
    };

    CHECK(works("127.0.0.1"));
    CHECK(works("a.wild.test"));
    CHECK_FALSE(works("a.b.wild.test"));
    CHECK_FALSE(works("wild.test"));
}

TEST_CASE("HttpsClient trusts no private authority it was not given", "[net][https][tls]") {
    Fixture f{always(http_answer(200, "", "ok"))};
    Dialer dialer{f.io.get_executor(), f.clock, f.resolver, TlsContext::create({}).value()};
    HttpsClient client{dialer, f.groups, random_from_seed(1), {}};

    auto const answer = f.run(client.send(get_request(url_of(f.server)), f.in(Seconds{5})));

    CHECK(answer.error().fault == Fault::invalid);
}

TEST_CASE("TlsContext names a CA file it cannot read", "[net][tls]") {
    auto const missing = TlsContext::create({"/does/not/exist.pem"});

    REQUIRE(missing.has_error());
    CHECK(missing.error().detail.find("/does/not/exist.pem") != std::string::npos);
}

TEST_CASE("HttpsClient speaks plain HTTP to the loopback", "[net][https]") {
    NetWorld world;
    TestServer server{world.io, std::nullopt, always(http_answer(200, "", "plain"))};
    auto const url = parse_url("http://127.0.0.1:" + std::to_string(server.port()) + "/").value();

    auto const answer = world.run(world.client.send(get_request(url), world.in(Seconds{5})));

    CHECK(answer.value().body == "plain");
}

TEST_CASE("HttpsClient refuses requests that smuggle lines", "[net][https]") {
    Fixture f{always(http_answer(200, "", "ok"))};
    auto request = get_request(url_of(f.server));
    auto const how = GENERATE(0, 1, 2, 3);
    if (how == 0) request.headers = {{"X-A", "1\r\nX-B: 2"}};
    if (how == 1) request.headers = {{"X A", "1"}};
    if (how == 2) request.url.target = "/a b";
    if (how == 3) request.url.target = "/\r\n";

    CHECK(f.run(f.client.send(request, f.in(Seconds{5}))).error().fault == Fault::invalid);
    CHECK(f.server.connections() == 0);
}

TEST_CASE("HttpsClient names the host that does not resolve or refuses", "[net][https]") {
    NetWorld world;
    Exchange x;

    auto const nowhere = world.run(world.client.send(
        get_request(parse_url("https://nowhere.test/").value()), world.in(Seconds{5}), &x
    ));
    std::uint16_t closed_port = 0;
    {
        TestServer const gone{world.io, std::nullopt, always("")};
        closed_port = gone.port();
    }
    auto const refused = world.run(world.client.send(
        get_request(parse_url("https://127.0.0.1:" + std::to_string(closed_port)).value()),
        world.in(Seconds{5}),
        &x
    ));

    CHECK(nowhere.error().fault == Fault::transport);
    CHECK(nowhere.error().where == "resolve nowhere.test");
    CHECK(refused.error().fault == Fault::transport);
    CHECK(refused.error().detail.find("Connection refused") != std::string::npos);
    CHECK_FALSE(x.wrote_any);
}

TEST_CASE("A tap sees answers, but none to a request that may carry a secret", "[net][https]") {
    Fixture f{always(http_answer(404, "", "not here"))};
    std::vector<std::string> seen;
    f.dialer.set_tap([&](auto feed, auto topic, auto bytes, UtcTime) {
        seen.push_back(std::string{feed} + " " + std::string{topic} + " " + std::string{bytes});
    });
    auto secret = get_request(url_of(f.server, "/auth/derive-api-key"));
    secret.headers = {{"POLY_SIGNATURE", "0x1"}};

    REQUIRE(f.run(f.client.send(secret, f.in(Seconds{10}))));
    REQUIRE(f.get("/markets?slug=a"));

    CHECK(seen == std::vector<std::string>{"venue.test GET /markets?slug=a not here"});
}

TEST_CASE("A round trip is told by method and first part of the path", "[net][https]") {
    Fixture f{always(http_answer(200, "", "{}"))};
    std::vector<std::string> told;
    f.dialer.set_round_trip_tap([&](auto feed, auto topic, Nanos took, UtcTime) {
        CHECK(took >= Nanos{0});
        told.push_back(std::string{feed} + " " + std::string{topic});
    });

    REQUIRE(f.get("/data/order/0x12"));
    REQUIRE(f.get("/books?token=1"));
    REQUIRE(f.get("/"));

    CHECK(
        told ==
        std::vector<std::string>{
            "venue.test GET /data", "venue.test GET /books", "venue.test GET /"
        }
    );
}

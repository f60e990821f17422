#include "tests/connectors/net/net_world.hpp"
#include "tests/support/catch.hpp"

using namespace polyquant;
using namespace polyquant::net;
using namespace polyquant::net::testing;

namespace {

// One answer after the other over all connections, the last one for ever.
struct Answers {
    std::vector<std::string> list;
    std::size_t given = 0;

    TestServer::Script script() {
        return [this](Peer& peer) -> Task<void> {
            while (co_await peer.read_request()) {
                auto const i = std::min(given++, list.size() - 1);
                if (list[i].empty()) {
                    peer.reset();
                    co_return;
                }
                co_await peer.write(list[i]);
            }
        };
    }
};

struct Fixture : NetWorld {
    Answers answers;
    TestServer server;

    explicit Fixture(std::vector<std::string> list)
        : answers{std::move(list)}, server{io, Trust::shared().venue, answers.script()} {
        GroupLimits limits;
        limits.rate = {2, Seconds{1}};
        limits.breaker.faults_max = 3;
        groups.add("venue.read", limits);
    }

    HttpRequest request(std::string group = {}) {
        return get_request(url_of(server, "/x"), std::move(group));
    }

    // Lets waits between attempts pass.
    Result<HttpResponse> fetch(HttpRequest r, Nanos limit, Exchange* x = nullptr) {
        auto const call = start(client.fetch(std::move(r), in(limit), x));
        pass_until([&] { return call->is_done(); });
        return finish(*call);
    }
};

} // namespace

TEST_CASE("fetch repeats a read that failed for now", "[net][https][retry]") {
    Fixture f{{"", http_answer(503, "", "busy"), http_answer(200, "", "ok")}};

    Exchange x;
    auto const answer = f.fetch(f.request(), Seconds{30}, &x);

    CHECK(answer.value().body == "ok");
    CHECK(x.attempts == 3);
}

TEST_CASE("fetch gives up after its attempts, with the last answer", "[net][https][retry]") {
    Fixture f{{http_answer(503, "", "post-only mode")}};

    auto const answer = f.fetch(f.request(), Seconds{30});

    CHECK(answer.error().fault == Fault::transport);
    CHECK(answer.error().http_status == 503);
    CHECK(answer.error().detail == "post-only mode");
    CHECK(f.answers.given == 3);
}

TEST_CASE("fetch waits as long as Retry-After says", "[net][https][retry]") {
    Fixture f{{http_answer(429, "Retry-After: 7\r\n", ""), http_answer(200, "", "ok")}};
    auto const before = f.clock.now();

    auto const answer = f.fetch(f.request(), Seconds{30});

    CHECK(answer.has_value());
    CHECK(f.clock.now() - before >= Seconds{7});
    CHECK(f.clock.now() - before <= Seconds{8});
}

TEST_CASE("fetch does not wait past its deadline", "[net][https][retry]") {
    Fixture f{{http_answer(429, "Retry-After: 7\r\n", "")}};
    auto const before = f.clock.now();

    auto const answer = f.fetch(f.request(), Seconds{5});

    CHECK(answer.error().fault == Fault::rate_limited);
    CHECK(answer.error().http_status == 429);
    CHECK(f.clock.now() == before);
    CHECK(f.answers.given == 1);
}

TEST_CASE("fetch repeats nothing that is not safe to repeat", "[net][https][retry]") {
    Fixture f{{http_answer(503, "", "")}};
    auto request = f.request();
    request.safe_to_repeat = false;

    f.fetch(request, Seconds{30});

    CHECK(f.answers.given == 1);
}

TEST_CASE("fetch repeats no refusal", "[net][https][retry]") {
    auto const status = GENERATE(400, 401, 403, 404, 301);
    Fixture f{{http_answer(status, "", "")}};

    auto const answer = f.fetch(f.request(), Seconds{30});

    CHECK(answer.has_error());
    CHECK(f.answers.given == 1);
}

TEST_CASE("A used-up rate budget delays a call", "[net][https][rate]") {
    Fixture f{{http_answer(200, "", "ok")}};
    auto const before = f.clock.now();

    for (auto i = 0; i < 4; ++i)
        REQUIRE(f.fetch(f.request("venue.read"), Seconds{30}).has_value());

    CHECK(f.clock.now() - before == Seconds{2});
}

TEST_CASE("A rate budget that is not free in time sends nothing", "[net][https][rate]") {
    Fixture f{{http_answer(200, "Poly-RateLimit-Remaining: 0\r\n", "ok")}};
    REQUIRE(f.fetch(f.request("venue.read"), Seconds{30}).has_value());
    Exchange x;

    auto const answer = f.run(f.client.send(f.request("venue.read"), f.in(Millis{500}), &x));

    CHECK(answer.error().fault == Fault::breaker_open);
    CHECK(answer.error().detail == "not sent: its rate budget is used up for 1000 ms more");
    CHECK_FALSE(x.wrote_any);
    CHECK(f.answers.given == 1);
}

TEST_CASE("A call refused for its rate pauses the whole group", "[net][https][rate]") {
    Fixture f{{http_answer(429, "Retry-After: 20\r\n", ""), http_answer(200, "", "ok")}};
    f.run(f.client.send(f.request("venue.read"), f.in(Seconds{5})));

    auto const soon = f.run(f.client.send(f.request("venue.read"), f.in(Seconds{19})));
    f.advance(Seconds{20});
    auto const later = f.run(f.client.send(f.request("venue.read"), f.in(Seconds{5})));

    CHECK(soon.error().fault == Fault::breaker_open);
    CHECK(later.value().body == "ok");
}

TEST_CASE("A group that keeps failing is left alone, then probed", "[net][https][breaker]") {
    auto const bad = http_answer(500, "", "");
    Fixture f{{bad, bad, bad, http_answer(200, "", "ok")}};
    auto const call = [&] {
        f.advance(Seconds{1});
        return f.run(f.client.send(f.request("venue.read"), f.in(Seconds{5})));
    };
    for (auto i = 0; i < 3; ++i)
        call();

    CHECK(call().error().fault == Fault::breaker_open);
    CHECK(f.answers.given == 3);
    f.advance(Seconds{5});
    f.groups.report_changes(f.clock.now());
    CHECK(call().value().body == "ok");

    using Change = std::pair<std::string, BreakerState>;
    CHECK(
        f.breaker_changes ==
        std::vector{
            Change{"venue.read", BreakerState::open},
            Change{"venue.read", BreakerState::half_open},
            Change{"venue.read", BreakerState::closed}
        }
    );
}

TEST_CASE("Refusals do not open a breaker", "[net][https][breaker]") {
    Fixture f{{http_answer(400, "", "bad price")}};

    for (auto i = 0; i < 9; ++i) {
        f.advance(Seconds{1});
        CHECK(
            f.run(f.client.send(f.request("venue.read"), f.in(Seconds{5}))).value().status == 400
        );
    }
    CHECK(f.breaker_changes.empty());
}

TEST_CASE("Calls go through the proxy of the environment", "[net][https][proxy]") {
    std::string seen;
    std::uint16_t venue_port = 0;
    auto const script = [&](Peer& peer) -> Task<void> {
        seen = (co_await peer.read_request()).value();
        co_await peer.write("HTTP/1.1 200 Connection established\r\nX: y\r\n\r\n");
        co_await peer.tunnel_to(venue_port);
    };
    NetWorld world;
    TestServer proxy{world.io, std::nullopt, script};
    Answers answers{{http_answer(200, "", "tunnelled")}};
    TestServer venue{world.io, Trust::shared().venue, answers.script()};
    venue_port = venue.port();
    auto const settings = ProxySettings::from([&](std::string const& name) {
        std::optional<std::string> value;
        if (name == "https_proxy") value = "http://u:p@127.0.0.1:" + std::to_string(proxy.port());
        return value;
    });
    Dialer dialer{
        world.io.get_executor(), world.clock, world.resolver, world.tls, settings.value()
    };
    HttpsClient client{dialer, world.groups, random_from_seed(1), {}};

    auto const answer = world.run(client.send(get_request(url_of(venue)), world.in(Seconds{5})));

    CHECK(answer.value().body == "tunnelled");
    auto const target = "venue.test:" + std::to_string(venue_port);
    CHECK(
        seen == "CONNECT " + target + " HTTP/1.1\r\nHost: " + target +
                    "\r\nProxy-Authorization: Basic dTpw\r\n\r\n"
    );
}

TEST_CASE("A proxy that refuses is named with its answer", "[net][https][proxy]") {
    NetWorld world;
    auto const status = GENERATE(403, 407, 502);
    TestServer proxy{world.io, std::nullopt, [status](Peer& peer) -> Task<void> {
                         co_await peer.read_request();
                         co_await peer.write(http_answer(status, "", ""));
                         co_await peer.hang();
                     }};
    auto const settings = ProxySettings::from([&](std::string const& name) {
        std::optional<std::string> value;
        if (name == "https_proxy") value = "127.0.0.1:" + std::to_string(proxy.port());
        return value;
    });
    Dialer dialer{
        world.io.get_executor(), world.clock, world.resolver, world.tls, settings.value()
    };
    HttpsClient client{dialer, world.groups, random_from_seed(1), {}};
    Exchange x;

    auto const answer = world.run(
        client.send(get_request(parse_url("https://venue.test/").value()), world.in(Seconds{5}), &x)
    );

    REQUIRE(answer.has_error());
    CHECK(answer.error().fault == (status == 407 ? Fault::auth : Fault::transport));
    CHECK(answer.error().where == "proxy");
    CHECK_FALSE(x.wrote_any);
}

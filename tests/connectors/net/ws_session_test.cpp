#include "connectors/net/ws_session.hpp"
#include "tests/connectors/net/net_world.hpp"
#include "tests/connectors/net/ws_test_server.hpp"
#include "tests/support/catch.hpp"

using namespace polyquant;
using namespace polyquant::net;
using namespace polyquant::net::testing;

namespace {

// Writes down what it is told.
struct Diary final : WsListener {
    std::vector<std::string> lines{};
    std::vector<std::string> subscriptions{"subscribe btc"};

    std::vector<std::string> on_up(UtcTime) override {
        lines.push_back("up");
        return subscriptions;
    }

    void on_frame(WsFrame const& frame) override { lines.push_back("frame " + frame.payload); }

    void on_down(Loss const& loss) override {
        lines.push_back("down " + std::to_string(loss.close_code));
        last = loss;
    }

    void on_attempt_failed(Loss const& loss, bool stopped) override {
        lines.push_back(stopped ? "stopped" : "failed");
        last = loss;
    }

    Loss last{};
};

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
    Diary diary{};
    WsSession session;
    int requests = 0;

    explicit Fixture(WsTestServer::Script script, WsSession::Options options = {})
        : server{io, Trust::shared().venue, std::move(script)},
          session{
              dialer,
              supervisor,
              [](std::uint64_t bound) { return bound; },
              [this] {
                  ++requests;
                  auto const port = std::to_string(server.port());
                  return WsRequest{parse_url("wss://venue.test:" + port + "/ws").value()};
              },
              diary,
              std::move(options)
          } {
        supervisor.start(runtime::Stage::feeds, "test.session", session.run());
    }

    bool wrote(std::string const& line) const {
        return std::ranges::find(diary.lines, line) != diary.lines.end();
    }

    std::ptrdiff_t count(std::string const& line) const {
        return std::ranges::count(diary.lines, line);
    }

    void stop() {
        auto op = [](runtime::Supervisor& s) -> Task<bool> {
            auto const report = co_await s.stop();
            co_return report.clean();
        };
        CHECK(run(op(supervisor)));
    }
};

} // namespace

TEST_CASE("WsSession subscribes, hands on frames and stops in order", "[net][ws][session]") {
    Fixture f{[](WsPeer& peer) -> Task<void> {
        auto const asked = co_await peer.read();
        co_await peer.write("snapshot after " + asked.value());
        co_await peer.hang();
    }};

    f.run_until([&] { return f.wrote("frame snapshot after subscribe btc"); });
    CHECK(f.session.is_up());
    f.stop();

    CHECK(
        f.diary.lines ==
        std::vector<std::string>{"up", "frame snapshot after subscribe btc", "down 0"}
    );
    CHECK(f.failures.empty());
}

TEST_CASE("WsSession reconnects after a reset and subscribes again", "[net][ws][session]") {
    auto served = 0;
    Fixture f{[&](WsPeer& peer) -> Task<void> {
        auto const asked = co_await peer.read();
        co_await peer.write(asked.value() + " " + std::to_string(++served));
        if (served == 1) {
            co_await peer.read();
            peer.reset();
        }
        co_await peer.hang();
    }};
    f.run_until([&] { return f.wrote("frame subscribe btc 1"); });
    auto const before = f.clock.now();
    f.diary.subscriptions = {"subscribe btc and eth"};
    REQUIRE(f.session.send("drop me"));
    f.run_until([&] { return f.wrote("down 0"); });
    CHECK_FALSE(f.session.is_up());
    CHECK_FALSE(f.session.send("into the void"));

    f.pass_until([&] { return f.wrote("frame subscribe btc and eth 2"); });

    CHECK(f.clock.now() - before >= Seconds{1});
    CHECK(f.session.times_up() == 2);
    CHECK(f.requests == 2);
    f.stop();
}

TEST_CASE("WsSession follows the policy for close codes", "[net][ws][session]") {
    WsSession::Options options;
    options.policy = [](Loss const& loss) -> ReconnectAction {
        using Kind = ReconnectAction::Kind;
        return {loss.close_code == 4001 ? Kind::stop : Kind::backoff, Nanos{0}};
    };
    auto served = 0;
    Fixture f{
        [&](WsPeer& peer) -> Task<void> {
            if (++served == 1) co_await peer.close(4001, "auth failed");
            co_await peer.hang();
        },
        options
    };

    f.run_until([&] { return f.wrote("down 4001"); });
    CHECK(f.session.state() == ReconnectMachine::State::stopped);
    CHECK(f.diary.last.close_reason == "auth failed");
    f.session.retry_now();
    f.pass_until([&] { return f.count("up") == 2; });

    CHECK(f.failures.empty());
    f.stop();
}

TEST_CASE("WsSession notices a server that went silent", "[net][ws][session]") {
    WsSession::Options options;
    options.silence_max = Seconds{10};
    Fixture f{[](WsPeer& peer) -> Task<void> { co_await peer.hang(); }, options};
    f.run_until([&] { return f.wrote("up"); });
    auto const before = f.clock.now();

    f.pass_until([&] { return f.wrote("down 0"); });

    CHECK(f.clock.now() - before >= Seconds{10});
    CHECK(f.clock.now() - before <= Seconds{11});
    CHECK(f.diary.last.failure.fault == Fault::timeout);
    CHECK(f.diary.last.failure.detail == "silent for 10.0 s");
    f.pass_until([&] { return f.count("up") == 2; });
    f.stop();
}

TEST_CASE("WsSession sends text pings and takes their answers", "[net][ws][session]") {
    WsSession::Options options;
    options.ping_every = Seconds{5};
    options.pong_max = Seconds{12};
    auto pings = 0;
    Fixture f{
        [&](WsPeer& peer) -> Task<void> {
            for (;;) {
                auto const text = co_await peer.read();
                if (!text) co_return;
                if (*text != "PING") continue;
                ++pings;
                if (pings <= 4) co_await peer.write("PONG");
            }
        },
        options
    };
    f.run_until([&] { return f.wrote("up"); });
    auto const before = f.clock.now();

    f.pass_until([&] { return f.wrote("down 0"); });

    CHECK(pings >= 5);
    CHECK(f.clock.now() - before >= Seconds{20 + 12});
    CHECK(f.clock.now() - before <= Seconds{20 + 12 + 1});
    CHECK(f.diary.last.failure.detail.starts_with("no PONG for 12"));
    CHECK_FALSE(f.wrote("frame PONG"));
    f.stop();
}

TEST_CASE("WsSession renews its connection at once when asked to", "[net][ws][session]") {
    Fixture f{[](WsPeer& peer) -> Task<void> {
        co_await peer.hang();
    }};
    f.run_until([&] { return f.wrote("up"); });
    auto const before = f.clock.now();

    f.session.restart("24 hours are over");
    f.run_until([&] { return f.count("up") == 2; });

    CHECK(f.clock.now() == before);
    CHECK(f.diary.last.is_planned);
    f.stop();
}

TEST_CASE("WsSession goes on trying while nobody listens", "[net][ws][session]") {
    NetWorld world;
    std::uint16_t port = 0;
    {
        TestServer const gone{world.io, std::nullopt, [](Peer& p) {
                                  return p.hang();
                              }};
        port = gone.port();
    }
    runtime::Supervisor supervisor{world.io.get_executor(), world.clock, [](auto&&, auto&&) {
                                   }};
    Diary diary;
    auto const url = parse_url("wss://venue.test:" + std::to_string(port) + "/").value();
    WsSession session{
        world.dialer,
        supervisor,
        [](std::uint64_t bound) { return bound; },
        [url] { return WsRequest{url}; },
        diary,
        {}
    };
    supervisor.start(runtime::Stage::feeds, "test.session", session.run());
    auto const before = world.clock.now();

    world.run_until([&] { return diary.lines.size() == 1; });
    world.pass_until([&] { return diary.lines.size() == 5; });

    CHECK(std::ranges::count(diary.lines, "failed") == 5);
    CHECK(world.clock.now() - before == Seconds{1 + 2 + 4 + 8});
    CHECK(session.times_up() == 0);
}

TEST_CASE("WsSession stays down while it is paused", "[net][ws][session]") {
    WsSession::Options options;
    options.starts_paused = true;
    Fixture f{[](WsPeer& peer) -> Task<void> { co_await peer.hang(); }, options};
    auto const later = f.clock.now() + Seconds{5};
    f.pass_until([&] { return f.clock.now() >= later; });
    CHECK(f.requests == 0);

    f.session.retry_now();
    f.pass_until([&] { return f.session.is_up(); });
    f.session.pause("another one took over");
    f.pass_until([&] { return f.wrote("down 0"); });
    auto const much_later = f.clock.now() + Seconds{60};
    f.pass_until([&] { return f.clock.now() >= much_later; });

    CHECK(f.requests == 1);
    CHECK(f.session.state() == ReconnectMachine::State::stopped);
    CHECK(f.diary.last.is_planned);
    f.session.retry_now();
    f.pass_until([&] { return f.count("up") == 2; });
    f.stop();
}

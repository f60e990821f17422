// Round trips on the loopback, client and server on one thread: what TLS, framing, deadlines and
// coroutines cost together, without a network.
//   cmake --build --preset release --target net_bench &&
//   build/release/tests/connectors/net/net_bench
#include "connectors/net/ws_client.hpp"
#include "tests/connectors/net/net_world.hpp"
#include "tests/connectors/net/ws_test_server.hpp"

#include <algorithm>
#include <cstdio>

using namespace polyquant;
using namespace polyquant::net;
using namespace polyquant::net::testing;

namespace {

constexpr int warm_ups = 500;
constexpr int rounds = 10'000;

struct Timings {
    std::vector<Nanos> each{};

    void print(char const* what) {
        std::ranges::sort(each);
        auto const at = [&](std::size_t percent) {
            auto const i = std::min(each.size() - 1, each.size() * percent / 100);
            return std::chrono::duration<double, std::micro>(each[i]).count();
        };
        std::printf("%-44s p50 %7.1f us   p99 %7.1f us\n", what, at(50), at(99));
    }
};

struct LiveWorld {
    runtime::LiveClock clock;
    asio::io_context io{1};
    runtime::SidePool pool{io, 1, runtime::Delivery::as_ready};
    Resolver resolver{pool, clock, {}, loopback_lookup};
    Dialer dialer{
        io.get_executor(), clock, resolver, TlsContext::create({Trust::shared().ca_file}).value()
    };
    EndpointGroups groups;
    HttpsClient client{dialer, groups, random_from_seed(1), {}};
    runtime::Supervisor supervisor{io.get_executor(), clock, [](auto&&, auto&&) {
                                   }};
};

Task<void> time_posts(LiveWorld& w, Url url, char const* group, char const* what) {
    Timings timings;
    HttpRequest request;
    request.method = Method::post;
    request.url = std::move(url);
    request.headers = {{"Content-Type", "application/json"}};
    request.body = std::string(500, 'x');
    request.group = group;
    for (auto i = 0; i < warm_ups + rounds; ++i) {
        auto const start = w.clock.now();
        auto const answer = co_await w.client.send(request, start + Seconds{5});
        if (!answer) throw std::runtime_error{describe(answer.error())};
        if (i >= warm_ups) timings.each.push_back(w.clock.now() - start);
    }
    timings.print(what);
}

Task<void> time_echoes(LiveWorld& w, WsRequest request, bool deflate, char const* what) {
    Timings timings;
    WsClient::Options options;
    options.deflate = deflate;
    WsClient client{w.dialer, w.supervisor, "bench.ws", options};
    auto const opened = co_await client.open(std::move(request), w.clock.now() + Seconds{5});
    if (!opened) throw std::runtime_error{describe(opened.error())};
    std::string text;
    while (text.size() < 300)
        text += R"({"asset":"7421","price":"0.53","size":"120.5","side":"BUY"},)";
    for (auto i = 0; i < warm_ups + rounds; ++i) {
        auto const start = w.clock.now();
        client.post(text);
        auto const frame = co_await client.next();
        if (!frame) throw std::runtime_error{describe(frame.error())};
        if (i >= warm_ups) timings.each.push_back(w.clock.now() - start);
    }
    timings.print(what);
}

void run(LiveWorld& world, Task<void> task) {
    auto done = false;
    asio::co_spawn(world.io, std::move(task), [&](std::exception_ptr const& e) {
        done = true;
        if (e) std::rethrow_exception(e);
    });
    world.io.restart();
    while (!done)
        world.io.run_one();
}

} // namespace

int main() {
    LiveWorld world;
    GroupLimits limits;
    limits.rate = {1'000'000, Nanos{1}};
    world.groups.add("bench", limits);
    TestServer https{world.io, Trust::shared().venue, [](Peer& peer) -> Task<void> {
                         auto const answer = http_answer(200, "", std::string(300, 'y'));
                         while (co_await peer.read_request())
                             co_await peer.write(answer);
                     }};
    WsTestServer wss{world.io, Trust::shared().venue, [](WsPeer& peer) -> Task<void> {
                         while (auto text = co_await peer.read())
                             co_await peer.write(std::move(*text));
                     }};
    auto const ws_url = parse_url("wss://venue.test:" + std::to_string(wss.port()) + "/").value();

    run(world, time_posts(world, url_of(https), "", "HTTPS keep-alive POST 500 B, answer 300 B"));
    run(world,
        time_posts(world, url_of(https), "bench", "  the same with rate budget and breaker"));
    run(world, time_echoes(world, {ws_url}, false, "WSS echo 300 B"));
    run(world, time_echoes(world, {ws_url}, true, "WSS echo 300 B, deflate"));
}

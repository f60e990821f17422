// Binance on the loopback: bars by REST that are a function of their time, and streams whose frames
// the test chooses.
#pragma once

#include "connectors/binance/feed.hpp"
#include "engine/runtime/mailbox.hpp"
#include "tests/connectors/net/net_world.hpp"
#include "tests/connectors/net/ws_test_server.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace polyquant::binance::testing {

using net::testing::NetWorld;
using net::testing::Trust;

inline std::int64_t query_number(std::string_view request, std::string_view name) {
    auto const key = fmt::format("{}=", name);
    auto const at = request.find(key);
    std::int64_t value = 0;
    if (at != std::string_view::npos)
        std::from_chars(request.data() + at + key.size(), request.data() + request.size(), value);
    return value;
}

inline double price_of(std::int64_t open_ms) {
    return 50'000.0 + static_cast<double>(open_ms / 1000 % 10'007);
}

inline std::string kline_row(std::int64_t open_ms, std::int64_t length_ms) {
    auto const close = price_of(open_ms);
    return fmt::format(
        R"([{},"{:.2f}","{:.2f}","{:.2f}","{:.2f}","1.5",{},"75000.0",12,"0.7","35000.0","0"])",
        open_ms,
        close - 1,
        close + 2,
        close - 2,
        close,
        open_ms + length_ms - 1
    );
}

// GET /api/v3/klines.
struct RestServer {
    runtime::Clock& clock;
    std::vector<std::string> requests{};
    std::vector<TimeRange> absent{};         // bars the venue does not have
    std::vector<std::string> next_answers{}; // whole ones, before the ordinary ones
    Nanos lag{0};                            // how long after its beginning the open bar appears
    net::testing::TestServer server;

    RestServer(asio::io_context& io, runtime::Clock& world_clock)
        : clock{world_clock}, server{io, Trust::shared().venue, [this](net::testing::Peer& peer) {
                                         return serve(peer);
                                     }} {}

    Task<void> serve(net::testing::Peer& peer) {
        while (auto const request = co_await peer.read_request()) {
            requests.push_back(request->substr(0, request->find(" HTTP/")));
            std::string answer;
            if (!next_answers.empty()) {
                answer = next_answers.front();
                next_answers.erase(next_answers.begin());
            } else {
                answer = net::testing::http_answer(
                    200, "X-MBX-USED-WEIGHT-1M: 10\r\n", body(requests.back())
                );
            }
            co_await peer.write(answer);
        }
    }

    std::string body(std::string_view request) const {
        auto const length = request.find("interval=1s") != std::string_view::npos ? 1'000 : 60'000;
        auto const from = query_number(request, "startTime");
        auto const until = query_number(request, "endTime");
        auto const limit = query_number(request, "limit");
        auto const now = unix_millis(clock.utc_now() - lag);
        std::string rows = "[";
        std::int64_t count = 0;
        for (auto open = (from + length - 1) / length * length;
             open <= until && open <= now && count < limit;
             open += length) {
            auto const at = utc_from_millis(open);
            auto const is_absent = std::ranges::any_of(absent, [&](TimeRange const& range) {
                return at >= range.from && at < range.until;
            });
            if (is_absent) continue;
            rows += (count++ > 0 ? "," : "") + kline_row(open, length);
        }
        return rows + "]";
    }
};

// Combined streams; the test posts frames to the connections in the order they were made.
struct StreamServer {
    struct Connection {
        explicit Connection(asio::io_context& io) : box{io.get_executor(), "frames", 10'000} {}

        runtime::CountMailbox<std::string> box;
        std::string upgrade{};
        bool is_gone = false;
    };

    asio::io_context& io;
    std::vector<std::unique_ptr<Connection>> connections{};
    net::testing::WsTestServer server;

    explicit StreamServer(asio::io_context& context)
        : io{context}, server{io, Trust::shared().venue, [this](net::testing::WsPeer& peer) {
                                  return serve(peer);
                              }} {}

    Task<void> serve(net::testing::WsPeer& peer) {
        auto& connection = *connections.emplace_back(std::make_unique<Connection>(io));
        connection.upgrade = peer.upgrade_request();
        for (;;) {
            auto const text = co_await connection.box.next();
            if (!text) co_return;
            if (*text == "reset") {
                peer.reset();
                co_return;
            }
            if (*text == "wait for the client to go") {
                co_await peer.hang();
                connection.is_gone = true;
                co_return;
            }
            co_await peer.write(*text);
        }
    }
};

inline std::string bar_frame(
    std::string_view symbol, UtcTime open_time, UtcTime event_time, bool closed, double close = 0
) {
    auto const open_ms = unix_millis(open_time);
    if (close == 0) close = price_of(open_ms);
    return fmt::format(
        R"({{"stream":"x","data":{{"e":"kline","E":{},"s":"{}","k":{{"t":{},"T":{},"s":"{}",)"
        R"("i":"1m","o":"{:.2f}","c":"{:.2f}","h":"{:.2f}","l":"{:.2f}","v":"1.5","n":12,)"
        R"("x":{},"V":"0.7"}}}}}})",
        unix_millis(event_time),
        symbol,
        open_ms,
        open_ms + 59'999,
        symbol,
        close - 1,
        close,
        close + 2,
        close - 2,
        closed
    );
}

inline std::string
trade_frame(std::string_view symbol, std::int64_t id, UtcTime at, std::string_view price) {
    return fmt::format(
        R"({{"stream":"x","data":{{"e":"aggTrade","E":{0},"s":"{1}","a":{2},"p":"{3}","q":"1",)"
        R"("f":1,"l":1,"T":{0},"m":true,"M":true}}}})",
        unix_millis(at),
        symbol,
        id,
        price
    );
}

inline std::string
quote_frame(std::string_view symbol, std::string_view bid, std::string_view ask) {
    return fmt::format(
        R"({{"stream":"x","data":{{"u":1,"s":"{}","b":"{}","B":"1","a":"{}","A":"1"}}}})",
        symbol,
        bid,
        ask
    );
}

struct BinanceWorld : NetWorld {
    std::vector<std::string> failures{};
    runtime::Supervisor supervisor{
        io.get_executor(),
        clock,
        [this](std::string const& name, Failure const& failure) {
            failures.push_back(name + ": " + describe(failure));
        }
    };
    RestServer rest{io, clock};
    net::NetContext
        context{io.get_executor(), clock, supervisor, dialer, groups, client, [](std::uint64_t) {
                    return std::uint64_t{0};
                }};

    std::string rest_url() const {
        return fmt::format("https://venue.test:{}", rest.server.port());
    }

    KlineClient::Options rest_options() const {
        KlineClient::Options options;
        options.base_url = rest_url();
        return options;
    }

    // Lets simulated time pass while the task runs.
    template <class T>
    T wait_for(Task<T> task) {
        auto const pending = start(std::move(task));
        pass_until([&] { return pending->is_done(); });
        return finish(*pending);
    }

    void stop() {
        auto op = [](runtime::Supervisor& s) -> Task<bool> {
            auto const report = co_await s.stop();
            co_return report.clean();
        };
        if (!run(op(supervisor))) throw std::logic_error{"a task did not stop"};
    }
};

} // namespace polyquant::binance::testing

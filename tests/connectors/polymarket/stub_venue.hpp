// A scripted venue on the loopback for the feeds: its REST answers by path, its markets as JSON.
#pragma once

#include "connectors/net/net_context.hpp"
#include "connectors/polymarket/contracts.hpp"
#include "connectors/polymarket/ctf/position_id.hpp"
#include "engine/ports/live_feed.hpp"
#include "tests/connectors/net/net_world.hpp"

#include <fmt/format.h>

#include <deque>
#include <map>
#include <string>
#include <vector>

namespace polyquant::test {

inline crypto::Address usdc_e() {
    return polymarket::contracts_of(polymarket::polygon_chain_id).value().ctf_collateral;
}

// A market that may be traded: its token ids are those of its condition.
inline Market updown_market(Asset asset, Window window, std::uint8_t number = 1) {
    Market market;
    market.condition.bytes.fill(number);
    market.slug = updown_slug(asset, window);
    market.question = "Up or Down";
    market.asset = asset;
    market.window = window;
    market.up = polymarket::ctf_token(usdc_e(), market.condition, Outcome::up);
    market.down = polymarket::ctf_token(usdc_e(), market.condition, Outcome::down);
    market.rule = twap_rule(Seconds{60});
    market.fee = crypto_fee();
    return market;
}

// As Gamma lists it. `more` is put in front of the other members: the first of two equal keys
// counts.
inline std::string gamma_json(Market const& m, std::string const& more = {}) {
    return fmt::format(
        R"({{{}"slug":"{}","question":"{}","conditionId":"{}","version":"v1",)"
        R"("outcomes":"[\"Up\", \"Down\"]","outcomePrices":"[\"0.5\", \"0.5\"]",)"
        R"("clobTokenIds":"[\"{}\", \"{}\"]","eventStartTime":"{}","endDate":"{}","active":true,)"
        R"("closed":false,"acceptingOrders":true,"enableOrderBook":true,"negRisk":false,)"
        R"("orderPriceMinTickSize":{},"orderMinSize":5,"feesEnabled":true,)"
        R"("feeSchedule":{{"exponent":1,"rate":0.07,"takerOnly":true}},)"
        R"("resolutionSource":"https://data.chain.link/streams/{}-usd-twap-60s-streams",)"
        R"("cryptoMarketConfig":{{"asset":"{}","twapEnabled":true,"twapLookbackSeconds":60}}}})",
        more,
        m.slug,
        m.question,
        to_string(m.condition),
        to_string(m.up),
        to_string(m.down),
        format_utc(m.window.start),
        format_utc(m.window.end()),
        to_string(m.tick),
        lower_name(*m.asset),
        lower_name(*m.asset)
    );
}

inline std::string
event_json(Market const& m, std::string const& market, std::string const& more = {}) {
    return fmt::format(R"([{{{}"slug":"{}","markets":[{}]}}])", more, m.slug, market);
}

inline std::string clob_json(Market const& m, std::string const& more = {}) {
    return fmt::format(
        R"({{{}"c":"{}","t":[{{"t":"{}","o":"Up"}},{{"t":"{}","o":"Down"}}],"mts":{},"mos":5,)"
        R"("fd":{{"r":0.07,"e":1,"to":true}},"ao":true,"itode":true}})",
        more,
        to_string(m.condition),
        to_string(m.up),
        to_string(m.down),
        to_string(m.tick)
    );
}

// Answers by the beginning of the target, the longest that fits; 404 for all else, and none at all
// where the answer is empty. What is asked is written down.
class StubVenue {
public:
    using Answer = std::function<std::string(std::string const& target)>;

    explicit StubVenue(asio::io_context& io)
        : server_{io, net::testing::Trust::shared().venue, [this](net::testing::Peer& peer) {
                      return serve(peer);
                  }} {}

    void on(std::string prefix, Answer answer) { routes_[std::move(prefix)] = std::move(answer); }

    void on(std::string prefix, std::string body, int status = 200) {
        on(std::move(prefix), [body = std::move(body), status](std::string const&) {
            return net::testing::http_answer(status, "", body);
        });
    }

    net::Url url() const { return net::testing::url_of(server_); }

    std::vector<std::string> asked{};

    // Requests whose target begins so.
    std::ptrdiff_t count(std::string const& prefix) const {
        return std::ranges::count_if(asked, [&](auto const& target) {
            return target.starts_with(prefix);
        });
    }

private:
    Task<void> serve(net::testing::Peer& peer) {
        while (auto const request = co_await peer.read_request()) {
            auto const from = request->find(' ') + 1;
            auto const target = request->substr(from, request->find(' ', from) - from);
            asked.push_back(target);
            auto const answer = answer_to(target);
            if (answer.empty()) co_await peer.hang();
            co_await peer.write(answer);
        }
    }

    std::string answer_to(std::string const& target) const {
        for (auto route = routes_.rbegin(); route != routes_.rend(); ++route)
            if (target.starts_with(route->first)) return route->second(target);
        return net::testing::http_answer(404, "", R"({"error":"not found"})");
    }

    std::map<std::string, Answer> routes_{};
    net::testing::TestServer server_;
};

// Everything a feed is made with, and the events it published.
struct FeedWorld : net::testing::NetWorld {
    std::vector<std::string> failures{};
    runtime::Supervisor supervisor{
        io.get_executor(),
        clock,
        [this](std::string const& name, Failure const& failure) {
            failures.push_back(name + ": " + describe(failure));
        }
    };
    net::NetContext context{
        io.get_executor(),
        clock,
        supervisor,
        dialer,
        groups,
        client,
        [](std::uint64_t bound) {
            return bound;
        }
    };
    StubVenue venue{io};
    std::vector<Event> events{};

    EventSink sink() {
        return [this](Event event) {
            events.push_back(std::move(event));
        };
    }

    template <class T>
    std::vector<T> all() const {
        std::vector<T> found;
        for (auto const& event : events)
            if (auto const* one = std::get_if<T>(&event)) found.push_back(*one);
        return found;
    }

    template <class T>
    std::size_t count() const {
        return all<T>().size();
    }

    // "gamma btc: bad (why)", in the order they came.
    std::vector<std::string> states() const {
        std::vector<std::string> lines;
        for (auto const& s : all<FeedState>())
            lines.push_back(
                fmt::format("{} {}: {} ({})", s.feed, s.topic, s.healthy ? "ok" : "bad", s.reason)
            );
        return lines;
    }

    void start_feed(LiveFeed& feed) {
        supervisor.start(runtime::Stage::feeds, std::string{feed.name()}, feed.run());
    }

    // Time passes from one due instant to the next once the loopback is quiet. Only name lookups
    // run elsewhere; all else is there as soon as it was sent, or nearly so.
    void pass_quickly_until(std::function<bool()> const& done) {
        constexpr auto looks = 20; // blocking instead would take a millisecond a step
        for (auto step = 0; !done(); ++step) {
            if (step > 200'000) throw std::logic_error{"what the test waits for never came"};
            io.restart();
            std::size_t ran = 0;
            for (auto look = 0; ran == 0 && look < looks; ++look)
                ran = io.poll();
            if (ran == 0 && pool.pending() > 0) ran = io.run_one_for(std::chrono::milliseconds{5});
            if (ran > 0) continue;
            if (auto const due = clock.next_due()) clock.advance_to(*due);
        }
    }

    void pass(Nanos time) {
        auto const end = clock.now() + time;
        pass_quickly_until([&] { return clock.now() >= end; });
    }

    void stop() {
        auto op = [](runtime::Supervisor& s) -> Task<bool> {
            auto const report = co_await s.stop();
            co_return report.clean();
        };
        if (!run(op(supervisor))) failures.push_back("the stop was not clean");
    }
};

} // namespace polyquant::test

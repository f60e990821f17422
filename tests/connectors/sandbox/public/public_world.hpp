// A small world with its public services, asked without sockets.
#pragma once

#include "connectors/net/server/router.hpp"
#include "connectors/sandbox/fault_plan.hpp"
#include "connectors/sandbox/public/stage.hpp"
#include "engine/runtime/sim_clock.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <optional>
#include <stdexcept>

namespace polyquant::sandbox::testing {

inline WorldOptions small_world() {
    WorldOptions options;
    options.start = utc_from_seconds(1'795'392'010); // ten seconds into a window
    options.past = std::chrono::minutes{20};
    options.listed_ahead = Seconds{900};
    options.near_expiry_markets = 12;
    return options;
}

// A client's end of a WebSocket that never was.
class FakePeer final : public net::server::WsPeer {
public:
    explicit FakePeer(std::uint64_t id, net::server::HttpCall call = {})
        : id_{id}, call_{std::move(call)} {
        call_.connection = id;
    }

    std::uint64_t id() const override { return id_; }

    net::server::HttpCall const& upgrade() const override { return call_; }

    bool is_open() const override { return close_code == 0; }

    bool send(std::string text, std::string_view topic) override {
        frames.push_back(std::move(text));
        topics.emplace_back(topic);
        return true;
    }

    void close(int code, std::string) override { close_code = code; }

    void reset() override { close_code = 1006; }

    std::vector<std::string> frames{};
    std::vector<std::string> topics{};
    int close_code = 0;

private:
    std::uint64_t id_;
    net::server::HttpCall call_;
};

struct PublicWorld {
    runtime::SimClock clock{small_world().start};
    FaultPlan faults;
    World world;
    Stage stage{world, faults, clock};

    explicit PublicWorld(WorldOptions options = small_world(), std::string_view script = "")
        : faults{parse_fault_script(script, "test").value(), options.start, 1},
          world{options, make_generated_path(options.seed), faults} {}

    void pass(Nanos time) {
        clock.advance_to(clock.now() + time);
        world.advance_to(clock.utc_now());
    }

    void pass_until(UtcTime t) { pass(t - clock.utc_now()); }

    net::server::HttpReply
    get(net::server::Router const& router, std::string const& target, net::Headers headers = {}) {
        net::server::HttpCall call;
        call.target = target;
        call.path = target.substr(0, target.find('?'));
        if (auto const mark = target.find('?'); mark != std::string::npos) {
            call.query = net::server::parse_query(std::string_view{target}.substr(mark + 1));
        }
        call.headers = std::move(headers);
        std::string allowed;
        auto const* const route = router.find(call, allowed);
        if (!route) return net::server::json_reply("no route", 404);
        asio::io_context io;
        std::optional<net::server::HttpReply> reply;
        asio::co_spawn(
            io,
            route->handler(call),
            [&](std::exception_ptr const& error, net::server::HttpReply answer) {
                if (error) std::rethrow_exception(error);
                reply = std::move(answer);
            }
        );
        io.run();
        if (!reply) throw std::logic_error{"no answer"};
        if (router.finish()) router.finish()(call, *reply);
        return *reply;
    }

    WorldMarket const& updown(Asset asset, Window window) {
        return *world.markets().find_slug(updown_slug(asset, window));
    }
};

} // namespace polyquant::sandbox::testing

// The CLOB of a small world behind the real server, reached by this repository's own clients.
#pragma once

#include "connectors/crypto/clob_auth.hpp"
#include "connectors/polymarket/orders/order_signer.hpp"
#include "connectors/sandbox/clob/channels.hpp"
#include "connectors/sandbox/clob/clob_api.hpp"
#include "tests/connectors/net/server/server_world.hpp"
#include "tests/connectors/sandbox/trader.hpp"

namespace polyquant::sandbox::testing {

struct ClobWorld : net::testing::ServerWorld {
    NoFaults no_faults;
    World world;
    ClobApi api;
    MarketChannel market_channel;
    UserChannel user_channel;
    WorldMarket const* market; // BTC, the running window
    std::uint64_t salt = 1;

    static WorldOptions options_at(UtcTime now) {
        WorldOptions options;
        options.seed = 11;
        options.start = now;
        options.past = Seconds{1800};
        options.listed_ahead = Seconds{900};
        options.near_expiry_markets = 12;
        options.books.changes_per_second = 60;
        options.exchange.retry_chance = 0;
        return options;
    }

    explicit ClobWorld(ClobOptions options = {}, FaultSource* faults = nullptr)
        : world{options_at(clock.utc_now()), make_generated_path(11), faults ? *faults : no_faults},
          api{world, faults ? *faults : no_faults, options}, market_channel{world},
          user_channel{world} {
        net::server::Router router;
        api.add_routes(router);
        add_channels(router, market_channel, user_channel);
        serve(std::move(router));
        world.advance_to(clock.utc_now());
        market = world.markets().find_slug(updown_slug(Asset::btc, window_at(clock.utc_now())));
    }

    void pass(Nanos time) {
        advance(time);
        world.advance_to(clock.utc_now());
    }

    net::HttpResponse
    ask(net::Method method,
        std::string const& target,
        std::string body = {},
        crypto::Headers const& headers = {}) {
        net::HttpRequest request;
        request.method = method;
        request.url = url(target);
        request.body = std::move(body);
        for (auto const& [name, value] : headers)
            request.headers.push_back({std::string{name}, value});
        return run(client.send(std::move(request), in(Seconds{60}))).value();
    }

    net::HttpResponse read(std::string const& target) { return ask(net::Method::get, target); }

    std::int64_t unix_now() { return unix_seconds(clock.utc_now()); }
};

// A trader who knows the venue only through its API.
struct RemoteTrader {
    ClobWorld& at;
    std::shared_ptr<crypto::Signer const> signer;
    std::string key, secret, passphrase;
    std::optional<crypto::RequestSigner> requests;
    std::optional<polymarket::OrderSigner> orders;

    RemoteTrader(ClobWorld& world, std::size_t n);

    net::HttpResponse
    ask(net::Method method, std::string const& path, std::string body = {}, std::string query = {}
    ) {
        auto const headers = requests->headers(at.unix_now(), net::to_string(method), path, body);
        return at.ask(method, path + query, std::move(body), headers);
    }

    polymarket::SignedOrder
    sign(Side side, Price limit, Shares size, TimeInForce tif, Outcome outcome = Outcome::up) {
        PlaceOrder wanted;
        wanted.market = at.market->market.condition;
        wanted.token = at.market->market.token(outcome);
        wanted.outcome = outcome;
        wanted.side = side;
        wanted.limit = limit;
        wanted.size = size;
        wanted.tif = tif;
        return orders->sign(wanted, at.market->market, at.salt++, at.clock.utc_now()).value();
    }
};

} // namespace polyquant::sandbox::testing

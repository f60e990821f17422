// The CLOB's REST interface on the sandbox's world, with the venue's paths, words and status codes.
// https://docs.polymarket.com/developers/CLOB
#pragma once

#include "connectors/net/server/router.hpp"
#include "connectors/sandbox/clob/rate_limits.hpp"
#include "connectors/sandbox/clob/request_auth.hpp"
#include "connectors/sandbox/world/world.hpp"

namespace polyquant::sandbox {

struct ClobOptions {
    bool rate_limits = true;
    Nanos timestamp_skew = Seconds{30};
    std::size_t page_rows = 100;
};

// Every answer first brings the world up to the moment of the call. Outlives its router.
class ClobApi {
public:
    ClobApi(World& world, FaultSource& faults, ClobOptions options = {});

    void add_routes(net::server::Router& router);

private:
    using HttpCall = net::server::HttpCall;
    using HttpReply = net::server::HttpReply;

    using Public = HttpReply (ClobApi::*)(HttpCall const&);
    using Private = HttpReply (ClobApi::*)(HttpCall const&, ApiKey const&);

    void add(net::server::Router& router, net::Method method, std::string path, Public handler);
    void add(net::server::Router& router, net::Method method, std::string path, Private handler);
    void add_reads(net::server::Router& router);
    void add_private(net::server::Router& router);
    std::optional<HttpReply> prepare(HttpCall const& call);

    // clob_reads.cpp
    HttpReply time(HttpCall const& call);
    HttpReply ok(HttpCall const& call);
    HttpReply version(HttpCall const& call);
    HttpReply book(HttpCall const& call);
    HttpReply books(HttpCall const& call);
    HttpReply price(HttpCall const& call);
    HttpReply prices(HttpCall const& call);
    HttpReply midpoint(HttpCall const& call);
    HttpReply midpoints(HttpCall const& call);
    HttpReply spread(HttpCall const& call);
    HttpReply spreads(HttpCall const& call);
    HttpReply last_price(HttpCall const& call);
    HttpReply last_prices(HttpCall const& call);
    HttpReply tick_size(HttpCall const& call);
    HttpReply neg_risk(HttpCall const& call);
    HttpReply fee_rate(HttpCall const& call);
    HttpReply clob_market(HttpCall const& call);
    HttpReply market(HttpCall const& call);
    HttpReply market_by_token(HttpCall const& call);
    HttpReply markets(HttpCall const& call);
    HttpReply simplified_markets(HttpCall const& call);
    HttpReply prices_history(HttpCall const& call);
    HttpReply builder_fees(HttpCall const& call);
    WorldMarket const* market_of(HttpCall const& call) const; // by ?token_id=
    HttpReply market_page(HttpCall const& call, std::string (*row)(WorldMarket const&));

    // clob_account.cpp
    HttpReply create_key(HttpCall const& call);
    HttpReply derive_key(HttpCall const& call);
    HttpReply list_keys(HttpCall const& call, ApiKey const& key);
    HttpReply delete_key(HttpCall const& call, ApiKey const& key);
    HttpReply closed_only(HttpCall const& call, ApiKey const& key);
    HttpReply balance(HttpCall const& call, ApiKey const& key);
    HttpReply update_balance(HttpCall const& call, ApiKey const& key);
    HttpReply heartbeat(HttpCall const& call, ApiKey const& key);
    HttpReply old_heartbeat(HttpCall const& call, ApiKey const& key);
    HttpReply notifications(HttpCall const& call, ApiKey const& key);
    HttpReply drop_notifications(HttpCall const& call, ApiKey const& key);
    HttpReply scoring(HttpCall const& call, ApiKey const& key);
    HttpReply scorings(HttpCall const& call, ApiKey const& key);
    crypto::Address wallet_of(crypto::Address const& signer, std::int64_t type) const;
    // A wallet seen for the first time finds the faucet's money.
    void fund(crypto::Address const& wallet, UtcTime now);

    // clob_orders.cpp
    HttpReply post_order(HttpCall const& call, ApiKey const& key);
    HttpReply post_orders(HttpCall const& call, ApiKey const& key);
    HttpReply cancel_order(HttpCall const& call, ApiKey const& key);
    HttpReply cancel_orders(HttpCall const& call, ApiKey const& key);
    HttpReply cancel_all(HttpCall const& call, ApiKey const& key);
    HttpReply cancel_market(HttpCall const& call, ApiKey const& key);
    HttpReply order(HttpCall const& call, ApiKey const& key);
    HttpReply orders(HttpCall const& call, ApiKey const& key);
    HttpReply trades(HttpCall const& call, ApiKey const& key);
    PostAnswer post(PostedOrder const& order, ApiKey const& key, UtcTime now);
    HttpReply cancel(std::span<OrderId const> ids, ApiKey const& key, UtcTime now, double cost);
    std::optional<HttpReply> restarting(UtcTime now) const;
    HttpReply page(HttpCall const& call, std::vector<std::string> const& rows) const;

    World& world_;
    Exchange& exchange_;
    FaultSource& faults_;
    ClobOptions options_;
    RateLimits limits_;
};

// {"error":"..."}
net::server::HttpReply error_reply(int status, std::string_view words);

} // namespace polyquant::sandbox

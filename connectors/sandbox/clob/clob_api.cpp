#include "connectors/sandbox/clob/clob_api.hpp"

#include "connectors/sandbox/clob/clob_text.hpp"

#include <fmt/format.h>

namespace polyquant::sandbox {

namespace {

using net::Method;

net::Header retry_after_header(Nanos wait) {
    return {"Retry-After", std::to_string(std::chrono::ceil<Seconds>(wait).count())};
}

} // namespace

net::server::HttpReply error_reply(int status, std::string_view words) {
    return net::server::json_reply(fmt::format(R"({{"error":{}}})", json_text(words)), status);
}

ClobApi::ClobApi(World& world, FaultSource& faults, ClobOptions options)
    : world_{world}, exchange_{world.exchange()}, faults_{faults}, options_{options} {}

void ClobApi::add_routes(net::server::Router& router) {
    add_reads(router);
    add_private(router);
}

std::optional<net::server::HttpReply> ClobApi::prepare(HttpCall const& call) {
    world_.advance_to(call.received_at);
    if (!options_.rate_limits) return std::nullopt;
    auto const verdict = limits_.request(net::to_string(call.method), call.path, world_.now());
    if (!verdict.retry_after) return std::nullopt;
    auto reply = error_reply(429, "Too Many Requests");
    reply.headers.push_back(retry_after_header(*verdict.retry_after));
    return reply;
}

void ClobApi::add(net::server::Router& router, Method method, std::string path, Public handler) {
    router.add_plain(method, std::move(path), [this, handler](HttpCall const& call) {
        if (auto refusal = prepare(call)) return std::move(*refusal);
        return (this->*handler)(call);
    });
}

void ClobApi::add(net::server::Router& router, Method method, std::string path, Private handler) {
    router.add_plain(method, std::move(path), [this, handler](HttpCall const& call) {
        if (auto refusal = prepare(call)) return std::move(*refusal);
        auto const key = check_api_key(call, exchange_.keys(), options_.timestamp_skew);
        if (!key) return error_reply(key.error().http_status, key.error().detail);
        return (this->*handler)(call, **key);
    });
}

void ClobApi::add_reads(net::server::Router& router) {
    add(router, Method::get, "/", &ClobApi::ok);
    add(router, Method::get, "/ok", &ClobApi::ok);
    add(router, Method::get, "/time", &ClobApi::time);
    add(router, Method::get, "/version", &ClobApi::version);
    add(router, Method::get, "/book", &ClobApi::book);
    add(router, Method::post, "/books", &ClobApi::books);
    add(router, Method::get, "/price", &ClobApi::price);
    add(router, Method::post, "/prices", &ClobApi::prices);
    add(router, Method::get, "/midpoint", &ClobApi::midpoint);
    add(router, Method::post, "/midpoints", &ClobApi::midpoints);
    add(router, Method::get, "/spread", &ClobApi::spread);
    add(router, Method::post, "/spreads", &ClobApi::spreads);
    add(router, Method::get, "/last-trade-price", &ClobApi::last_price);
    add(router, Method::post, "/last-trades-prices", &ClobApi::last_prices);
    add(router, Method::get, "/tick-size", &ClobApi::tick_size);
    add(router, Method::get, "/neg-risk", &ClobApi::neg_risk);
    add(router, Method::get, "/fee-rate", &ClobApi::fee_rate);
    add(router, Method::get, "/clob-markets/{condition}", &ClobApi::clob_market);
    add(router, Method::get, "/markets/{condition}", &ClobApi::market);
    add(router, Method::get, "/markets-by-token/{token}", &ClobApi::market_by_token);
    add(router, Method::get, "/markets", &ClobApi::markets);
    add(router, Method::get, "/sampling-markets", &ClobApi::markets);
    add(router, Method::get, "/simplified-markets", &ClobApi::simplified_markets);
    add(router, Method::get, "/sampling-simplified-markets", &ClobApi::simplified_markets);
    add(router, Method::get, "/prices-history", &ClobApi::prices_history);
    add(router, Method::get, "/fees/builder-fees/{code}", &ClobApi::builder_fees);
    add(router, Method::post, "/auth/api-key", &ClobApi::create_key);
    add(router, Method::get, "/auth/derive-api-key", &ClobApi::derive_key);
}

void ClobApi::add_private(net::server::Router& router) {
    add(router, Method::get, "/auth/api-keys", &ClobApi::list_keys);
    add(router, Method::delete_, "/auth/api-key", &ClobApi::delete_key);
    add(router, Method::get, "/auth/ban-status/closed-only", &ClobApi::closed_only);
    add(router, Method::get, "/balance-allowance", &ClobApi::balance);
    add(router, Method::get, "/balance-allowance/update", &ClobApi::update_balance);
    add(router, Method::post, "/v1/heartbeats", &ClobApi::heartbeat);
    add(router, Method::post, "/heartbeats", &ClobApi::old_heartbeat);
    add(router, Method::get, "/notifications", &ClobApi::notifications);
    add(router, Method::delete_, "/notifications", &ClobApi::drop_notifications);
    add(router, Method::get, "/order-scoring", &ClobApi::scoring);
    add(router, Method::post, "/orders-scoring", &ClobApi::scorings);
    add(router, Method::post, "/order", &ClobApi::post_order);
    add(router, Method::post, "/orders", &ClobApi::post_orders);
    add(router, Method::delete_, "/order", &ClobApi::cancel_order);
    add(router, Method::delete_, "/orders", &ClobApi::cancel_orders);
    add(router, Method::delete_, "/cancel-all", &ClobApi::cancel_all);
    add(router, Method::delete_, "/cancel-market-orders", &ClobApi::cancel_market);
    add(router, Method::get, "/data/order/{id}", &ClobApi::order);
    add(router, Method::get, "/order/{id}", &ClobApi::order);
    add(router, Method::get, "/data/orders", &ClobApi::orders);
    add(router, Method::get, "/data/trades", &ClobApi::trades);
    add(router, Method::get, "/trades", &ClobApi::trades);
}

} // namespace polyquant::sandbox

// Orders, cancels and what became of them.
#include "connectors/json/decimal.hpp"
#include "connectors/sandbox/clob/clob_api.hpp"
#include "connectors/sandbox/clob/clob_text.hpp"
#include "connectors/sandbox/clob/order_request.hpp"
#include "connectors/sandbox/clob/paging.hpp"

#include <fmt/format.h>

namespace polyquant::sandbox {

using net::server::HttpCall;
using net::server::HttpReply;
using net::server::json_reply;

namespace {

constexpr std::size_t cancel_ids_max = 3'000;

void add_rate_headers(HttpReply& reply, RateVerdict const& verdict) {
    if (!verdict.remaining) return;
    reply.headers.push_back({"Poly-RateLimit-Remaining", std::to_string(*verdict.remaining)});
    reply.headers.push_back({"Poly-RateLimit-Reset", std::to_string(verdict.reset_unix)});
    reply.headers.push_back({"Poly-RateLimit-Tier", "Standard"});
    if (verdict.warning) reply.headers.push_back({"Poly-RateLimit-Warning", "true"});
}

HttpReply rate_limited(RateVerdict const& verdict) {
    auto reply = error_reply(429, "Rate limit exceeded");
    auto const wait = std::chrono::ceil<Seconds>(*verdict.retry_after).count();
    reply.headers.push_back({"Retry-After", std::to_string(wait)});
    add_rate_headers(reply, verdict);
    return reply;
}

std::string trade_ids(PostAnswer const& answer) {
    std::vector<std::string> ids;
    for (auto const& trade : answer.trades)
        ids.push_back(trade.text);
    return json_strings(ids);
}

std::string amount_text(std::int64_t micros) {
    return micros == 0 ? std::string{} : to_string(Usdc::from_micros(micros));
}

std::string answer_json(PostAnswer const& answer) {
    return fmt::format(
        R"({{"errorMsg":{},"orderID":"{}","takingAmount":"{}","makingAmount":"{}","status":"{}",)"
        R"("transactionsHashes":[],"tradeIDs":{},"success":{}}})",
        json_text(answer.error),
        answer.accepted() ? to_string(answer.order) : "",
        amount_text(answer.taking_micros),
        amount_text(answer.making_micros),
        answer.status,
        trade_ids(answer),
        answer.accepted()
    );
}

bool is_after(HttpCall const& call, std::string_view name, UtcTime at, bool otherwise) {
    std::int64_t seconds = 0;
    if (!json::parse_unsigned(call.field(name).value_or(""), seconds)) return otherwise;
    return at >= utc_from_seconds(seconds);
}

} // namespace

std::optional<HttpReply> ClobApi::restarting(UtcTime now) const {
    if (exchange_.gate(now) != TradingGate::restarting) return std::nullopt;
    auto reply = error_reply(425, "the matching engine is restarting, please retry");
    reply.headers.push_back({"Retry-After", std::to_string(exchange_.gate_ends_in(now).count())});
    return reply;
}

PostAnswer ClobApi::post(PostedOrder const& order, ApiKey const& key, UtcTime now) {
    if (order.fields.maker == key.signer ||
        order.fields.maker ==
            wallet_of(key.signer, static_cast<std::int64_t>(order.fields.signature_type)))
        fund(order.fields.maker, now);
    return exchange_.post(order, key.signer, now);
}

HttpReply ClobApi::post_order(HttpCall const& call, ApiKey const& key) {
    auto const now = world_.now();
    if (auto refusal = restarting(now)) return std::move(*refusal);
    RateVerdict verdict;
    if (options_.rate_limits) verdict = limits_.orders(key.signer, 1, now);
    if (verdict.retry_after) return rate_limited(verdict);
    auto const order = parse_posted_order(call.body);
    if (!order) return error_reply(order.error().http_status, order.error().detail);
    auto const answer = post(*order, key, now);
    auto reply = answer.accepted() ? json_reply(answer_json(answer))
                                   : error_reply(answer.http_status, answer.error);
    if (exchange_.gate(now) == TradingGate::post_only && answer.http_status == 503) {
        auto const wait = exchange_.gate_ends_in(now).count();
        reply = json_reply(
            fmt::format(
                R"({{"error":{},"code":"post_only_mode","retry_after_seconds":{}}})",
                json_text(answer.error),
                wait
            ),
            503
        );
        reply.headers.push_back({"Retry-After", std::to_string(wait)});
    }
    add_rate_headers(reply, verdict);
    return reply;
}

HttpReply ClobApi::post_orders(HttpCall const& call, ApiKey const& key) {
    auto const now = world_.now();
    if (auto refusal = restarting(now)) return std::move(*refusal);
    auto const orders = parse_posted_orders(call.body);
    if (!orders) return error_reply(orders.error().http_status, orders.error().detail);
    RateVerdict verdict;
    if (options_.rate_limits)
        verdict = limits_.orders(key.signer, static_cast<double>(orders->size()), now);
    if (verdict.retry_after) return rate_limited(verdict);
    std::string rows;
    for (auto const& order : *orders) {
        if (!rows.empty()) rows += ',';
        rows += answer_json(post(order, key, now));
    }
    auto reply = json_reply("[" + rows + "]");
    add_rate_headers(reply, verdict);
    return reply;
}

HttpReply
ClobApi::cancel(std::span<OrderId const> ids, ApiKey const& key, UtcTime now, double cost) {
    if (auto refusal = restarting(now)) return std::move(*refusal);
    RateVerdict verdict;
    if (options_.rate_limits) verdict = limits_.cancels(key.signer, cost, now);
    if (verdict.retry_after) return rate_limited(verdict);
    auto const answers = exchange_.cancel(ids, key.key, now);
    std::vector<std::string> cancelled;
    for (auto const& id : answers.cancelled)
        cancelled.push_back(to_string(id));
    std::string refused;
    for (auto const& [id, why] : answers.refused)
        refused +=
            fmt::format(R"({}"{}":{})", refused.empty() ? "" : ",", to_string(id), json_text(why));
    auto reply = json_reply(
        fmt::format(R"({{"canceled":{},"not_canceled":{{{}}}}})", json_strings(cancelled), refused)
    );
    add_rate_headers(reply, verdict);
    return reply;
}

HttpReply ClobApi::cancel_order(HttpCall const& call, ApiKey const& key) {
    auto const id = parse_order_id(body_text(call.body, "orderID"));
    if (!id) return error_reply(400, "Invalid orderID");
    return cancel(std::array{*id}, key, world_.now(), 1);
}

HttpReply ClobApi::cancel_orders(HttpCall const& call, ApiKey const& key) {
    auto const ids = parse_order_ids(call.body);
    if (!ids) return error_reply(400, ids.error().detail);
    if (ids->size() > cancel_ids_max) return error_reply(400, "Too many orders in payload");
    return cancel(*ids, key, world_.now(), static_cast<double>(ids->size()));
}

HttpReply ClobApi::cancel_all(HttpCall const&, ApiKey const& key) {
    std::vector<OrderId> ids;
    for (auto const* order : exchange_.open_orders(key.key))
        ids.push_back(order->id);
    return cancel(ids, key, world_.now(), 1 + static_cast<double>(ids.size()));
}

HttpReply ClobApi::cancel_market(HttpCall const& call, ApiKey const& key) {
    auto const market = parse_condition_id(body_text(call.body, "market"));
    TokenId token;
    auto const has_token = json::parse_token(body_text(call.body, "asset_id"), token);
    if (!market && !has_token) return error_reply(400, "Invalid market or asset_id");
    std::vector<OrderId> ids;
    for (auto const* order : exchange_.open_orders(key.key))
        if ((!market || order->market == *market) && (!has_token || order->token == token))
            ids.push_back(order->id);
    return cancel(ids, key, world_.now(), 1 + static_cast<double>(ids.size()));
}

// Orders that are over are no longer told here: their trades are.
HttpReply ClobApi::order(HttpCall const& call, ApiKey const& key) {
    auto const id = parse_order_id(call.parameter("id"));
    if (!id) return error_reply(400, "Invalid orderID");
    auto const* found = exchange_.find_order(*id);
    if (found == nullptr || !found->open || found->owner != key.key) return json_reply("null");
    return json_reply(open_order_json(*found, world_.markets().find(found->market)));
}

HttpReply ClobApi::page(HttpCall const& call, std::vector<std::string> const& rows) const {
    auto const begin = parse_cursor(call.field("next_cursor").value_or(""));
    if (!begin) return error_reply(400, "Invalid next_cursor");
    std::string text;
    std::size_t count = 0;
    for (auto i = *begin; i < rows.size() && count < options_.page_rows; ++i, ++count) {
        if (count > 0) text += ',';
        text += rows[i];
    }
    return json_reply(fmt::format(
        R"({{"limit":{},"count":{},"next_cursor":"{}","data":[{}]}})",
        options_.page_rows,
        count,
        next_cursor(*begin, count, rows.size()),
        text
    ));
}

HttpReply ClobApi::orders(HttpCall const& call, ApiKey const& key) {
    auto const market = parse_condition_id(call.field("market").value_or(""));
    auto const id = parse_order_id(call.field("id").value_or(""));
    TokenId token;
    auto const has_token = json::parse_token(call.field("asset_id").value_or(""), token);
    std::vector<std::string> rows;
    for (auto const* order : exchange_.open_orders(key.key)) {
        if ((market && order->market != *market) || (id && order->id != *id) ||
            (has_token && order->token != token))
            continue;
        rows.push_back(open_order_json(*order, world_.markets().find(order->market)));
    }
    return page(call, rows);
}

// Newest first, as the venue lists them.
HttpReply ClobApi::trades(HttpCall const& call, ApiKey const& key) {
    auto const market = parse_condition_id(call.field("market").value_or(""));
    auto const id = call.field("id").value_or("");
    TokenId token;
    auto const has_token = json::parse_token(call.field("asset_id").value_or(""), token);
    std::vector<std::string> rows;
    auto const all = exchange_.trades(key.key);
    for (auto at = all.rbegin(); at != all.rend(); ++at) {
        auto const& trade = **at;
        auto const touches = !has_token || trade.taker.token == token || trade.maker.token == token;
        if ((market && trade.market != *market) || (!id.empty() && trade.id.text != id) ||
            !touches || !is_after(call, "after", trade.matched_at, true) ||
            is_after(call, "before", trade.matched_at, false))
            continue;
        rows.push_back(trade_json(trade, world_.markets().find(trade.market), key.key));
    }
    return page(call, rows);
}

} // namespace polyquant::sandbox

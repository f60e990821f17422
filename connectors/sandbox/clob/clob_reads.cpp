// What anybody may ask.
#include "connectors/json/decimal.hpp"
#include "connectors/sandbox/clob/clob_api.hpp"
#include "connectors/sandbox/clob/clob_text.hpp"
#include "connectors/sandbox/clob/order_request.hpp"
#include "connectors/sandbox/clob/paging.hpp"

#include <fmt/format.h>

#include <iterator>

namespace polyquant::sandbox {

using net::server::HttpCall;
using net::server::HttpReply;
using net::server::json_reply;

namespace {

constexpr std::string_view no_book = "No orderbook exists for the requested token id";

std::string middle_text(BookTop const& top) {
    return to_string(Price::from_micros((top.bid->price.micros() + top.ask->price.micros()) / 2));
}

// The venue's texts disagree about what a side means here: a buyer's price is the best ask minus
// what the book offers sellers; this venue answers the best bid for BUY and the best ask for SELL.
std::optional<Level> level_for(BookTop const& top, std::string_view side) {
    return side == "BUY" ? top.bid : top.ask;
}

template <class Print>
HttpReply map_reply(Exchange const& exchange, std::string_view body, Print print) {
    auto const requests = parse_token_requests(body);
    if (!requests) return error_reply(400, requests.error().detail);
    std::string text = "{";
    for (auto const& request : *requests) {
        if (exchange.markets().find_token(request.token) == nullptr) continue;
        auto const value = print(request.token, exchange.top(request.token));
        if (value.empty()) continue;
        fmt::format_to(
            std::back_inserter(text),
            R"({}"{}":{})",
            text.size() > 1 ? "," : "",
            to_string(request.token),
            value
        );
    }
    return json_reply(text + "}");
}

} // namespace

HttpReply ClobApi::ok(HttpCall const&) {
    return json_reply(R"("OK")");
}

HttpReply ClobApi::time(HttpCall const& call) {
    FaultSubject subject;
    subject.method = "GET";
    subject.path = call.path;
    auto now = world_.now();
    if (auto const wrong = faults_.active(FaultKind::clock_offset, subject, now))
        now += wrong->offset;
    return json_reply(std::to_string(unix_seconds(now)));
}

HttpReply ClobApi::version(HttpCall const&) {
    return json_reply(fmt::format(R"({{"version":{}}})", exchange_.options().order_version));
}

WorldMarket const* ClobApi::market_of(HttpCall const& call) const {
    TokenId token;
    if (!json::parse_token(call.field("token_id").value_or(""), token)) return nullptr;
    auto const* market = world_.markets().find_token(token);
    auto const has_book =
        market != nullptr && market->phase != Phase::listed && market->phase != Phase::resolved;
    return has_book ? market : nullptr;
}

namespace {

TokenId token_of(HttpCall const& call) {
    TokenId token;
    json::parse_token(call.field("token_id").value_or(""), token);
    return token;
}

} // namespace

HttpReply ClobApi::book(HttpCall const& call) {
    auto const* market = market_of(call);
    if (market == nullptr) return error_reply(404, no_book);
    return json_reply(book_json(exchange_, *market, token_of(call), world_.now(), false));
}

HttpReply ClobApi::books(HttpCall const& call) {
    auto const requests = parse_token_requests(call.body);
    if (!requests) return error_reply(400, requests.error().detail);
    std::string text = "[";
    for (auto const& request : *requests) {
        auto const* market = world_.markets().find_token(request.token);
        if (market == nullptr || market->phase == Phase::listed || market->phase == Phase::resolved)
            continue;
        if (text.size() > 1) text += ',';
        text += book_json(exchange_, *market, request.token, world_.now(), false);
    }
    return json_reply(text + "]");
}

HttpReply ClobApi::price(HttpCall const& call) {
    if (market_of(call) == nullptr) return error_reply(404, no_book);
    auto const side = call.field("side").value_or("");
    if (side != "BUY" && side != "SELL") return error_reply(400, "Invalid side");
    auto const level = level_for(exchange_.top(token_of(call)), side);
    return json_reply(fmt::format(R"({{"price":"{}"}})", level ? to_string(level->price) : "0"));
}

HttpReply ClobApi::prices(HttpCall const& call) {
    auto const requests = parse_token_requests(call.body);
    if (!requests) return error_reply(400, requests.error().detail);
    return map_reply(exchange_, call.body, [&](TokenId const& token, BookTop const& top) {
        std::string text = "{";
        for (auto const& request : *requests) {
            auto const level = level_for(top, request.side);
            if (request.token != token || !level) continue;
            text += fmt::format(
                R"({}"{}":"{}")",
                text.size() > 1 ? "," : "",
                request.side == "BUY" ? "BUY" : "SELL",
                to_string(level->price)
            );
        }
        return text + "}";
    });
}

HttpReply ClobApi::midpoint(HttpCall const& call) {
    if (market_of(call) == nullptr) return error_reply(404, no_book);
    auto const top = exchange_.top(token_of(call));
    if (!top.bid || !top.ask)
        return error_reply(404, "No midpoint exists for the requested token id");
    return json_reply(fmt::format(R"({{"mid":"{}"}})", middle_text(top)));
}

HttpReply ClobApi::midpoints(HttpCall const& call) {
    return map_reply(exchange_, call.body, [](TokenId const&, BookTop const& top) {
        return top.bid && top.ask ? json_text(middle_text(top)) : std::string{};
    });
}

HttpReply ClobApi::spread(HttpCall const& call) {
    if (market_of(call) == nullptr) return error_reply(404, no_book);
    auto const top = exchange_.top(token_of(call));
    auto const wide = top.bid && top.ask ? top.ask->price - top.bid->price : Price{};
    return json_reply(fmt::format(R"({{"spread":"{}"}})", to_string(wide)));
}

HttpReply ClobApi::spreads(HttpCall const& call) {
    return map_reply(exchange_, call.body, [](TokenId const&, BookTop const& top) {
        return top.bid && top.ask ? json_text(to_string(top.ask->price - top.bid->price))
                                  : std::string{};
    });
}

HttpReply ClobApi::last_price(HttpCall const& call) {
    auto const* market = market_of(call);
    if (market == nullptr) return error_reply(404, no_book);
    auto const last = last_trade(*market, token_of(call));
    return json_reply(fmt::format(R"({{"price":"{}","side":""}})", last ? to_string(*last) : "0.5")
    );
}

HttpReply ClobApi::last_prices(HttpCall const& call) {
    auto const requests = parse_token_requests(call.body);
    if (!requests) return error_reply(400, requests.error().detail);
    std::string text = "[";
    for (auto const& request : *requests) {
        auto const* market = world_.markets().find_token(request.token);
        auto const last = market == nullptr ? std::nullopt : last_trade(*market, request.token);
        if (!last) continue;
        text += fmt::format(
            R"({}{{"token_id":"{}","price":"{}","side":""}})",
            text.size() > 1 ? "," : "",
            to_string(request.token),
            to_string(*last)
        );
    }
    return json_reply(text + "]");
}

HttpReply ClobApi::tick_size(HttpCall const& call) {
    auto const* market = market_of(call);
    if (market == nullptr) return error_reply(404, "market not found");
    return json_reply(fmt::format(R"({{"minimum_tick_size":{}}})", tick_text(*market)));
}

HttpReply ClobApi::neg_risk(HttpCall const& call) {
    auto const* market = market_of(call);
    if (market == nullptr) return error_reply(404, "market not found");
    return json_reply(fmt::format(R"({{"neg_risk":{}}})", market->market.neg_risk));
}

HttpReply ClobApi::fee_rate(HttpCall const& call) {
    auto const* market = market_of(call);
    if (market == nullptr) return error_reply(404, "market not found");
    return json_reply(fmt::format(R"({{"base_fee":{}}})", market->fees_enabled ? 1000 : 0));
}

HttpReply ClobApi::clob_market(HttpCall const& call) {
    auto const id = parse_condition_id(call.parameter("condition"));
    auto const* found = id ? world_.markets().find(*id) : nullptr;
    if (found == nullptr || found->phase == Phase::listed)
        return error_reply(404, "market not found");
    return json_reply(clob_market_json(*found));
}

HttpReply ClobApi::market(HttpCall const& call) {
    auto const id = parse_condition_id(call.parameter("condition"));
    auto const* found = id ? world_.markets().find(*id) : nullptr;
    if (found == nullptr || found->phase == Phase::listed)
        return error_reply(404, "market not found");
    return json_reply(market_json(*found));
}

HttpReply ClobApi::market_by_token(HttpCall const& call) {
    TokenId token;
    auto const is_token = json::parse_token(call.parameter("token"), token);
    auto const* found = is_token ? world_.markets().find_token(token) : nullptr;
    if (found == nullptr) return error_reply(404, "market not found");
    return json_reply(fmt::format(
        R"({{"condition_id":"{}","primary_token_id":"{}","secondary_token_id":"{}"}})",
        to_string(found->market.condition),
        to_string(found->market.up),
        to_string(found->market.down)
    ));
}

HttpReply ClobApi::market_page(HttpCall const& call, std::string (*row)(WorldMarket const&)) {
    auto const begin = parse_cursor(call.field("next_cursor").value_or(""));
    if (!begin) return error_reply(400, "Invalid next_cursor");
    std::vector<WorldMarket const*> known;
    for (auto const* found : world_.markets().all())
        if (found->phase != Phase::listed) known.push_back(found);
    std::string rows;
    std::size_t count = 0;
    for (auto i = *begin; i < known.size() && count < options_.page_rows; ++i, ++count) {
        if (count > 0) rows += ',';
        rows += row(*known[i]);
    }
    return json_reply(fmt::format(
        R"({{"limit":{},"count":{},"next_cursor":"{}","data":[{}]}})",
        options_.page_rows,
        count,
        next_cursor(*begin, count, known.size()),
        rows
    ));
}

HttpReply ClobApi::markets(HttpCall const& call) {
    return market_page(call, market_json);
}

HttpReply ClobApi::simplified_markets(HttpCall const& call) {
    return market_page(call, simplified_market_json);
}

HttpReply ClobApi::prices_history(HttpCall const& call) {
    TokenId token;
    auto const is_token = json::parse_token(call.field("market").value_or(""), token);
    auto const* found = is_token ? world_.markets().find_token(token) : nullptr;
    auto from = UtcTime::min();
    auto to = UtcTime::max();
    std::int64_t seconds = 0;
    auto const interval = call.field("interval");
    auto const has_range = call.field("startTs") && call.field("endTs");
    if (!interval && !has_range)
        return error_reply(400, "one of interval or startTs and endTs is required");
    if (json::parse_unsigned(call.field("startTs").value_or(""), seconds))
        from = utc_from_seconds(seconds);
    if (json::parse_unsigned(call.field("endTs").value_or(""), seconds))
        to = utc_from_seconds(seconds);
    if (interval == "1h") from = world_.now() - Seconds{3600};
    if (interval == "6h") from = world_.now() - Seconds{6 * 3600};
    if (interval == "1d") from = world_.now() - Seconds{24 * 3600};
    std::string rows;
    if (found != nullptr)
        for (auto const& [at, price] : world_.price_history(found->market.condition)) {
            if (at < from || at > to) continue;
            auto const own = token == found->market.up ? price : price.complement();
            fmt::format_to(
                std::back_inserter(rows),
                R"({}{{"t":{},"p":{}}})",
                rows.empty() ? "" : ",",
                unix_seconds(at),
                to_string(own)
            );
        }
    return json_reply(R"({"history":[)" + rows + "]}");
}

HttpReply ClobApi::builder_fees(HttpCall const&) {
    return json_reply(R"({"builder_maker_fee_rate_bps":0,"builder_taker_fee_rate_bps":0})");
}

} // namespace polyquant::sandbox

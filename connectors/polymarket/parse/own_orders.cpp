#include "connectors/polymarket/parse/own_orders.hpp"

#include "connectors/json/decimal.hpp"
#include "connectors/json/dom.hpp"

#include <fmt/format.h>

#include <map>

namespace polyquant::polymarket {

namespace {

using json::Element;

constexpr auto where = std::string_view{"clob.user"};

Failure unreadable(std::string_view what, std::string_view text) {
    return Failure{
        Fault::parse, std::string{where}, fmt::format("{} {}", what, json::excerpt(text))
    };
}

std::string_view without_prefix(std::string_view text, std::string_view prefix) {
    if (text.starts_with(prefix)) text.remove_prefix(prefix.size());
    return text;
}

Result<Side> side_of(std::string_view text) {
    if (text == "BUY" || text == "buy") return Side::buy;
    if (text == "SELL" || text == "sell") return Side::sell;
    return unreadable("side", text);
}

Result<std::int64_t> micros_of(Element object, std::string_view key) {
    bool bad = false;
    auto const value = json::decimal(object, key, 6, bad);
    if (bad) return unreadable("no decimal in", key);
    return value.value_or(0);
}

Result<TokenId> token_of(Element object) {
    TokenId token;
    auto const text = json::text(object, "asset_id");
    if (!json::parse_token(text, token)) return unreadable("asset_id", text);
    return token;
}

Stamp stamp_of_message(Element object, UtcTime received_at) {
    Stamp at;
    at.received_at = received_at;
    at.venue_time = received_at;
    for (auto const* key : {"timestamp", "last_update", "match_time", "created_at"})
        if (auto const time = json::time(object, key)) {
            at.venue_time = *time;
            break;
        }
    return at;
}

Reason reason_of_cancel(std::string_view status) {
    if (status.find("MARKET_RESOLVED") != std::string_view::npos) return Reason::market_closed;
    auto const reason = to_reason(classify_text(status));
    return reason == Reason::rejected_by_venue ? Reason::cancelled : reason;
}

// The venue appends its reason to the status ("CANCELED_order couldn't be fully filled. ..."), so
// only the beginning counts. A CANCELLATION is one whatever its status says.
Result<void> read_status(std::string_view type, std::string_view raw, OrderReport& report) {
    auto const status = without_prefix(raw, "ORDER_STATUS_");
    using Status = OrderReport::Status;
    if (type == "CANCELLATION" || status.starts_with("CANCELED") ||
        status.starts_with("CANCELLED") || status.starts_with("INVALID")) {
        report.status = Status::cancelled;
        report.reason = reason_of_cancel(status);
        report.text = status;
    } else if (status.starts_with("LIVE")) {
        report.status = Status::live;
    } else if (status.starts_with("UNMATCHED")) {
        report.status = Status::unmatched;
        report.reason = Reason::not_filled;
    } else if (status.starts_with("MATCHED")) {
        report.status = Status::matched;
    } else if (status.starts_with("DELAYED")) {
        report.status = Status::delayed;
    } else {
        return unreadable("order status", raw);
    }
    return {};
}

Result<OwnOrder> read_order(Element object, UtcTime received_at) {
    OwnOrder order;
    order.at = stamp_of_message(object, received_at);
    auto const id = parse_order_id(json::text(object, "id"));
    if (!id) return id.error();
    order.report.order = *id;
    auto const status =
        read_status(json::text(object, "type"), json::text(object, "status"), order.report);
    if (!status) return status.error();
    auto const matched = micros_of(object, "size_matched");
    auto const original = micros_of(object, "original_size");
    auto const price = micros_of(object, "price");
    auto const side = side_of(json::text(object, "side"));
    auto const token = token_of(object);
    if (!matched) return matched.error();
    if (!original) return original.error();
    if (!price) return price.error();
    if (!side) return side.error();
    if (!token) return token.error();
    order.report.matched = Shares::from_micros(*matched);
    order.original_size = Shares::from_micros(*original);
    order.price = Price::from_micros(*price);
    order.side = *side;
    order.token = *token;
    if (auto const market = parse_condition_id(json::text(object, "market")))
        order.market = *market;
    if (auto const trades = json::strings(object, "associate_trades"))
        for (auto const& trade : *trades)
            order.trades.push_back(TradeId{trade});
    return order;
}

Result<TradeState> trade_state_of(std::string_view raw) {
    auto const status = without_prefix(raw, "TRADE_STATUS_");
    // Also MATCHED_NOT_BROADCASTED.
    if (status.starts_with("MATCHED")) return TradeState::matched;
    if (status == "MINED") return TradeState::mined;
    if (status == "CONFIRMED") return TradeState::confirmed;
    if (status == "RETRYING") return TradeState::retrying;
    if (status == "FAILED") return TradeState::failed;
    return unreadable("trade status", raw);
}

Result<void> read_fill(Element object, std::string_view size_key, TradeReport& fill) {
    auto const price = micros_of(object, "price");
    auto const size = micros_of(object, size_key);
    auto const token = token_of(object);
    if (!price) return price.error();
    if (!size) return size.error();
    if (!token) return token.error();
    if (*size <= 0 || *price <= 0) return unreadable("fill without size or price", size_key);
    fill.price = Price::from_micros(*price);
    fill.size = Shares::from_micros(*size);
    fill.token = *token;
    return {};
}

// A maker of the taker's own token takes the other side; a maker of the complementary token is on
// the same side, because the venue mints or merges the pair.
Side maker_side(TradeReport const& taker, TokenId const& maker_token) {
    if (maker_token != taker.token) return taker.side;
    return taker.side == Side::buy ? Side::sell : Side::buy;
}

Result<void> read_maker_fills(
    simdjson::dom::array entries, std::string_view owner, TradeReport const& taker, OwnTrade& trade
) {
    for (auto entry : entries) {
        if (json::text(entry, "owner") != owner) continue;
        auto fill = taker;
        fill.maker = true;
        if (auto const good = read_fill(entry, "matched_amount", fill); !good) return good.error();
        auto const order = parse_order_id(json::text(entry, "order_id"));
        if (!order) return order.error();
        fill.order = *order;
        auto const side_text = json::text(entry, "side");
        fill.side = maker_side(taker, fill.token);
        if (!side_text.empty()) {
            auto const side = side_of(side_text);
            if (!side) return side.error();
            fill.side = *side;
        }
        trade.fills.push_back(fill);
    }
    return {};
}

// The taker's fill at its makers' own prices, one for each price: the taker's own "price" is not
// what was paid. As it came when the makers do not add up to it.
std::vector<TradeReport> taker_fills(simdjson::dom::array entries, TradeReport const& taker) {
    std::map<Price, Shares> levels;
    Shares sum;
    for (auto entry : entries) {
        TradeReport leg;
        if (!read_fill(entry, "matched_amount", leg)) return {taker};
        levels[leg.token == taker.token ? leg.price : leg.price.complement()] += leg.size;
        sum += leg.size;
    }
    if (sum != taker.size || levels.begin()->first.micros() <= 0) return {taker};
    std::vector<TradeReport> fills;
    for (auto const& [price, size] : levels) {
        auto fill = taker;
        fill.price = price;
        fill.size = size;
        if (!fills.empty()) fill.trade.text += fmt::format("/{}", fills.size() + 1);
        fills.push_back(std::move(fill));
    }
    return fills;
}

Result<OwnTrade> read_trade(Element object, std::string_view owner, UtcTime received_at) {
    OwnTrade trade;
    trade.at = stamp_of_message(object, received_at);
    trade.transaction_hash = json::text(object, "transaction_hash");
    auto const market = parse_condition_id(json::text(object, "market"));
    auto const state = trade_state_of(json::text(object, "status"));
    auto const side = side_of(json::text(object, "side"));
    if (!market) return market.error();
    if (!state) return state.error();
    if (!side) return side.error();
    trade.market = *market;

    TradeReport taker;
    taker.trade.text = json::text(object, "id");
    if (taker.trade.text.empty()) return unreadable("trade without", "id");
    taker.state = *state;
    taker.side = *side;
    auto matched_at = json::time(object, "match_time");
    if (!matched_at) matched_at = json::time(object, "matchtime");
    taker.matched_at = matched_at.value_or(trade.at.venue_time);
    if (auto const good = read_fill(object, "size", taker); !good) return good.error();

    simdjson::dom::array makers;
    auto const has_makers = object["maker_orders"].get_array().get(makers) == simdjson::SUCCESS;
    auto const role = json::text(object, "trader_side");
    auto const is_taker = role == "TAKER" || (role.empty() && json::text(object, "owner") == owner);
    if (is_taker) {
        auto const order = parse_order_id(json::text(object, "taker_order_id"));
        if (!order) return order.error();
        taker.order = *order;
        trade.fills = has_makers ? taker_fills(makers, taker) : std::vector{taker};
    } else if (has_makers) {
        if (auto const good = read_maker_fills(makers, owner, taker, trade); !good)
            return good.error();
    }
    if (trade.fills.empty()) return unreadable("no fill of ours in trade", taker.trade.text);
    return trade;
}

// Without event_type the shape tells, as in recordings.
std::string_view kind_of(Element object) {
    auto const type = json::text(object, "event_type");
    if (!type.empty()) return type;
    if (json::member(object, "taker_order_id")) return "trade";
    if (json::member(object, "original_size")) return "order";
    return "(no event_type)";
}

Result<void>
read_message(Element object, std::string_view owner, UtcTime received_at, UserFrame& frame) {
    auto const kind = kind_of(object);
    if (kind == "order") {
        auto order = read_order(object, received_at);
        if (!order) return order.error();
        frame.messages.emplace_back(std::move(*order));
    } else if (kind == "trade") {
        auto trade = read_trade(object, owner, received_at);
        if (!trade) return trade.error();
        frame.messages.emplace_back(std::move(*trade));
    } else {
        ++frame.unknown;
        frame.unknown_type = kind.substr(0, 40);
    }
    return {};
}

// Rows under "data" with a cursor, or a bare array.
template <class T, class Read>
Result<Page<T>> read_page(std::string_view body, Read read) {
    simdjson::dom::parser parser;
    auto const root = json::parse(parser, body, where);
    if (!root) return root.error();
    Page<T> page;
    simdjson::dom::array rows;
    if (root->get_array().get(rows) != simdjson::SUCCESS &&
        (*root)["data"].get_array().get(rows) != simdjson::SUCCESS) {
        auto const data = (*root)["data"];
        if (data.error() != simdjson::SUCCESS || !data.is_null())
            return unreadable("no page of rows:", body);
        return page;
    }
    for (auto row : rows) {
        auto value = read(row);
        if (!value) return value.error();
        page.rows.push_back(std::move(*value));
    }
    auto const cursor = json::text(*root, "next_cursor");
    if (cursor != "LTE=") page.next_cursor = cursor;
    return page;
}

} // namespace

Result<UserFrame>
parse_user_frame(std::string_view frame, std::string_view owner, UtcTime received_at) {
    UserFrame result;
    if (frame == "PONG" || frame == "pong") {
        result.pong = true;
        return result;
    }
    simdjson::dom::parser parser;
    auto const root = json::parse(parser, frame, where);
    if (!root) return root.error();
    simdjson::dom::array items;
    if (root->get_array().get(items) == simdjson::SUCCESS) {
        for (auto item : items)
            if (auto const good = read_message(item, owner, received_at, result); !good)
                return good.error();
    } else if (root->is_object()) {
        if (auto const good = read_message(*root, owner, received_at, result); !good)
            return good.error();
    } else {
        return unreadable("neither object nor array:", frame);
    }
    return result;
}

Result<std::optional<OwnOrder>> parse_open_order(std::string_view body, UtcTime received_at) {
    if (body.find_first_not_of(" \t\r\n") == std::string_view::npos)
        return std::optional<OwnOrder>{};
    simdjson::dom::parser parser;
    auto const root = json::parse(parser, body, where);
    if (!root) return root.error();
    if (root->is_null()) return std::optional<OwnOrder>{};
    simdjson::dom::object object;
    if (root->get_object().get(object) != simdjson::SUCCESS) return unreadable("no order:", body);
    if (object.size() == 0) return std::optional<OwnOrder>{};
    auto order = read_order(*root, received_at);
    if (!order) return order.error();
    return std::optional<OwnOrder>{std::move(*order)};
}

Result<Page<OwnOrder>> parse_open_orders(std::string_view body, UtcTime received_at) {
    return read_page<OwnOrder>(body, [&](Element row) { return read_order(row, received_at); });
}

Result<Page<OwnTrade>>
parse_trades(std::string_view body, std::string_view owner, UtcTime received_at) {
    return read_page<OwnTrade>(body, [&](Element row) {
        return read_trade(row, owner, received_at);
    });
}

} // namespace polyquant::polymarket

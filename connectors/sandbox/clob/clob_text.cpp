#include "connectors/sandbox/clob/clob_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace polyquant::sandbox {

namespace {

void append_levels(std::string& to, std::span<Level const> levels) {
    to += '[';
    for (auto const& level : levels) {
        if (to.back() != '[') to += ',';
        fmt::format_to(
            std::back_inserter(to),
            R"({{"price":"{}","size":"{}"}})",
            to_string(level.price),
            to_string(level.size)
        );
    }
    to += ']';
}

std::string last_trade_text(std::optional<Price> price) {
    if (!price) return {};
    auto text = to_string(*price);
    if (text.find('.') == std::string::npos) text += '.';
    while (text.size() - text.find('.') < 4)
        text += '0';
    return text;
}

std::string_view state_text(TradeState state) {
    switch (state) {
    case TradeState::matched: return "MATCHED";
    case TradeState::mined: return "MINED";
    case TradeState::confirmed: return "CONFIRMED";
    case TradeState::retrying: return "RETRYING";
    case TradeState::failed: return "FAILED";
    }
    std::abort();
}

std::string trade_ids(OrderRecord const& order) {
    std::vector<std::string> ids;
    for (auto const& trade : order.trades)
        ids.push_back(trade.text);
    return json_strings(ids);
}

// Of FOK and FAK buys the venue writes the money here.
std::string original_size(OrderRecord const& order) {
    return order.is_market_buy() ? to_string(order.money) : to_string(order.size);
}

std::string maker_orders(TradeRecord const& trade, WorldMarket const* market) {
    auto const& maker = trade.maker;
    return fmt::format(
        R"([{{"order_id":"{}","owner":"{}","maker_address":"{}","matched_amount":"{}","price":"{}",)"
        R"("fee_rate_bps":"","asset_id":"{}","outcome":{},"side":"{}"}}])",
        to_string(maker.order),
        maker.owner.empty() ? "00000000-0000-0000-0000-000000000000" : maker.owner,
        crypto::to_string(maker.maker),
        to_string(maker.size),
        to_string(maker.price),
        to_string(maker.token),
        json_text(market == nullptr ? "" : outcome_name(*market, maker.token)),
        to_string(maker.side)
    );
}

std::string
trade_fields(TradeRecord const& trade, WorldMarket const* market, std::string_view owner) {
    auto const& taker = trade.taker;
    auto const is_taker = taker.owner == owner;
    return fmt::format(
        R"("id":"{}","taker_order_id":"{}","market":"{}","asset_id":"{}","side":"{}","size":"{}",)"
        R"("fee_rate_bps":"","price":"{}","status":"{}","match_time":"{}","last_update":"{}",)"
        R"("outcome":{},"bucket_index":0,"owner":"{}","maker_address":"{}",)"
        R"("maker_orders":{},"transaction_hash":"{}","trader_side":"{}")",
        trade.id.text,
        to_string(taker.order),
        to_string(trade.market),
        to_string(taker.token),
        to_string(taker.side),
        to_string(taker.size),
        to_string(taker.price),
        state_text(trade.state),
        unix_seconds(trade.matched_at),
        unix_seconds(trade.updated_at),
        json_text(market == nullptr ? "" : outcome_name(*market, taker.token)),
        taker.owner.empty() ? "00000000-0000-0000-0000-000000000000" : taker.owner,
        crypto::to_string(taker.maker),
        maker_orders(trade, market),
        trade.transaction_hash,
        is_taker ? "TAKER" : "MAKER"
    );
}

std::string tokens_json(WorldMarket const& market) {
    std::string text;
    for (auto const outcome : {Outcome::up, Outcome::down}) {
        auto const& token = market.market.token(outcome);
        auto const resolved = market.phase == Phase::resolved;
        auto price = last_trade(market, token).value_or(cents(50));
        if (resolved)
            price = !market.winner ? cents(50) : market.winner == outcome ? cents(100) : cents(0);
        fmt::format_to(
            std::back_inserter(text),
            R"({}{{"token_id":"{}","outcome":{},"price":{},"winner":{}}})",
            text.empty() ? "" : ",",
            to_string(token),
            json_text(outcome_name(market, token)),
            to_string(price),
            resolved && market.winner == outcome
        );
    }
    return "[" + text + "]";
}

} // namespace

std::string json_text(std::string_view text) {
    std::string out = "\"";
    for (auto const c : text) {
        if (c == '"' || c == '\\') out += '\\';
        if (static_cast<unsigned char>(c) < 0x20) {
            fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(c));
            continue;
        }
        out += c;
    }
    return out + '"';
}

std::string json_strings(std::span<std::string const> texts) {
    std::string out = "[";
    for (auto const& text : texts) {
        if (out.size() > 1) out += ',';
        out += json_text(text);
    }
    return out + ']';
}

std::optional<Price> last_trade(WorldMarket const& market, TokenId const& token) {
    if (!market.last_trade) return std::nullopt;
    return token == market.market.up ? *market.last_trade : market.last_trade->complement();
}

std::string_view outcome_name(WorldMarket const& market, TokenId const& token) {
    return market.outcomes[token == market.market.up ? 0 : 1];
}

std::string tick_text(WorldMarket const& market) {
    return to_string(market.market.tick);
}

std::string fee_schedule_json(FeeSchedule const& fee) {
    return fmt::format(
        R"({{"exponent":{},"rate":{},"takerOnly":true,"rebateRate":0.2}})",
        fee.exponent,
        to_string(Usdc::from_micros(fee.rate_micros))
    );
}

BookPrint
print_book(Exchange const& exchange, WorldMarket const& market, TokenId const& token, UtcTime at) {
    auto bids = exchange.levels(token, BookSide::bid);
    auto asks = exchange.levels(token, BookSide::ask);
    std::ranges::reverse(bids);
    std::ranges::reverse(asks);
    BookPrint print;
    append_levels(print.bids, bids);
    append_levels(print.asks, asks);
    polymarket::BookTail tail;
    tail.min_order_size = market.market.min_size;
    tail.tick = market.market.tick;
    tail.neg_risk = market.market.neg_risk;
    tail.last_trade = last_trade(market, token);
    print.hash =
        polymarket::book_hash(market.market.condition, token, unix_millis(at), bids, asks, tail);
    return print;
}

std::string book_json(
    Exchange const& exchange,
    WorldMarket const& market,
    TokenId const& token,
    UtcTime at,
    bool as_event
) {
    auto const print = print_book(exchange, market, token, at);
    return fmt::format(
        R"({{{}"market":"{}","asset_id":"{}","timestamp":"{}","hash":"{}","bids":{},"asks":{},)"
        R"("min_order_size":"{}","tick_size":"{}","neg_risk":{},"last_trade_price":"{}"}})",
        as_event ? R"("event_type":"book",)" : "",
        to_string(market.market.condition),
        to_string(token),
        unix_millis(at),
        crypto::to_hex(print.hash),
        print.bids,
        print.asks,
        to_string(market.market.min_size),
        tick_text(market),
        market.market.neg_risk,
        last_trade_text(last_trade(market, token))
    );
}

std::string open_order_json(OrderRecord const& order, WorldMarket const* market) {
    return fmt::format(
        R"({{"id":"{}","status":"{}","owner":"{}","maker_address":"{}","market":"{}",)"
        R"("asset_id":"{}","side":"{}","original_size":"{}","size_matched":"{}","price":"{}",)"
        R"("outcome":{},"expiration":"{}","order_type":"{}","associate_trades":{},)"
        R"("created_at":{}}})",
        to_string(order.id),
        order.status,
        order.owner,
        crypto::to_string(order.maker),
        to_string(order.market),
        to_string(order.token),
        to_string(order.side),
        original_size(order),
        to_string(order.matched),
        to_string(order.price),
        json_text(market == nullptr ? "" : outcome_name(*market, order.token)),
        order.expiration,
        to_string(order.tif),
        trade_ids(order),
        unix_seconds(order.created_at)
    );
}

std::string order_event_json(OwnOrderNews const& news, WorldMarket const* market) {
    auto const& order = news.order;
    auto const killed = order.status.starts_with("CANCELED_") && order.matched.is_zero();
    auto const type = news.type == OwnOrderNews::Type::placement ? "PLACEMENT"
                      : news.type == OwnOrderNews::Type::update  ? "UPDATE"
                                                                 : "CANCELLATION";
    return fmt::format(
        R"({{"event_type":"order","type":"{}","id":"{}","owner":"{}","order_owner":"{}",)"
        R"("market":"{}","asset_id":"{}","side":"{}","price":"{}","original_size":"{}",)"
        R"("size_matched":"{}","outcome":{},"status":{},"order_type":"{}","expiration":"{}",)"
        R"("associate_trades":{},"maker_address":"{}","created_at":"{}","timestamp":"{}"}})",
        type,
        to_string(order.id),
        order.owner,
        order.owner,
        to_string(order.market),
        to_string(order.token),
        to_string(order.side),
        to_string(order.price),
        original_size(order),
        killed ? std::string{} : to_string(order.matched),
        json_text(market == nullptr ? "" : outcome_name(*market, order.token)),
        json_text(order.status),
        to_string(order.tif),
        order.expiration,
        trade_ids(order),
        crypto::to_string(order.maker),
        unix_seconds(order.created_at),
        unix_millis(news.at)
    );
}

std::string
trade_json(TradeRecord const& trade, WorldMarket const* market, std::string_view owner) {
    return "{" + trade_fields(trade, market, owner) + "}";
}

std::string trade_event_json(
    TradeRecord const& trade, WorldMarket const* market, std::string_view owner, UtcTime at
) {
    return fmt::format(
        R"({{"event_type":"trade","type":"TRADE","trade_owner":"{}",{},"timestamp":"{}"}})",
        owner,
        trade_fields(trade, market, owner),
        unix_millis(at)
    );
}

std::string market_json(WorldMarket const& market) {
    auto const& m = market.market;
    auto const is_over = market.phase == Phase::resolved;
    return fmt::format(
        R"({{"enable_order_book":true,"active":true,"closed":{},"archived":false,)"
        R"("accepting_orders":{},"accepting_order_timestamp":"{}","minimum_order_size":{},)"
        R"("minimum_tick_size":{},"condition_id":"{}","question_id":"{}","question":{},)"
        R"("description":{},"market_slug":{},"end_date_iso":"{}","game_start_time":null,)"
        R"("seconds_delay":0,"fpmm":"","maker_base_fee":{},"taker_base_fee":{},)"
        R"("notifications_enabled":true,"neg_risk":{},"neg_risk_market_id":"",)"
        R"("neg_risk_request_id":"","icon":"","image":"",)"
        R"("rewards":{{"rates":null,"min_size":0,"max_spread":0}},"is_50_50_outcome":{},)"
        R"("tokens":{},"tags":["Crypto"]}})",
        is_over,
        market.accepts_orders() && !is_over,
        format_utc(market.opens_at),
        to_string(m.min_size),
        tick_text(market),
        to_string(m.condition),
        crypto::to_0x_hex(market.question_id),
        json_text(m.question),
        json_text(market.description),
        json_text(m.slug),
        format_utc(m.window.end()),
        market.fees_enabled ? 1000 : 0,
        market.fees_enabled ? 1000 : 0,
        m.neg_risk,
        market.pays_half && is_over && !market.voided,
        tokens_json(market)
    );
}

std::string simplified_market_json(WorldMarket const& market) {
    auto const is_over = market.phase == Phase::resolved;
    return fmt::format(
        R"({{"condition_id":"{}","rewards":{{"rates":null,"min_size":0,"max_spread":0}},)"
        R"("tokens":{},"active":true,"closed":{},"archived":false,"accepting_orders":{}}})",
        to_string(market.market.condition),
        tokens_json(market),
        is_over,
        market.accepts_orders() && !is_over
    );
}

std::string clob_market_json(WorldMarket const& market) {
    auto const& m = market.market;
    auto const fee = market.fees_enabled ? fmt::format(
                                               R"("fd":{{"r":{},"e":{},"to":true}},)",
                                               to_string(Usdc::from_micros(m.fee.rate_micros)),
                                               m.fee.exponent
                                           )
                                         : std::string{R"("fd":{"r":0,"e":1,"to":true},)"};
    return fmt::format(
        R"({{"c":"{}","t":[{{"t":"{}","o":{}}},{{"t":"{}","o":{}}}],"mts":{},"mos":{},{}{})"
        R"("mbf":{},"tbf":{},"ao":{},"aot":"{}","sd":0,"cbos":false,{}"oas":0}})",
        to_string(m.condition),
        to_string(m.up),
        json_text(market.outcomes[0]),
        to_string(m.down),
        json_text(market.outcomes[1]),
        tick_text(market),
        to_string(m.min_size),
        m.neg_risk ? R"("nr":true,)" : "",
        fee,
        market.fees_enabled ? 1000 : 0,
        market.fees_enabled ? 1000 : 0,
        market.accepts_orders(),
        format_utc(market.opens_at),
        m.taker_delay > Millis{0} ? R"("itode":true,)" : ""
    );
}

} // namespace polyquant::sandbox

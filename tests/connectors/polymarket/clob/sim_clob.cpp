#include "tests/connectors/polymarket/clob/sim_clob.hpp"

#include "connectors/crypto/signer.hpp"
#include "connectors/json/decimal.hpp"
#include "connectors/json/dom.hpp"
#include "connectors/polymarket/contracts.hpp"
#include "connectors/polymarket/orders/order.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>

namespace polyquant::polymarket::testing {

namespace {

constexpr auto owner_key = "f4f247b7-4ac7-ff29-a152-04fda0a8755a";

net::HttpResponse reply(int status, std::string body) {
    return {status, {}, std::move(body)};
}

net::HttpResponse error(int status, std::string const& text) {
    return reply(status, R"({"error":")" + text + R"("})");
}

std::int64_t number(simdjson::dom::element e, char const* key) {
    return std::stoll(json::text_or_number(e, key));
}

} // namespace

SimClob::SimClob(
    runtime::Clock& clock, Market const& market, Usdc money, std::uint64_t seed, SimFaults faults
)
    : clock_{clock}, market_{market}, random_{seed}, faults_{faults}, cash_{money} {}

bool SimClob::chance(double p) {
    auto const hit = random_.chance(calm_ ? 0.0 : p);
    injected_ += hit ? 1 : 0;
    return hit;
}

Nanos SimClob::between(Nanos low, Nanos high) {
    return low + Nanos{static_cast<std::int64_t>(
                     random_.below(static_cast<std::uint64_t>((high - low).count()))
                 )};
}

void SimClob::at(Nanos delay, std::function<void()> action) {
    due_.emplace(clock_.now() + delay, std::move(action));
}

Task<void> SimClob::run() {
    for (;;) {
        while (!due_.empty() && due_.begin()->first <= clock_.now()) {
            auto const action = std::move(due_.begin()->second);
            due_.erase(due_.begin());
            action();
        }
        auto const rang = co_await clock_.wait_until(clock_.now() + Millis{10});
        if (!rang) co_return;
    }
}

Task<Result<net::HttpResponse>>
SimClob::serve(net::HttpRequest request, Instant deadline, net::Exchange* exchange) {
    // Reads fail more rarely, or the account would hardly ever be reconciled.
    auto const scale = request.method == net::Method::get ? 0.15 : 1.0;
    if (chance(faults_.not_written * scale))
        co_return Failure{Fault::transport, "sim", "connection refused"};
    if (exchange != nullptr) exchange->wrote_any = true;
    auto const there = co_await clock_.wait_until(clock_.now() + between(5ms, 60ms));
    if (!there) co_return Failure{Fault::cancelled, "sim", "cancelled"};
    if (chance(faults_.lost_request * scale)) {
        co_await clock_.wait_until(deadline);
        co_return Failure{Fault::timeout, "sim", "no answer"};
    }
    if (chance(faults_.error_before * scale)) co_return error(500, "could not insert order");
    auto response = answer(request);
    if (chance(faults_.error_after * scale)) co_return error(502, "could not run the execution");
    if (chance(faults_.garbage * scale)) co_return reply(200, "<html>");
    if (chance(faults_.lost_answer * scale)) co_return Failure{Fault::transport, "sim", "reset"};
    auto const slow = chance(faults_.late_answer * scale);
    auto const back =
        co_await clock_.wait_until(slow ? deadline : clock_.now() + between(5ms, 60ms));
    if (!back || slow) co_return Failure{Fault::timeout, "sim", "no answer in time"};
    co_return response;
}

net::HttpResponse SimClob::answer(net::HttpRequest const& request) {
    auto const& target = request.url.target;
    auto const path = target.substr(0, target.find('?'));
    if (path == "/time") return reply(200, fmt::format("{}", unix_seconds(clock_.utc_now())));
    if (path == "/version") return reply(200, R"({"version":2})");
    if (path == "/auth/ban-status/closed-only") return reply(200, R"({"closed_only":false})");
    if (path == "/v1/heartbeats") return reply(200, R"({"heartbeat_id":"h"})");
    if (path == "/order" && request.method == net::Method::post) return post(request.body);
    if (path == "/order") return cancel(request.body);
    if (path.starts_with("/data/order/")) {
        auto const id = parse_order_id(path.substr(12)).value();
        auto const found = orders_.find(id);
        auto const active = found != orders_.end() &&
                            (found->second.status == "LIVE" || found->second.status == "DELAYED");
        return reply(200, active ? open_row(id, found->second) : "null");
    }
    std::string rows;
    if (path == "/data/orders") {
        for (auto const& [id, order] : orders_)
            if (order.status == "LIVE") rows += (rows.empty() ? "" : ",") + open_row(id, order);
    } else if (path == "/data/trades") {
        for (auto const& [id, trade] : trades_)
            rows += (rows.empty() ? "" : ",") + trade_row(trade, false);
    } else if (path == "/balance-allowance") {
        auto balance = cash_.micros();
        if (auto const mark = target.find("token_id="); mark != std::string::npos)
            balance = tokens(parse_token_id(target.substr(mark + 9)).value()).micros();
        return reply(200, fmt::format(R"({{"balance":"{}","allowances":{{}}}})", balance));
    } else {
        return error(404, "no such route");
    }
    return reply(200, R"({"data":[)" + rows + R"(],"next_cursor":"LTE="})");
}

Shares SimClob::tokens(TokenId const& token) const {
    auto const found = tokens_.find(token);
    return found == tokens_.end() ? Shares{} : found->second;
}

Usdc SimClob::free_cash() const {
    auto free = cash_;
    for (auto const& [id, order] : orders_)
        free -= order.reserved;
    for (auto const& [id, trade] : trades_)
        if (trade.side == Side::buy &&
            (trade.state == TradeState::matched || trade.state == TradeState::retrying))
            free -= cost_rounded_up(trade.price, trade.size) + trade.fee;
    return free;
}

net::HttpResponse SimClob::post(std::string const& body) {
    ++posts_;
    simdjson::dom::parser parser;
    auto const root = json::parse(parser, body, "sim").value();
    auto const o = root["order"].value();
    OrderFields fields;
    fields.salt = static_cast<std::uint64_t>(number(o, "salt"));
    fields.maker = crypto::parse_address(json::text(o, "maker")).value();
    fields.signer = crypto::parse_address(json::text(o, "signer")).value();
    fields.token = parse_token_id(json::text(o, "tokenId")).value();
    fields.maker_amount = number(o, "makerAmount");
    fields.taker_amount = number(o, "takerAmount");
    fields.side = json::text(o, "side") == "BUY" ? Side::buy : Side::sell;
    fields.timestamp_ms = number(o, "timestamp");
    auto const contracts = contracts_of(polygon_chain_id).value();
    auto const domain = order_domain_separator("2", polygon_chain_id, contracts.exchange);
    auto const digest = crypto::typed_data_digest(domain, order_struct_hash(fields));
    auto const signature = crypto::parse_hex(json::text(o, "signature")).value();
    if (crypto::recover_address(digest, signature).value() != fields.signer)
        return error(400, "invalid signature");
    OrderId id;
    id.bytes = digest;
    auto const [known, first] = bodies_.try_emplace(id, body);
    if (known->second != body) breaches_.push_back("other bytes for order " + short_text(id));
    if (clock_.now() < restarting_until_) return error(425, "restarting");
    if (chance(0.004)) {
        restarting_until_ = clock_.now() + Seconds{6};
        return error(425, "restarting");
    }
    if (orders_.contains(id))
        return error(400, "order " + to_string(id) + " is invalid. Duplicated.");
    ++worked_[id];

    Order order;
    order.side = fields.side;
    order.token = fields.token;
    order.type = json::text(root, "orderType");
    auto const buy = order.side == Side::buy;
    order.maker = fields.maker_amount;
    order.taker = fields.taker_amount;
    order.size = Shares::from_micros(buy ? order.taker : order.maker);
    auto const money = buy ? order.maker : order.taker;
    order.limit = Price::from_micros(
        (money * 1'000'000 + order.size.micros() / 2) / order.size.micros() / 10'000 * 10'000
    );
    if (buy) {
        auto const fee = taker_fee(market_.fee, order.size, order.limit, Rounding::up);
        order.reserved = Usdc::from_micros(money) + fee;
        if (free_cash() < order.reserved) return error(400, "not enough balance / allowance");
    } else if (tokens(order.token) < order.size) {
        return error(400, "not enough balance / allowance");
    }
    auto const market_type = order.type == "FOK" || order.type == "FAK";
    auto const fills = random_.chance(0.6);
    auto const delayed = market_type && random_.chance(0.5);
    order.status = delayed ? "DELAYED" : "LIVE";
    auto& kept = orders_.emplace(id, order).first->second;
    if (!market_type) {
        tell_order(id, kept, "PLACEMENT");
        for (auto n = random_.below(3); n > 0; --n)
            at(between(1s, 20s), [this, id] {
                auto& resting = orders_.at(id);
                if (resting.status != "LIVE" || calm_) return;
                auto const left = resting.size - resting.matched;
                auto const part = Shares::from_micros(left.micros() / 20'000 * 10'000);
                match(id, resting, random_.chance(0.5) ? left : part, resting.limit, true);
            });
        return reply(
            200,
            fmt::format(
                R"({{"success":true,"errorMsg":"","orderID":"{}","status":"live","tradeIDs":[]}})",
                to_string(id)
            )
        );
    }
    auto const execute = [this, id, fills] {
        auto& taker = orders_.at(id);
        if (!fills) {
            finish(
                id,
                taker,
                "CANCELED_order couldn't be fully filled. FOK orders are fully filled or killed."
            );
            return;
        }
        // A market buy spends its money: at a better price it gets more shares.
        auto const better = static_cast<std::int64_t>(random_.below(3));
        auto const is_buy = taker.side == Side::buy;
        auto const price = is_buy ? taker.limit - cents(better) : taker.limit + cents(better);
        auto const size =
            is_buy ? shares_affordable(
                         Usdc::from_micros(taker.maker), price, Shares::from_micros(10'000)
                     )
                   : taker.size;
        match(id, taker, size, price, false);
    };
    if (delayed) {
        at(Millis{150}, execute);
        return reply(
            200,
            fmt::format(
                R"({{"success":true,"errorMsg":"","orderID":"{}","status":"delayed","tradeIDs":[]}})",
                to_string(id)
            )
        );
    }
    execute();
    auto const& done = orders_.at(id);
    if (done.trades.empty())
        return error(400, "order couldn't be fully filled. FOK orders are fully filled or killed.");
    return reply(
        200,
        fmt::format(
            R"({{"success":true,"errorMsg":"","orderID":"{}","status":"matched","tradeIDs":["{}"]}})",
            to_string(id),
            done.trades.front()
        )
    );
}

net::HttpResponse SimClob::cancel(std::string const& body) {
    simdjson::dom::parser parser;
    auto const root = json::parse(parser, body, "sim").value();
    auto const text = std::string{json::text(root, "orderID")};
    auto const id = parse_order_id(text).value();
    auto const found = orders_.find(id);
    if (found == orders_.end() || found->second.status != "LIVE") {
        auto const why = found != orders_.end() && found->second.status == "DELAYED"
                             ? "order is delayed"
                             : "Order not found or already canceled";
        return reply(
            200, fmt::format(R"({{"canceled":[],"not_canceled":{{"{}":"{}"}}}})", text, why)
        );
    }
    finish(id, found->second, "CANCELED");
    return reply(200, fmt::format(R"({{"canceled":["{}"],"not_canceled":{{}}}})", text));
}

void SimClob::match(OrderId const& id, Order& order, Shares size, Price price, bool maker) {
    if (size.micros() <= 0) return;
    Trade trade;
    trade.id = fmt::format("trade-{}", ++numbers_);
    trade.order = id;
    trade.side = order.side;
    trade.token = order.token;
    trade.price = price;
    trade.size = size;
    trade.maker = maker;
    if (!maker) trade.fee = taker_fee(market_.fee, size, price, Rounding::down);
    trade.at = clock_.utc_now();
    trades_.emplace(trade.id, trade);
    order.trades.push_back(trade.id);
    order.matched += size;
    auto const over = !maker || order.matched >= order.size;
    tell(trade_row(trade, true));
    if (over) {
        order.status = "MATCHED";
        order.reserved = {};
        tell_order(id, order, "UPDATE");
    } else {
        order.reserved = cost_rounded_up(order.limit, order.size - order.matched);
        tell_order(id, order, "UPDATE");
    }
    schedule_settlement(trade.id);
}

void SimClob::finish(OrderId const& id, Order& order, std::string status) {
    order.status = std::move(status);
    order.reserved = {};
    tell_order(id, order, "CANCELLATION");
}

void SimClob::schedule_settlement(std::string const& trade) {
    auto const fails = chance(faults_.trade_fails);
    auto const first = between(1s, 5s);
    if (fails) {
        at(first, [this, trade] { settle(trade, TradeState::retrying); });
        at(first + 3s, [this, trade] { settle(trade, TradeState::failed); });
        return;
    }
    at(first, [this, trade] { settle(trade, TradeState::mined); });
    at(first + between(1s, 5s), [this, trade] { settle(trade, TradeState::confirmed); });
}

void SimClob::settle(std::string const& name, TradeState to) {
    auto& trade = trades_.at(name);
    trade.state = to;
    if (to == TradeState::mined) {
        if (trade.side == Side::buy) {
            cash_ -= cost_rounded_up(trade.price, trade.size) + trade.fee;
            tokens_[trade.token] += trade.size;
        } else {
            cash_ += cost_rounded_down(trade.price, trade.size) - trade.fee;
            tokens_[trade.token] -= trade.size;
        }
    }
    tell(trade_row(trade, true));
}

bool SimClob::is_settled() const {
    return std::ranges::all_of(trades_, [](auto const& entry) {
        return entry.second.state == TradeState::confirmed ||
               entry.second.state == TradeState::failed;
    });
}

std::vector<SimClob::Trade> SimClob::trades_of(OrderId const& order) const {
    std::vector<Trade> found;
    for (auto const& [id, trade] : trades_)
        if (trade.order == order) found.push_back(trade);
    return found;
}

// Frames may be lost, with the connection; doubled; and late, so that they overtake each other.
void SimClob::tell(std::string frame) {
    if (!up_) return;
    if (chance(faults_.frame_lost)) {
        up_ = false;
        connection_(false);
        at(between(500ms, 3s), [this] {
            up_ = true;
            connection_(true);
        });
        return;
    }
    auto const times = chance(faults_.frame_twice) ? 2 : 1;
    for (auto n = 0; n < times; ++n)
        at(between(1ms, 200ms), [this, frame] {
            if (up_) frames_(frame);
        });
}

void SimClob::tell_order(OrderId const& id, Order const& order, char const* type) {
    tell(
        fmt::format(R"({{"event_type":"order","type":"{}",{})", type, open_row(id, order).substr(1))
    );
}

std::string SimClob::open_row(OrderId const& id, Order const& order) const {
    return fmt::format(
        R"({{"id":"{}","owner":"{}","market":"{}","asset_id":"{}","side":"{}","price":"{}","original_size":"{}","size_matched":"{}","status":"{}","timestamp":"{}"}})",
        to_string(id),
        owner_key,
        to_string(market_.condition),
        to_string(order.token),
        order.side == Side::buy ? "BUY" : "SELL",
        to_string(order.limit),
        to_string(order.size),
        to_string(order.matched),
        order.status,
        unix_millis(clock_.utc_now())
    );
}

std::string SimClob::trade_row(Trade const& trade, bool event) const {
    static constexpr std::array names{"MATCHED", "MINED", "RETRYING", "CONFIRMED", "FAILED"};
    auto const side = trade.side == Side::buy ? "BUY" : "SELL";
    auto const us = fmt::format(
        R"({{"order_id":"{}","owner":"{}","matched_amount":"{}","price":"{}","asset_id":"{}","side":"{}"}})",
        to_string(trade.order),
        trade.maker ? owner_key : "somebody",
        to_string(trade.size),
        to_string(trade.price),
        to_string(trade.token),
        trade.maker ? side : (trade.side == Side::buy ? "SELL" : "BUY")
    );
    return fmt::format(
        R"({{{}"id":"{}","taker_order_id":"{}","market":"{}","asset_id":"{}","side":"{}","size":"{}","price":"{}","status":"{}","match_time":"{}","trader_side":"{}","maker_orders":[{}]}})",
        event ? R"("event_type":"trade","type":"TRADE",)" : "",
        trade.id,
        to_string(trade.order),
        to_string(market_.condition),
        to_string(trade.token),
        trade.maker ? (trade.side == Side::buy ? "SELL" : "BUY") : side,
        to_string(trade.size),
        to_string(trade.price),
        names[static_cast<std::size_t>(trade.state)],
        unix_seconds(trade.at),
        trade.maker ? "MAKER" : "TAKER",
        us
    );
}

} // namespace polyquant::polymarket::testing

#include "connectors/polymarket/clob/clob_venue.hpp"

#include "connectors/crypto/random.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace polyquant::polymarket {

namespace {

using Status = OrderReport::Status;

// Trades of an order are asked for from this long before it was posted: clocks differ.
constexpr Seconds trades_margin{60};
// ... and of an order from before a restart this far back.
constexpr Seconds trades_back{2 * 3600};
constexpr int pages_max = 50;

bool rests(PlaceOrder const& order) {
    return order.tif == TimeInForce::gtc || order.tif == TimeInForce::gtd;
}

// A failure of a request of which not one byte was written is certain.
Failure certain_if_unwritten(Failure failure, net::Exchange const& exchange) {
    if (exchange.wrote_any || !outcome_unknown(failure.fault)) return failure;
    return Failure{Fault::breaker_open, std::move(failure.where), "not sent: " + describe(failure)};
}

std::optional<Nanos> wait_of(net::HttpResponse const& response, UtcTime now) {
    if (response.status < 400) return std::nullopt;
    if (auto const header = net::retry_after(response, now)) return header;
    if (auto const body = parse_error(response.status, response.body).retry_after)
        return Nanos{*body};
    return std::nullopt;
}

} // namespace

ClobVenue::ClobVenue(ClobSession& session, MarketOf market_of, EventSink sink, Options options)
    : session_{session}, market_of_{std::move(market_of)}, sink_{std::move(sink)},
      options_{std::move(options)}, presigned_{options_.presigned},
      wishes_{session.context().executor, "clob.presign", 1} {
    if (!options_.salt) options_.salt = crypto::random_salt;
}

std::optional<VenueRefusal> ClobVenue::refusal(PlaceOrder const& order, UtcTime now) const {
    if (!session_.is_open())
        return VenueRefusal{Reason::trading_halted, "the session with the venue is not open yet"};
    if (!session_.order_version())
        return VenueRefusal{
            Reason::trading_halted, "the venue's order version is being read again"
        };
    if (auto refused = session_.state().refusal(order, now)) return refused;
    return veto_ ? veto_(order) : std::nullopt;
}

Result<PreparedOrder> ClobVenue::prepare(Approved<PlaceOrder> const& order, UtcTime now) {
    auto const& intent = order.get();
    if (auto refused = refusal(intent, now))
        return Failure{Fault::breaker_open, "clob.prepare", std::move(refused->text)};
    auto const* market = market_of_(intent.market);
    if (market == nullptr)
        return Failure{
            Fault::invalid, "clob.prepare", "market " + to_string(intent.market) + " is not listed"
        };
    auto const venue_time = now - session_.clock_offset().middle();
    if (options_.presign)
        if (auto ready = presigned_.take(intent, *market, venue_time))
            return PreparedOrder{ready->id, intent, std::move(ready->body)};
    auto signed_order = session_.orders().sign(intent, *market, options_.salt(), venue_time);
    if (!signed_order) return signed_order.error();
    return PreparedOrder{signed_order->id, intent, std::move(signed_order->body)};
}

void ClobVenue::anticipate(PlaceOrder const& order) {
    if (!options_.presign || !session_.is_open()) return;
    auto const* market = market_of_(order.market);
    if (market == nullptr) return;
    presigned_.want(order, *market, session_.venue_now());
    wishes_.post(true);
}

bool ClobVenue::sign_ahead() {
    return session_.is_open() &&
           presigned_.sign_next(session_.orders(), options_.salt, session_.venue_now());
}

Task<void> ClobVenue::presign() {
    auto& clock = session_.context().clock;
    for (;;) {
        auto const woken = co_await wishes_.next();
        if (!woken) co_return;
        // One at a time: an event that comes meanwhile waits 30 us, not for the whole list.
        while (sign_ahead()) {
            auto const rang = co_await clock.wait_until(clock.now() + Nanos{Millis{1}});
            if (!rang) co_return;
        }
    }
}

UtcTime ClobVenue::window_end_of(PlaceOrder const& order) const {
    auto const* market = market_of_(order.market);
    auto const now = session_.context().clock.utc_now();
    return market != nullptr ? std::max(market->window.end(), now + Seconds{1})
                             : window_at(now).end();
}

void ClobVenue::note_refusal(
    PlaceOrder const& order,
    RejectReason reason,
    std::string_view text,
    std::optional<Nanos> retry_after
) {
    auto const now = session_.context().clock.utc_now();
    session_.state().on_refused(reason, text, retry_after, now, window_end_of(order));
    if (reason == RejectReason::version_mismatch) session_.doubt_version();
    if (reason == RejectReason::bad_tick && on_bad_tick_) on_bad_tick_(order.token);
    if (reason == RejectReason::not_enough_balance && on_no_money_) on_no_money_();
}

Result<OrderAck> ClobVenue::acknowledge(
    PreparedOrder const& order, OrderAnswer const& answer, std::optional<Nanos> retry_after
) {
    if (!answer.order || answer.status == Status::rejected) {
        note_refusal(order.intent, answer.reason, answer.text, retry_after);
        if (answer.reason == RejectReason::duplicated)
            return Failure{
                Fault::transport,
                "clob.post_order",
                "the venue has this order already: " + answer.text
            };
        OrderReport refused;
        refused.order = order.id;
        refused.status = Status::rejected;
        memory_.on(refused);
        auto const unfilled = answer.reason == RejectReason::fok_not_filled ||
                              answer.reason == RejectReason::fak_not_filled;
        return OrderAck{
            order.id,
            unfilled ? Status::unmatched : Status::rejected,
            answer.text,
            to_reason(answer.reason)
        };
    }
    if (*answer.order != order.id)
        return Failure{
            Fault::parse,
            "clob.post_order",
            fmt::format(
                "the venue calls order {} {}: signed for another contract?",
                short_text(order.id),
                short_text(*answer.order)
            )
        };
    memory_.on_answer(order.id, answer.status, answer.trades);
    session_.state().on_accepted(order.intent, session_.context().clock.utc_now());
    return OrderAck{order.id, answer.status, answer.text, to_reason(answer.reason)};
}

Task<Result<OrderAck>> ClobVenue::post(PreparedOrder order, Instant deadline) {
    auto& clock = session_.context().clock;
    if (auto refused = session_.state().refusal(order.intent, clock.utc_now()))
        co_return Failure{Fault::breaker_open, "clob.post_order", "not sent: " + refused->text};
    memory_.remember(order.id, order.intent, clock.utc_now());
    if (before_resting_ && rests(order.intent)) {
        auto const ready = co_await before_resting_(deadline);
        if (!ready)
            co_return Failure{
                Fault::breaker_open, "clob.post_order", "not sent: " + describe(ready.error())
            };
    }
    net::Exchange exchange;
    ClobSession::Call request;
    request.method = net::Method::post;
    request.path = "/order";
    request.body = order.bytes;
    request.group = "clob.order";
    auto const response = co_await session_.call(std::move(request), deadline, &exchange);
    if (!response) co_return certain_if_unwritten(response.error(), exchange);

    auto const answer = parse_order_answer(response->status, response->body);
    if (!answer) {
        auto const error = parse_error(response->status, response->body);
        note_refusal(order.intent, error.reason, error.text, wait_of(*response, clock.utc_now()));
        co_return answer.error();
    }
    co_return acknowledge(order, *answer, wait_of(*response, clock.utc_now()));
}

Task<Result<std::vector<Result<OrderAck>>>>
ClobVenue::post_batch(std::vector<PreparedOrder> orders, Instant deadline) {
    auto& clock = session_.context().clock;
    std::vector<SignedOrder> bodies;
    for (auto const& order : orders) {
        if (auto refused = session_.state().refusal(order.intent, clock.utc_now()))
            co_return Failure{
                Fault::breaker_open, "clob.post_orders", "not sent: " + refused->text
            };
        bodies.push_back({order.id, order.bytes});
    }
    auto body = batch_body(bodies);
    if (!body) co_return body.error();
    for (auto const& order : orders)
        memory_.remember(order.id, order.intent, clock.utc_now());
    net::Exchange exchange;
    ClobSession::Call request;
    request.method = net::Method::post;
    request.path = "/orders";
    request.body = std::move(*body);
    request.group = "clob.order";
    request.cost = static_cast<int>(orders.size());
    auto const response = co_await session_.call(std::move(request), deadline, &exchange);
    if (!response) co_return certain_if_unwritten(response.error(), exchange);
    auto const answers = parse_batch_answer(response->status, response->body, orders.size());
    if (!answers) {
        auto const error = parse_error(response->status, response->body);
        note_refusal(
            orders.front().intent, error.reason, error.text, wait_of(*response, clock.utc_now())
        );
        co_return answers.error();
    }
    std::vector<Result<OrderAck>> acks;
    for (std::size_t n = 0; n < orders.size(); ++n)
        acks.push_back(acknowledge(orders[n], (*answers)[n], std::nullopt));
    co_return acks;
}

Task<Result<OrderAck>> ClobVenue::cancel(OrderId order, Instant deadline) {
    ClobSession::Call request;
    request.method = net::Method::delete_;
    request.path = "/order";
    request.body = cancel_body(order);
    request.group = "clob.cancel";
    auto const response = co_await session_.call(std::move(request), deadline);
    if (!response) co_return response.error();
    auto const answer = parse_cancel_answer(response->status, response->body);
    if (!answer) co_return answer.error();
    if (std::ranges::find(answer->cancelled, order) != answer->cancelled.end()) {
        OrderReport report;
        report.order = order;
        report.status = Status::cancelled;
        memory_.on(report);
        co_return OrderAck{order, Status::cancelled, {}, Reason::cancelled};
    }
    auto const refused = answer->refused.find(order);
    if (refused == answer->refused.end())
        co_return Failure{Fault::parse, "clob.cancel", "the answer does not name the order"};
    // Over already is what a cancel wants; how it ended is the look-up's to say.
    if (is_already_over(refused->second))
        co_return OrderAck{order, Status::cancelled, refused->second, Reason::cancelled};
    co_return Failure{Fault::rejected, "clob.cancel", refused->second};
}

Task<Result<void>> ClobVenue::cancel_everything(Instant deadline) {
    ClobSession::Call request;
    request.method = net::Method::delete_;
    request.path = "/cancel-all";
    request.group = "clob.cancel";
    auto const response = co_await session_.call(std::move(request), deadline);
    if (!response) co_return response.error();
    auto const answer = parse_cancel_answer(response->status, response->body);
    if (!answer) co_return answer.error();
    for (auto const& [order, why] : answer->refused)
        if (!is_already_over(why))
            co_return Failure{Fault::rejected, "clob.cancel_all", short_text(order) + ": " + why};
    co_return Result<void>{};
}

Task<Result<OrderReport>> ClobVenue::look_up(OrderId order, Instant deadline) {
    ClobSession::Call request;
    request.path = "/data/order/" + to_string(order);
    auto const response = co_await session_.call(std::move(request), deadline);
    if (!response) co_return response.error();
    auto& clock = session_.context().clock;
    std::optional<OwnOrder> active;
    if (response->status != 404) {
        if (response->status < 200 || response->status >= 300)
            co_return to_failure(parse_error(response->status, response->body), "clob.look_up");
        auto parsed = parse_open_order(response->body, clock.utc_now());
        if (!parsed) co_return parsed.error();
        active = std::move(*parsed);
    }
    // Its trades too: the state of their settlement may be what is missing.
    auto const trades = co_await read_trades(order, deadline);
    if (!trades) co_return trades.error();
    if (active && active->report.order == order) {
        memory_.on(active->report);
        memory_.on_active(order);
        co_return active->report;
    }
    co_return memory_.conclude(order, clock.utc_now());
}

Task<Result<void>> ClobVenue::read_trades(OrderId const& order, Instant deadline) {
    auto const id = order;
    auto const* known = memory_.find(id);
    auto const now = session_.context().clock.utc_now();
    auto const after = known != nullptr ? known->posted_at - trades_margin : now - trades_back;
    net::Query query;
    if (known != nullptr) query.emplace_back("market", to_string(known->intent.market));
    query.emplace_back("after", fmt::format("{}", unix_seconds(after)));
    std::string cursor = "MA==";
    for (auto pages = 0; pages < pages_max && !cursor.empty(); ++pages) {
        ClobSession::Call request;
        request.path = "/data/trades";
        request.query = query;
        request.query.emplace_back("next_cursor", cursor);
        auto const body = co_await session_.read(std::move(request), deadline);
        if (!body) co_return body.error();
        auto const page =
            parse_trades(*body, session_.api_key(), session_.context().clock.utc_now());
        if (!page) co_return page.error();
        for (auto const& trade : page->rows) {
            auto const reports = own_trade_reports(trade, market_of_, options_.fee_rounding);
            if (!reports) co_return reports.error();
            for (auto const& event : *reports) {
                if (event.report.order != id) continue;
                memory_.on(event.report);
                sink_(event);
            }
        }
        cursor = page->next_cursor;
    }
    co_return Result<void>{};
}

} // namespace polyquant::polymarket

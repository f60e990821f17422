#include "connectors/polymarket/clob/user_feed.hpp"

#include <fmt/format.h>

namespace polyquant::polymarket {

namespace {

constexpr auto feed_name = "clob.user";
constexpr auto feed_topic = "orders";

// All markets of the account: `markets` left out. TLS carries the secret; it is never logged.
std::string subscription(crypto::ApiCredentials const& c) {
    return fmt::format(
        R"({{"type":"user","auth":{{"apiKey":"{}","secret":"{}","passphrase":"{}"}}}})",
        c.key,
        c.secret.reveal_text(),
        c.passphrase.reveal_text()
    );
}

std::string beneath(std::string target, std::string_view path) {
    while (target.ends_with('/'))
        target.pop_back();
    return target + std::string{path};
}

} // namespace

net::WsSession::Options UserFeed::Options::socket_defaults() {
    net::WsSession::Options o;
    o.name = feed_name;
    o.ping_every = Seconds{10};
    o.pong_max = Seconds{30};
    // Own-order events are wanted until the orders are closed, after the other feeds have stopped.
    o.socket.stage = runtime::Stage::orders;
    return o;
}

UserFeed::UserFeed(
    net::NetContext context,
    Options options,
    EventSink sink,
    ClobSession& session,
    OrderMemory& memory,
    MarketOf market_of,
    Doubt doubt
)
    : context_{std::move(context)}, options_{std::move(options)}, sink_{std::move(sink)},
      session_{session}, memory_{memory}, market_of_{std::move(market_of)},
      doubt_{std::move(doubt)},
      socket_{
          context_.dialer,
          context_.supervisor,
          context_.random,
          [this] {
              auto const target = beneath(options_.stream.target, "/ws/user");
              return net::WsRequest{net::with_target(options_.stream, target)};
          },
          *this,
          options_.socket
      } {}

std::vector<std::string> UserFeed::on_up(UtcTime) {
    say_state(true, {});
    doubt_("the user channel came up");
    return {subscription(session_.credentials())};
}

void UserFeed::on_frame(net::WsFrame const& frame) {
    if (frame.is_binary) {
        doubt_("a binary frame on the user channel");
        return;
    }
    auto const parsed = parse_user_frame(frame.payload, session_.api_key(), frame.received_utc);
    if (!parsed) {
        doubt_("a frame of the user channel could not be read: " + describe(parsed.error()));
        return;
    }
    for (auto const& message : parsed->messages)
        std::visit([this](auto const& m) { publish(m); }, message);
}

void UserFeed::publish(OwnOrder const& order) {
    auto const& report = order.report;
    memory_.on(report);
    auto statement = fmt::format(
        "{} {} {} {}",
        to_string(report.order),
        to_string(report.status),
        report.matched.micros(),
        report.text
    );
    if (is_new(std::move(statement))) sink_(own_order_report(order));
}

void UserFeed::publish(OwnTrade const& trade) {
    auto const reports = own_trade_reports(trade, market_of_, options_.fee_rounding);
    if (!reports) {
        doubt_(describe(reports.error()));
        return;
    }
    for (auto const& event : *reports) {
        auto const& fill = event.report;
        memory_.on(fill);
        auto statement =
            fmt::format("{} {} {}", fill.trade.text, to_string(fill.order), to_string(fill.state));
        if (is_new(std::move(statement))) sink_(event);
    }
}

bool UserFeed::is_new(std::string statement) {
    auto const [at, fresh] = said_.insert(std::move(statement));
    if (!fresh) {
        ++repeated_;
        return false;
    }
    said_order_.push_back(*at);
    if (said_order_.size() > options_.remembered_max) {
        said_.erase(said_order_.front());
        said_order_.pop_front();
    }
    return true;
}

void UserFeed::on_down(net::Loss const& loss) {
    say_state(false, describe(loss.failure));
}

void UserFeed::on_attempt_failed(net::Loss const& loss, bool) {
    say_state(false, describe(loss.failure));
}

void UserFeed::say_state(bool healthy, std::string reason) {
    auto const now = context_.clock.utc_now();
    sink_(FeedState{{now, now, 0}, feed_name, feed_topic, healthy, std::move(reason)});
}

} // namespace polyquant::polymarket

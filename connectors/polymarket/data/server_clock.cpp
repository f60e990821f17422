#include "connectors/polymarket/data/server_clock.hpp"

#include "connectors/polymarket/parse/order_answer.hpp"

#include <algorithm>

namespace polyquant::polymarket {

namespace {

constexpr auto group = "clob.clock";
constexpr Nanos shortly = Millis{300};

} // namespace

ServerClock::ServerClock(net::NetContext& context, Options options, EventSink sink)
    : context_{context}, options_{std::move(options)}, sink_{std::move(sink)} {
    net::GroupLimits limits;
    limits.rate = {10, Millis{500}};
    context_.groups.add(group, limits);
}

Task<Result<void>> ServerClock::ask(Instant deadline) {
    auto const& clock = context_.clock;
    net::Exchange exchange;
    auto const sent_at = clock.now();
    auto const sent = clock.utc_now();
    // send(), not fetch(): a repetition would stretch the interval for nothing.
    auto const answer = co_await context_.https.send(
        net::get_request(net::with_target(options_.clob, "/time"), group), deadline, &exchange
    );
    auto const received = clock.utc_now();
    auto const took = clock.now() - sent_at;
    if (!answer) co_return answer.error();
    auto const good = net::require_success(*answer, "clob.time");
    if (!good) co_return good.error();
    auto const second = parse_server_time(good->body);
    if (!second) co_return second.error();
    bounds_.add(sent, received, *second);
    // The way of a warm connection; a fresh one spends most of its time on handshakes.
    if (exchange.reused && (travel_ == Nanos{0} || took / 2 < travel_)) travel_ = took / 2;
    co_return Result<void>{};
}

std::optional<Nanos> ServerClock::clock_offset() const {
    auto const at = bounds_.updated_at();
    if (!at || bounds_.width() > std::max(options_.width_max, 6 * travel_)) return std::nullopt;
    auto const age = context_.clock.utc_now() - *at;
    if (age > options_.believe_for || age < -options_.believe_for) return std::nullopt;
    return bounds_.proven();
}

void ServerClock::report() {
    bool const known = clock_offset().has_value();
    if (reported_ == known) return;
    reported_ = known;
    auto const now = context_.clock.utc_now();
    sink_(FeedState{
        Stamp{now, now, 0},
        std::string{name()},
        "offset",
        known,
        known ? "known" : (last_failure_.empty() ? "not known yet" : last_failure_)
    });
}

Task<void> ServerClock::run() {
    auto& clock = context_.clock;
    for (auto asked = 0;; ++asked) {
        auto const answer = co_await ask(clock.now() + options_.call_max);
        if (!answer && answer.error().fault == Fault::cancelled) co_return;
        last_failure_ = answer ? std::string{} : describe(answer.error());
        if (asked > 1) report();
        auto const now = clock.utc_now();
        // After a step all is open again.
        bool const is_wide = bounds_.width() > std::max<Nanos>(4 * travel_, Millis{60});
        bool const is_first = asked < options_.first_questions ||
                              (is_wide && bounds_.width() > options_.width_max / 2);
        auto const earliest = now + (is_first && is_wide && answer ? shortly : options_.every);
        auto const at =
            bounds_.is_known() ? bounds_.next_question(earliest, travel_) : now + Seconds{2};
        auto const wait = std::clamp<Nanos>(at - now, shortly, options_.every + Seconds{2});
        auto const rang = co_await clock.wait_until(clock.now() + wait);
        if (!rang) co_return;
    }
}

} // namespace polyquant::polymarket

#include "connectors/polymarket/clob/heartbeat.hpp"

#include "connectors/polymarket/parse/order_answer.hpp"

#include <algorithm>

namespace polyquant::polymarket {

namespace {

constexpr Nanos idle_step = Seconds{1}; // how soon it is noticed that something rests
constexpr Nanos serial_step = Millis{20};

} // namespace

Heartbeat::Heartbeat(ClobSession& session, std::function<bool()> wanted, Options options)
    : session_{session}, wanted_{std::move(wanted)}, options_{options} {}

bool Heartbeat::is_fresh() const {
    return last_ && session_.context().clock.now() - *last_ < options_.every;
}

Task<void> Heartbeat::run() {
    auto& clock = session_.context().clock;
    for (;;) {
        auto wait = idle_step;
        if (wanted_() && session_.is_open()) {
            if (!is_fresh()) {
                auto const done = co_await beat(clock.now() + options_.call_max);
                static_cast<void>(done); // said by refusal()
            }
            wait = failing_ ? idle_step : options_.every;
        } else {
            failing_ = false;
        }
        auto const rang = co_await clock.wait_until(clock.now() + wait);
        if (!rang) co_return;
    }
}

Task<Result<void>> Heartbeat::ensure(Instant deadline) {
    if (is_fresh() && !failing_) co_return Result<void>{};
    auto done = co_await beat(deadline);
    co_return done;
}

Task<Result<void>> Heartbeat::beat(Instant deadline) {
    auto& clock = session_.context().clock;
    // Two at once would answer each other's ids with mismatches.
    while (beating_) {
        if (clock.now() >= deadline)
            co_return Failure{Fault::timeout, "clob.heartbeat", "another beat is under way"};
        auto const rang = co_await clock.wait_until(clock.now() + serial_step);
        if (!rang) co_return Failure{Fault::cancelled, "clob.heartbeat", "cancelled"};
    }
    beating_ = true;

    struct Done {
        bool& flag;

        ~Done() { flag = false; }
    } const done{beating_};

    Failure last{Fault::rejected, "clob.heartbeat", "the venue wants another id each time"};
    // The venue names the id it expected; with that the second attempt fits.
    for (auto attempt = 0; attempt < 3; ++attempt) {
        ClobSession::Call request;
        request.method = net::Method::post;
        request.path = "/v1/heartbeats";
        request.body = R"({"heartbeat_id":")" + id_ + R"("})";
        auto const response = co_await session_.call(std::move(request), deadline);
        auto const answer = response ? parse_heartbeat(response->status, response->body)
                                     : Result<HeartbeatAnswer>{response.error()};
        if (!answer) {
            last = answer.error();
            break;
        }
        id_ = answer->id;
        if (answer->mismatch) continue;
        last_ = clock.now();
        failing_ = false;
        ++beats_;
        co_return Result<void>{};
    }
    if (last.fault != Fault::cancelled) {
        failing_ = true;
        why_ = describe(last);
    }
    co_return last;
}

std::optional<VenueRefusal> Heartbeat::refusal() const {
    if (!failing_) return std::nullopt;
    return VenueRefusal{Reason::trading_halted, "the heartbeat fails: " + why_};
}

} // namespace polyquant::polymarket

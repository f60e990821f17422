#include "connectors/polymarket/clob/clob_desk.hpp"

#include "engine/core/fees.hpp"

#include <fmt/format.h>

namespace polyquant::polymarket {

namespace {

ClobVenue::Options with_rounding(ClobVenue::Options options, Rounding rounding) {
    options.fee_rounding = rounding;
    return options;
}

UserFeed::Options feed_options(net::Url stream, Rounding rounding) {
    UserFeed::Options options;
    options.stream = std::move(stream);
    options.statements.fee_rounding = rounding;
    return options;
}

} // namespace

ClobDesk::ClobDesk(std::unique_ptr<ClobSession> session, Options options, Hooks hooks)
    : session_{std::move(session)}, hooks_{std::move(hooks)},
      venue_{
          *session_,
          hooks_.market_of,
          hooks_.publish,
          with_rounding(options.venue, options.fee_rounding)
      },
      account_{*session_, hooks_.market_of, {.fee_rounding = options.fee_rounding}},
      heartbeat_{*session_, [this] { return venue_.memory().may_rest(); }, options.heartbeat},
      user_{
          session_->context(),
          feed_options(std::move(options.stream), options.fee_rounding),
          hooks_.publish,
          *session_,
          venue_.memory(),
          hooks_.market_of,
          hooks_.doubt
      } {
    venue_.set_veto([this](PlaceOrder const& order) { return veto(order); });
    venue_.on_bad_tick([this](TokenId const& token) { read_tick_again(token); });
    venue_.on_no_money([this] { read_money_again(); });
    venue_.before_resting([this](Instant deadline) { return heartbeat_.ensure(deadline); });
}

Result<std::unique_ptr<ClobDesk>>
ClobDesk::create(net::NetContext context, ClobAccount account, Options options, Hooks hooks) {
    auto session = ClobSession::create(std::move(context), std::move(account), options.session);
    if (!session) return session.error();
    return std::unique_ptr<ClobDesk>{
        new ClobDesk{std::move(*session), std::move(options), std::move(hooks)}
    };
}

void ClobDesk::start() {
    auto& supervisor = session_->context().supervisor;
    using runtime::Stage;
    // Until the last cancel is answered and its report has come.
    supervisor.start(Stage::close, "clob.session", session_->run());
    supervisor.start(Stage::close, "clob.heartbeat", heartbeat_.run());
    supervisor.start(Stage::close, "clob.user", user_.run());
    supervisor.start(Stage::close, "clob.presign", venue_.presign());
}

std::optional<VenueRefusal> ClobDesk::veto(PlaceOrder const& order) const {
    if (!user_.is_up()) return VenueRefusal{Reason::trading_halted, "the user channel is down"};
    if (auto refused = heartbeat_.refusal()) return refused;
    if (hooks_.reconciled)
        if (auto refused = hooks_.reconciled()) return refused;
    return beyond_allowance(order);
}

// Every reconciliation reads the allowances again; fees are taken out of them as well.
std::optional<VenueRefusal> ClobDesk::beyond_allowance(PlaceOrder const& order) const {
    auto const* market = order.side == Side::buy ? hooks_.market_of(order.market) : nullptr;
    auto const& read = account_.last_collateral();
    // An answer that names no spender at all says nothing about ours.
    if (market == nullptr || !read || read->allowances.empty()) return std::nullopt;
    auto const allowed = account_.allowance(market->version, market->neg_risk);
    auto const cost = cost_rounded_up(order.limit, order.size) +
                      taker_fee(market->fee, order.size, order.limit, Rounding::up);
    if (!allowed || cost.micros() <= *allowed) return std::nullopt;
    return VenueRefusal{
        Reason::bankroll_short,
        fmt::format(
            "the exchange of {} may take {} of our pUSD, {} are needed: approve it",
            market->slug,
            to_string(Usdc::from_micros(*allowed)),
            to_string(cost)
        )
    };
}

// The venue decides by a copy of the chain's balances that may be old: it is told to look again.
// No buys until the window ends all the same: what was refused once is refused again.
void ClobDesk::read_money_again() {
    if (std::exchange(reading_money_, true)) return;
    auto& supervisor = session_->context().supervisor;
    if (!supervisor.start_job(runtime::Stage::orders, "clob.money", refresh_money()))
        reading_money_ = false;
    if (hooks_.doubt) hooks_.doubt("the venue found not enough balance or allowance");
}

Task<void> ClobDesk::refresh_money() {
    auto const deadline = session_->context().clock.now() + session_->options().call_max;
    auto const read = co_await account_.refresh(deadline);
    static_cast<void>(read); // the reconciliation that was asked for says what it found
    reading_money_ = false;
}

void ClobDesk::read_tick_again(TokenId const& token) {
    if (!reading_ticks_.insert(token).second) return;
    auto& supervisor = session_->context().supervisor;
    if (!supervisor.start_job(runtime::Stage::orders, "clob.tick", refresh_tick(token)))
        reading_ticks_.erase(token);
}

// Published as the market channel would have, so that everybody prices on the new grid.
Task<void> ClobDesk::refresh_tick(TokenId token) {
    auto& clock = session_->context().clock;
    auto const tick =
        co_await session_->tick_size(token, clock.now() + session_->options().call_max);
    reading_ticks_.erase(token);
    if (!tick) co_return;
    auto const now = clock.utc_now();
    hooks_.publish(Event{TickSizeChanged{{now, now, 0}, token, Price{}, *tick}});
}

} // namespace polyquant::polymarket

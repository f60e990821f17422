#include "connectors/polymarket/clob/clob_desk.hpp"

namespace polyquant::polymarket {

namespace {

ClobVenue::Options with_rounding(ClobVenue::Options options, Rounding rounding) {
    options.fee_rounding = rounding;
    return options;
}

UserFeed::Options feed_options(net::Url stream, Rounding rounding) {
    UserFeed::Options options;
    options.stream = std::move(stream);
    options.fee_rounding = rounding;
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
    venue_.set_veto([this](PlaceOrder const&) { return veto(); });
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
}

std::optional<VenueRefusal> ClobDesk::veto() const {
    if (!user_.is_up()) return VenueRefusal{Reason::trading_halted, "the user channel is down"};
    if (auto refused = heartbeat_.refusal()) return refused;
    if (hooks_.reconciled)
        if (auto refused = hooks_.reconciled()) return refused;
    return std::nullopt;
}

} // namespace polyquant::polymarket

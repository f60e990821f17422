// Everything that trading at the CLOB takes, wired together: session, venue, user channel,
// heartbeat and account. What a live run owns.
#pragma once

#include "connectors/polymarket/clob/clob_account.hpp"
#include "connectors/polymarket/clob/clob_venue.hpp"
#include "connectors/polymarket/clob/heartbeat.hpp"
#include "connectors/polymarket/clob/user_feed.hpp"

#include <memory>
#include <set>

namespace polyquant::polymarket {

class ClobDesk {
public:
    struct Options {
        ClobOptions session;
        net::Url stream; // of the user channel, without /ws/user
        Rounding fee_rounding = Rounding::down;
        ClobVenue::Options venue{};
        Heartbeat::Options heartbeat{};
    };

    struct Hooks {
        EventSink publish;
        MarketOf market_of;
        UserFeed::Doubt doubt;                                   // to ReconcileActor::doubt
        std::function<std::optional<VenueRefusal>()> reconciled; // ReconcileActor::refusal
    };

    static Result<std::unique_ptr<ClobDesk>>
    create(net::NetContext context, ClobAccount account, Options options, Hooks hooks);

    // Before start(); may be repeated after a failure.
    Task<Result<void>> open(Instant deadline) { return session_->open(deadline); }

    // Starts session keeper, user channel and heartbeat under the supervisor of the context.
    void start();

    OrderVenue& orders() { return venue_; }

    ClobVenue& venue() { return venue_; }

    ClobSession& session() { return *session_; }

    VenueAccount& account() { return account_; }

    ClobAccountBook& account_book() { return account_; }

    UserFeed& user_feed() { return user_; }

    Heartbeat& heartbeat() { return heartbeat_; }

private:
    ClobDesk(std::unique_ptr<ClobSession> session, Options options, Hooks hooks);

    std::optional<VenueRefusal> veto(PlaceOrder const& order) const;
    std::optional<VenueRefusal> beyond_allowance(PlaceOrder const& order) const;
    void read_money_again();
    void read_tick_again(TokenId const& token);
    Task<void> refresh_money();
    Task<void> refresh_tick(TokenId token);

    std::unique_ptr<ClobSession> session_;
    Hooks hooks_;
    ClobVenue venue_;
    ClobAccountBook account_;
    Heartbeat heartbeat_;
    UserFeed user_;
    bool reading_money_ = false;
    std::set<TokenId> reading_ticks_{};
};

} // namespace polyquant::polymarket

// The venue's own word on windows that are over: who won, from which price to which.
#pragma once

#include "connectors/polymarket/gamma/gamma_client.hpp"
#include "engine/ports/live_feed.hpp"

#include <map>
#include <set>

namespace polyquant::polymarket {

// Publishes, once each: MarketResolved (source venue), and of coins' windows PriceTick source venue
// stamped with the window's start (priceToBeat) and end (finalPrice). The end of one window is the
// start of the next, so the official strike of the window in progress comes this way, a minute or
// two into it. A market is asked about a minute after its end and then ever more rarely; Gamma
// first, from the third time on the exchange as well.
class OutcomeFeed final : public LiveFeed {
public:
    struct Options {
        Nanos first_after_end = Seconds{60};
        Nanos pause_min = Seconds{20}; // doubled each time
        Nanos pause_max = Seconds{600};
        Nanos give_up_after = Seconds{24 * 3'600}; // windows: whoever trades them knows the prices
        // Of others only the venue knows; those that nobody holds are let go by unfollow().
        Nanos give_up_others_after = Seconds{90 * 86'400};
        int clob_from_question = 3;
        int prices_questions_max = 4; // for prices that do not come though the winner is known
        Nanos call_max = Seconds{8};
    };

    struct Counts {
        std::uint64_t questions = 0;
        std::uint64_t failures = 0;
        std::uint64_t resolved = 0;
        std::uint64_t by_exchange = 0; // of these: told by the CLOB, not by Gamma
        std::uint64_t given_up = 0;
        std::uint64_t contradictions = 0; // prices that say another winner than the venue named
    };

    OutcomeFeed(net::NetContext& context, GammaClient& gamma, Options options, EventSink sink);

    std::string_view name() const override { return "gamma.outcomes"; }

    Task<void> run() override;

    void follow(Market const& market);

    // Nobody has money there.
    void unfollow(ConditionId const& market) { watches_.erase(market); }

    // The market channel said it first: only the prices are still wanted.
    void told(MarketResolved const& event);

    Counts const& counts() const { return counts_; }

    std::size_t pending() const { return watches_.size(); }

private:
    struct Watch {
        Market market;
        bool winner_known = false;
        std::optional<Outcome> winner;
        std::optional<UsdPrice> price_to_beat;
        std::optional<UsdPrice> final_price;
        int asked = 0;
        int asked_since_winner = 0;
        UtcTime next_at{};
    };

    Task<void> ask(ConditionId id);
    Task<Result<std::optional<Listing>>> ask_gamma(Market market, Instant deadline);
    Task<void> ask_exchange(ConditionId id, Instant deadline);
    void take(ConditionId const& id, Listing const& listing);
    void resolve(Watch& watch, std::optional<Outcome> winner);
    void publish_price(Watch const& watch, UtcTime at, UsdPrice price);
    // True when nothing more is wanted of it.
    bool is_done(Watch const& watch, UtcTime now);

    net::NetContext& context_;
    GammaClient& gamma_;
    Options options_;
    EventSink sink_;
    std::map<ConditionId, Watch> watches_;
    Counts counts_;
};

} // namespace polyquant::polymarket

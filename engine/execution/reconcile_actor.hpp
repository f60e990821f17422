// Compares our books with the venue's at the start, whenever something gives reason to doubt them,
// and now and then; keeps the gate closed until they agree.
#pragma once

#include "engine/execution/execution_actor.hpp"
#include "engine/execution/reconciler.hpp"
#include "engine/ports/venue_account.hpp"

#include <functional>
#include <string>

namespace polyquant::execution {

class ReconcileActor {
public:
    struct Options {
        Nanos every = Seconds{60};
        Nanos retry_min = Seconds{1}; // while the books disagree; doubles
        Nanos retry_max = Seconds{30};
        Nanos call_max = Seconds{20};
        Nanos trades_back = Seconds{900}; // an order lives within its window and settles soon after
        Nanos settled_kept = Seconds{3600};
        int alarm_after = 5; // comparisons in a row that did not agree
    };

    struct Hooks {
        std::function<void(Event)> publish; // repairs, onto the bus
        std::function<void(std::string)> say;
        std::function<void(std::string)> alarm;
        // What was put into the wallet, to be remembered for the next start: it changes by deposits
        // and withdrawals only, not by trades, and not by what strategies are given.
        std::function<void(Usdc)> keep_deposited;
        // Shares that were claimed of this market are gone from the wallet and everything else
        // agrees: somebody redeemed them.
        std::function<void(ConditionId const&)> redeemed{};
    };

    ReconcileActor(
        asio::any_io_executor executor,
        runtime::Clock& clock,
        VenueAccount& venue,
        ExecutionActor& execution,
        Portfolio const& portfolio,
        std::optional<Usdc> deposited,
        Options options,
        Hooks hooks
    );

    Task<void> run();

    // From any part that noticed something: a reconnect, an unreadable frame.
    void doubt(std::string why);
    // Every fact, for the tokens that were held.
    void on(Fact const& fact);

    // Closed from construction and from each doubt on, until the books agree.
    bool is_open() const { return open_; }

    std::optional<VenueRefusal> refusal() const;

    std::optional<Usdc> deposited() const { return deposited_; }

    std::uint64_t comparisons() const { return comparisons_; }

    // The last one's result, for the status page.
    Reconciliation const& last() const { return last_; }

private:
    Task<bool> compare();
    OurBooks our_books() const;
    Usdc capital() const;
    void forget_settled();
    void tell_redeemed(VenueAccountView const& view);

    runtime::Clock& clock_;
    VenueAccount& venue_;
    ExecutionActor& execution_;
    Portfolio const& portfolio_;
    std::optional<Usdc> deposited_;
    Options options_;
    Hooks hooks_;
    runtime::CountMailbox<bool> wake_;
    bool open_ = false;
    std::string why_ = "not compared with the venue yet";
    std::uint64_t doubts_ = 0;
    std::uint64_t comparisons_ = 0;
    int disagreed_ = 0;
    Reconciliation last_;

    struct SettledToken {
        Price payout;
        UtcTime at{};
    };

    std::map<TokenId, SettledToken> settled_;
};

} // namespace polyquant::execution

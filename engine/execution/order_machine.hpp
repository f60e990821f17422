// The life of one order as a pure state machine. Whatever the venue says, by whatever channel, in
// any order and any number of times, the same set of statements ends in the same state and money.
#pragma once

#include "engine/core/facts.hpp"
#include "engine/core/fees.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace polyquant::execution {

// What `size` of the order may cost at most: cost at the limit and the taker fee there, both
// rounded up (cost + fee grows with the price, so no better fill costs more). Zero for sells.
// Fills of one order each round up by themselves: at most 11 micro-USDC more per fill.
Usdc worst_cost(PlaceOrder const& intent, FeeSchedule const& fee, Shares size);

// What a fill moves, rounded against us: up when buying, down when selling.
Usdc cost_of(TradeReport const& trade);

class OrderMachine {
public:
    struct Effects {
        std::vector<FactBody> facts; // in the order they must be recorded
        std::string alarm;           // not empty: a human should look
    };

    OrderMachine(OrderId id, PlaceOrder intent, FeeSchedule const& fee);

    // What a new order books before anything else.
    OrderPlaced placed(std::string slug) const;

    Effects journaled();
    // Before each post, the first and the repeated one.
    Effects sent();
    Effects on_answer(Result<OrderAck> const& answer);
    Effects on(OrderReport const& report);
    Effects on(TradeReport const& trade);
    Effects on_look_up(Result<OrderReport> const& answer);

    // The order must not be posted any more (too late, shutting down): enough look-ups without a
    // trace then settle it.
    void forbid_repeat() { repeat_allowed_ = false; }

    // Rebuilds the state after a restart from this order's facts, in their order.
    void restore(FactBody const& fact);

    OrderId const& id() const { return id_; }

    PlaceOrder const& intent() const { return intent_; }

    OrderState state() const { return state_; }

    bool is_over() const { return is_terminal(state_); }

    // Must be looked up: we do not know whether the venue has it.
    bool is_in_doubt() const { return state_ == OrderState::unknown; }

    // The venue did not know it at the last look-up: the same bytes may go out once more.
    bool may_post_again() const {
        return is_in_doubt() && repeat_allowed_ && posts_ == 1 && not_found_ > 0;
    }

    // May hold money in the book until somebody cancels it.
    bool may_rest() const {
        auto const resting_type =
            intent_.tif == TimeInForce::gtc || intent_.tif == TimeInForce::gtd;
        return resting_type && !is_filling_over() && posts_ > 0;
    }

    // Filled and not voided.
    Shares filled() const;

    Usdc reserved_left() const { return reserved_; }

    int posts() const { return posts_; }

private:
    // Look-ups without a trace after the last post that prove the order never arrived.
    // One is not enough: the request may still have been on its way.
    static constexpr int not_found_needed = 3;

    struct Trade {
        TradeReport report;
        unsigned seen = 0; // bit per TradeState
    };

    bool is_known() const;

    bool is_market_type() const {
        return intent_.tif == TimeInForce::fok || intent_.tif == TimeInForce::fak;
    }

    bool is_filling_over() const;
    OrderState derive() const;
    Usdc derive_reserved() const;
    void settle(Effects& effects, Reason reason, std::string text);
    void merge(OrderReport const& report, Effects& effects);
    void change_trade(Trade& trade, TradeState to, Effects& effects) const;

    OrderId id_;
    PlaceOrder intent_;
    FeeSchedule fee_;
    Usdc booked_;   // reserved at the start
    Usdc reserved_; // as last recorded
    OrderState state_ = OrderState::created;

    bool journaled_ = false;
    int posts_ = 0;
    int not_found_ = 0;
    bool repeat_allowed_ = true;
    bool doubt_ = false;
    bool live_ = false;
    bool delayed_ = false;
    bool matched_ = false;
    std::optional<OrderReport::Status> final_; // cancelled, unmatched or rejected
    Shares expected_;                          // the venue's cumulative matched size
    Shares ever_;                              // sum of all trades, voided ones too
    Usdc spent_;                               // by all buys, voided ones too
    Usdc paid_;                                // the same without fees
    std::map<TradeId, Trade> trades_;
};

} // namespace polyquant::execution

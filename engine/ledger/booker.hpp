// From a fact to rows and postings: one overload per kind of fact. Private to this folder.
#pragma once

#include "engine/ledger/posting.hpp"

namespace polyquant::ledger {

struct Booker {
    Store& store;
    std::uint64_t seq;

    void operator()(EpochOpened const& f) const;
    void operator()(CapitalMoved const& f) const;
    void operator()(OrderPlaced const& f) const;
    void operator()(OrderChanged const& f) const;
    void operator()(TradeMatched const& f) const;
    void operator()(TradeChanged const& f) const;
    void operator()(WindowSettled const& f) const;
    void operator()(PositionSettled const& f) const;
    void operator()(WindowEvaluated const& f) const;
    void operator()(TradingStateChanged const& f) const;
    void operator()(WindowForecast const& f) const;
    void operator()(BetJudged const& f) const;
    void operator()(CalibrationChanged const& f) const;
    void operator()(DailyVerdict const& f) const;
    void operator()(OutcomeReported const& f) const;
    void operator()(CaptureDiffered const& f) const;
    void operator()(PayoutClaimed const& f) const;
    void operator()(RedemptionChanged const& f) const;
    void operator()(PayoutCollected const& f) const;
    void operator()(WalletMoved const& f) const;
};

struct StoredOrder {
    Micros reserved_left = 0;
    Micros matched = 0;
};

std::string epoch_text(std::uint64_t epoch);
std::string asset_text(std::optional<Asset> asset); // empty for none

// Throws Contradiction when the order was never placed, or by another strategy.
StoredOrder find_order(Store& store, OrderId const& id, StrategyName const& strategy);

} // namespace polyquant::ledger

// Which buys were filled and what became of them: every filled buy order is judged once its
// window is settled, by the window's winner, whether or not the shares were sold before.
#pragma once

#include "engine/core/facts.hpp"

#include <cstdint>
#include <map>
#include <set>
#include <utility>
#include <vector>

namespace polyquant::accuracy {

class BetBook {
public:
    void on(Fact const& fact);

    // Bets whose window is settled and of which no BetJudged was recorded yet, in the order they
    // were placed. Asking again without recording them gives them again.
    std::vector<BetJudged> due() const;

private:
    // Settlements can be corrected for a day or two; after that a market is forgotten.
    static constexpr Seconds kept{3 * 86'400};

    struct Fill {
        TradeId trade;
        Shares size;
        Usdc cost;
        Usdc fee;
    };

    struct Bet {
        BetJudged so_far; // without the result
        std::uint64_t placed_seq = 0;
        std::uint64_t filled_seq = 0; // of the fact that first filled it; 0: not filled
        std::vector<Fill> fills;      // without those that failed
        bool judged = false;
    };

    struct Market {
        Window window;
        std::optional<Outcome> winner;
        std::vector<Bet> bets; // as placed
    };

    void on_placed(OrderPlaced const& placed, std::uint64_t seq);
    void on_matched(TradeMatched const& matched, std::uint64_t seq);
    void on_failed(TradeChanged const& changed);
    void on_settled(WindowSettled const& settled);
    void on_judged(BetJudged const& judged);
    void forget(UtcTime now);
    Bet* find(OrderId const& order);
    static bool is_due(Bet const& bet, Market const& market);
    bool is_first(Bet const& bet, bool of_asset) const;

    std::map<StrategyName, std::uint64_t> epochs_;
    std::map<ConditionId, Market> markets_;
    std::map<OrderId, ConditionId> market_of_;
    std::set<ConditionId> open_; // settled, and perhaps with bets not judged yet
};

} // namespace polyquant::accuracy

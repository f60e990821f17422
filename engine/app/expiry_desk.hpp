// One expiry strategy's place in the engine: what its actor may see, and how its orders go out.
#pragma once

#include "engine/execution/execution_actor.hpp"
#include "engine/market/market_board.hpp"
#include "engine/runtime/bus.hpp"
#include "engine/runtime/journal.hpp"
#include "strategies/expiry/expiry_actor.hpp"

#include <functional>

namespace polyquant::app {

class ExpiryDesk final : public strategies::expiry::ExpiryHost {
public:
    struct Parts {
        runtime::Clock& clock;
        runtime::Bus& bus;
        runtime::Journal& journal;
        market::MarketBoard const& board;
        execution::Portfolio const& portfolio;
        std::function<Submitted(PlaceOrder const&, execution::RiskView const&)> submit;
        std::function<std::optional<Nanos>()> clock_offset;
        std::function<void(FactBody)> record;
        std::function<void(Result<std::uint64_t> const&)> check;
        // Of the books and outcomes of a listed market; see EngineParts.
        std::function<void(Market const&)> follow{};
        std::function<void(ConditionId const&)> let_go{};
    };

    ExpiryDesk(Parts parts, std::unique_ptr<strategies::expiry::ExpiryStrategy> strategy);

    strategies::expiry::ExpiryActor& actor() { return actor_; }

    strategies::expiry::ExpiryActor const& actor() const { return actor_; }

    // strategies::expiry::ExpiryHost
    std::optional<MarketView> view(ConditionId const& market) const override;
    std::optional<PricePoint> spot(Asset asset) const override;
    Usdc free_bankroll(StrategyName const& strategy) const override;
    strategies::expiry::Held
    held(StrategyName const& strategy, TokenId const& token) const override;
    bool held_elsewhere(StrategyName const& asking, ConditionId const& market) const override;
    // Listing a market is what makes the board, the settlement and the market feed follow it. It
    // leaves the board by itself some time after its end; unwatch() ends the feeds' part earlier.
    void watch(Market const& market) override;
    void unwatch(ConditionId const& market) override;
    Submitted submit(PlaceOrder const& order, MarketView const& view, bool uses_spot) override;
    void decided(
        StrategyName const& strategy,
        strategies::expiry::Candidate const& candidate,
        strategies::expiry::EntryDecision const& decision,
        Reason answer
    ) override;
    void stop_decided(
        StrategyName const& strategy,
        Market const& market,
        strategies::expiry::StopDecision const& decision,
        Reason answer
    ) override;
    void window_over(WindowEvaluated counts) override;

private:
    Parts parts_;
    strategies::expiry::ExpiryActor actor_;
};

} // namespace polyquant::app

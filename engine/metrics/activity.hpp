// What strategies did since the process began, by asset: a fold over facts.
#pragma once

#include "engine/core/facts.hpp"

#include <compare>
#include <deque>
#include <map>
#include <string>

namespace polyquant::metrics {

// One strategy on one coin; "other" where a market is on none.
struct Field {
    std::string strategy;
    std::string asset;

    auto operator<=>(Field const&) const = default;
};

struct FieldActivity {
    std::uint64_t orders = 0; // booked and on their way
    std::uint64_t orders_filled = 0;
    std::uint64_t fills = 0;
    Usdc bought; // without fees
    Usdc sold;
    Usdc fees;
    std::uint64_t won = 0; // positions settled
    std::uint64_t lost = 0;
    Usdc settled_profit;                         // payout less what the shares had cost
    std::map<Reason, std::uint64_t> not_filled;  // orders that ended without a fill
    std::map<Reason, std::uint64_t> evaluations; // booked when a window ends
};

// One of the newest orders, and what became of it.
struct RecentOrder {
    OrderId order;
    UtcTime at{}; // placed
    std::string strategy;
    std::string slug;
    Outcome outcome = Outcome::up;
    Side side = Side::buy;
    Price limit;
    Shares size;
    Shares filled;
    Usdc cost; // of what was filled, without fees
    OrderState state = OrderState::created;
    Reason reason = Reason::order_sent; // why it ended without a fill
};

class Activity {
public:
    static constexpr std::size_t recent_max = 40;

    void on(Fact const& fact);

    std::map<Field, FieldActivity> const& fields() const { return fields_; }

    std::uint64_t windows_settled() const { return windows_settled_; }

    // The newest first.
    std::deque<RecentOrder> const& recent() const { return recent_; }

private:
    static constexpr std::size_t markets_kept = 512;

    struct OrderUnderWay {
        std::optional<Asset> asset;
        bool filled = false;
    };

    FieldActivity& at(StrategyName const& strategy, std::optional<Asset> asset);
    void remember(ConditionId const& market, std::optional<Asset> asset);
    std::optional<Asset> asset_of(ConditionId const& market) const;
    void add_recent(OrderPlaced const& placed, UtcTime at);
    RecentOrder* find_recent(OrderId const& order);

    std::map<Field, FieldActivity> fields_;
    std::map<ConditionId, std::optional<Asset>> markets_;
    std::deque<ConditionId> newest_;
    std::map<OrderId, OrderUnderWay> orders_;
    std::deque<RecentOrder> recent_;
    std::uint64_t windows_settled_ = 0;
};

} // namespace polyquant::metrics

// A board, a portfolio and a venue small enough to read, around a real ExpiryActor on simulated
// time: books are what the test says, orders fill or not as it says.
#pragma once

#include "strategies/catalog.hpp"
#include "strategies/expiry/expiry_actor.hpp"
#include "tests/engine/runtime/run_tasks.hpp"

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace polyquant::test {

using namespace strategies;
using namespace strategies::expiry;

inline constexpr auto strategy_name = "e";

template <class Id>
Id numbered(int n, std::uint8_t kind) {
    Id id;
    id.bytes[0] = kind;
    id.bytes[30] = static_cast<std::uint8_t>(n >> 8);
    id.bytes[31] = static_cast<std::uint8_t>(n);
    return id;
}

// Ends in two hours, "Yes" is listed at 0.96, everything in order.
inline MarketListing listing(int n, UtcTime now) {
    MarketListing row;
    auto& m = row.market;
    m.condition = numbered<ConditionId>(n, 1);
    m.up = numbered<TokenId>(n, 2);
    m.down = numbered<TokenId>(n, 3);
    m.slug = "market-" + std::to_string(n);
    m.question = "Will it rain in Paris?";
    m.window = {now - Seconds{86'400}, Seconds{86'400 + 7'200}};
    m.fee = no_fee();
    row.up_price = cents(96);
    row.down_price = cents(4);
    row.liquidity = usd(5'000);
    row.active = true;
    row.accepts_orders = true;
    row.tokens_checked = true;
    row.tags = "weather";
    return row;
}

inline std::unique_ptr<ExpiryStrategy> expiry_strategy(ExpiryParams params, bool enabled = true) {
    config::StrategyConfig config;
    config.header.kind = "expiry";
    config.header.name = strategy_name;
    config.header.enabled = enabled;
    config.params = std::make_shared<config::TypedParams<ExpiryParams>>(std::move(params));
    return make_expiry(config);
}

struct ExpiryWorld final : ExpiryHost {
    struct Listed {
        Market market;
        Book up;
        Book down;
    };

    runtime::testing::SimWorld sim;
    std::map<ConditionId, std::unique_ptr<Listed>> board;
    std::map<Asset, PricePoint> spots;
    std::map<TokenId, Held> holdings;
    std::set<ConditionId> elsewhere;
    Usdc bankroll = usd(1'000);
    Reason gate = Reason::order_sent;
    std::vector<PlaceOrder> orders;
    std::vector<WindowEvaluated> hours;
    int facts = 0;
    ExpiryActor actor;

    explicit ExpiryWorld(ExpiryParams params = {})
        : actor{sim.clock, *this, expiry_strategy(std::move(params))} {}

    UtcTime now() const { return sim.clock.utc_now(); }

    Reason scan(MarketListing const& row) { return actor.on(MarketScanned{{}, row}); }

    void quote(int n, Price bid, Price ask, Shares size = shares(1'000)) {
        levels(n, {{bid, size}}, {{ask, size}});
    }

    void levels(int n, std::vector<Level> bids, std::vector<Level> asks) {
        board.at(numbered<ConditionId>(n, 1))->up.apply_snapshot(bids, asks, now());
    }

    // ExpiryHost
    std::optional<MarketView> view(ConditionId const& market) const override {
        auto const found = board.find(market);
        if (found == board.end()) return std::nullopt;
        MarketView view;
        view.now = sim.clock.utc_now();
        view.market = &found->second->market;
        view.window = found->second->market.window;
        auto const& up = found->second->up;
        if (up.state() != BookState::empty) {
            view.up = BookView{up, false};
            view.down = BookView{up, true};
        }
        return view;
    }

    std::optional<PricePoint> spot(Asset asset) const override {
        auto const found = spots.find(asset);
        return found == spots.end() ? std::nullopt : std::optional{found->second};
    }

    Usdc free_bankroll(StrategyName const&) const override { return bankroll; }

    Held held(StrategyName const&, TokenId const& token) const override {
        auto const found = holdings.find(token);
        return found == holdings.end() ? Held{} : found->second;
    }

    bool held_elsewhere(StrategyName const&, ConditionId const& market) const override {
        return elsewhere.contains(market);
    }

    void watch(Market const& market) override {
        board[market.condition] = std::make_unique<Listed>(Listed{market, {}, {}});
    }

    void unwatch(ConditionId const& market) override { board.erase(market); }

    Submitted submit(PlaceOrder const& order, MarketView const&, bool) override {
        if (gate != Reason::order_sent) return {gate, {}};
        orders.push_back(order);
        auto const id = numbered<OrderId>(static_cast<int>(orders.size()), 9);
        ++holdings[order.token].open_orders;
        OrderPlaced placed;
        placed.order = id;
        placed.intent = order;
        tell(placed);
        return {Reason::order_sent, id};
    }

    void decided(StrategyName const&, Candidate const&, EntryDecision const&, Reason) override {}

    void stop_decided(StrategyName const&, Market const&, StopDecision const&, Reason) override {}

    void window_over(WindowEvaluated counts) override { hours.push_back(std::move(counts)); }

    // The venue's side.
    void tell(FactBody body) {
        actor.on(Fact{static_cast<std::uint64_t>(++facts), now(), std::move(body)});
    }

    void fill(std::size_t n) {
        auto const& order = orders.at(n - 1);
        auto& held = holdings[order.token];
        --held.open_orders;
        auto const cost = cost_rounded_up(order.limit, order.size);
        if (order.side == Side::buy) {
            held.exposure += order.size;
            held.sellable += order.size;
            held.cost += cost;
        } else {
            held = {held.exposure - order.size, held.sellable - order.size, {}, held.open_orders};
        }
        TradeMatched matched;
        matched.trade.trade = TradeId{"t" + std::to_string(n)};
        matched.trade.order = numbered<OrderId>(static_cast<int>(n), 9);
        matched.trade.token = order.token;
        matched.trade.side = order.side;
        matched.strategy = order.strategy;
        matched.market = order.market;
        matched.outcome = order.outcome;
        tell(matched);
    }

    void end_order(std::size_t n, OrderState to, std::string text = {}) {
        auto const& order = orders.at(n - 1);
        --holdings[order.token].open_orders;
        OrderChanged changed;
        changed.order = numbered<OrderId>(static_cast<int>(n), 9);
        changed.strategy = order.strategy;
        changed.to = to;
        changed.reason = Reason::rejected_by_venue;
        changed.text = std::move(text);
        tell(changed);
    }

    void settle(std::size_t n) {
        auto const& order = orders.at(n - 1);
        holdings[order.token] = {};
        PositionSettled settled;
        settled.strategy = order.strategy;
        settled.market = order.market;
        settled.token = order.token;
        tell(settled);
    }

    std::uint64_t counted(Reason reason) const { return actor.reasons()[reason]; }
};

} // namespace polyquant::test

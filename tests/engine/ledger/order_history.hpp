// Histories of facts as they can really occur: every order is a real OrderMachine that is told
// random things, every sale passes the portfolio's own limit on what may be sold, every settlement
// pays what the portfolio holds.
#pragma once

#include "engine/execution/order_machine.hpp"
#include "engine/execution/portfolio.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <deque>
#include <functional>
#include <random>

namespace polyquant::testing {

class OrderHistory {
public:
    // Tidy: a market is settled when its orders are over and its trades final. Untidy: at any time,
    // so fills, confirmations and failures come late and a position may go below zero.
    enum class Settling : std::uint8_t { tidy, untidy };

    OrderHistory(std::uint64_t seed, Settling settling, std::function<void(Fact const&)> visit)
        : random_{seed}, settling_{settling}, visit_{std::move(visit)} {}

    void play(int steps) {
        for (auto const& strategy : strategies) {
            record(EpochOpened{strategy, "scalp_s1", random_(), "bet = 5"});
            record(CapitalMoved{strategy, usd(500), "start"});
        }
        list_market();
        list_market();
        for (int n = 0; n < steps; ++n)
            step();
        finish();
    }

    execution::Portfolio const& portfolio() const { return portfolio_; }

private:
    struct Pending {
        std::size_t order;
        TradeReport trade;
    };

    struct Paid {
        StrategyName strategy;
        TokenId token;
        Outcome outcome;
        Shares shares;
        Usdc cost;
        Usdc payout;
    };

    struct Listed {
        ConditionId condition;
        std::array<TokenId, 2> tokens;
        std::string slug;
        Window window;
        bool settled = false;
        std::optional<Outcome> winner;
        std::vector<Paid> paid;
    };

    struct Order {
        execution::OrderMachine machine;
        std::size_t market;
        Shares matched;
    };

    static inline std::array const strategies{
        StrategyName{"scalp-a"}, StrategyName{"scalp-b"}, StrategyName{"value"}
    };

    std::uint64_t below(std::uint64_t n) { return random_() % n; }

    bool chance(std::uint64_t percent) { return below(100) < percent; }

    Shares some_of(Shares most) {
        if (chance(40)) return most;
        auto const size = 1 + below(static_cast<std::uint64_t>(most.micros()));
        return Shares::from_micros(static_cast<std::int64_t>(size));
    }

    void record(FactBody body) {
        ++seq_;
        Fact const fact{
            seq_,
            utc_from_millis(1'776'000'000'000 + 137 * static_cast<std::int64_t>(seq_)),
            std::move(body)
        };
        portfolio_.apply(fact);
        visit_(fact);
    }

    void record(execution::OrderMachine::Effects effects) {
        for (auto& fact : effects.facts)
            record(std::move(fact));
    }

    void list_market() {
        Listed m;
        auto const n = static_cast<std::uint8_t>(markets_.size() + 1);
        m.condition.bytes[31] = n;
        for (std::size_t side = 0; side < 2; ++side) {
            m.tokens[side].bytes[30] = n;
            m.tokens[side].bytes[31] = static_cast<std::uint8_t>(1 + side);
        }
        m.window = window_at(utc_from_seconds(1'776'000'000 + 300 * std::int64_t{n}));
        m.slug = updown_slug(Asset::btc, m.window);
        markets_.push_back(std::move(m));
    }

    void step() {
        auto const dice = below(100);
        if (dice < 16)
            place(Side::buy);
        else if (dice < 30)
            place(Side::sell);
        else if (dice < 54)
            fill();
        else if (dice < 80)
            progress();
        else if (dice < 90)
            report();
        else if (dice < 94)
            for (std::size_t n = 0; n < markets_.size(); ++n)
                settle(n);
        else if (dice < 97)
            correct(below(markets_.size()));
        else
            aside();
    }

    void aside() {
        auto const& strategy = strategies[below(strategies.size())];
        switch (below(4)) {
        case 0:
            record(CapitalMoved{
                strategy, Usdc::from_micros(static_cast<std::int64_t>(below(9'000'000))), "in"
            });
            break;
        case 1:
            record(CapitalMoved{
                strategy, Usdc::from_micros(-static_cast<std::int64_t>(below(9'000'000))), "out"
            });
            break;
        case 2: record(EpochOpened{strategy, "scalp_s1", random_(), "bet = 6"}); break;
        default: record(TradingStateChanged{strategy, chance(50), Reason::kill_switch, "test"});
        }
    }

    std::optional<std::size_t> choose_buy(PlaceOrder& intent) {
        auto const market = markets_.size() - 1 - below(2);
        if (markets_[market].settled) {
            list_market();
            return std::nullopt;
        }
        intent.strategy = strategies[below(strategies.size())];
        intent.outcome = chance(70) ? Outcome::up : Outcome::down;
        intent.token = markets_[market].tokens[static_cast<std::size_t>(intent.outcome)];
        intent.size = Shares::from_micros(1 + static_cast<std::int64_t>(below(15'000'000)));
        return market;
    }

    std::optional<std::size_t> choose_sale(PlaceOrder& intent) {
        std::vector<std::pair<std::size_t, PlaceOrder>> possible;
        for (auto const& [strategy, account] : portfolio_.strategies())
            for (auto const& [token, position] : account.positions)
                for (std::size_t n = 0; n < markets_.size(); ++n) {
                    if (markets_[n].settled || markets_[n].condition != position.market) continue;
                    intent.strategy = strategy;
                    intent.token = token;
                    intent.outcome = position.outcome;
                    intent.size = account.sellable(token);
                    if (intent.size.micros() > 0) possible.emplace_back(n, intent);
                }
        if (possible.empty()) return std::nullopt;
        auto const& [market, sale] = possible[below(possible.size())];
        intent = sale;
        intent.size = some_of(sale.size);
        return market;
    }

    void place(Side side) {
        constexpr std::array tifs{TimeInForce::fok, TimeInForce::fak, TimeInForce::gtc};
        PlaceOrder intent;
        auto const market = side == Side::buy ? choose_buy(intent) : choose_sale(intent);
        if (!market) return;
        intent.market = markets_[*market].condition;
        intent.asset = Asset::btc;
        intent.side = side;
        intent.limit = cents(1 + static_cast<std::int64_t>(below(98)));
        intent.tif = tifs[below(tifs.size())];
        intent.seen_price = intent.limit;
        OrderId id;
        id.bytes[30] = static_cast<std::uint8_t>(orders_.size() >> 8);
        id.bytes[31] = static_cast<std::uint8_t>(orders_.size());
        orders_.push_back({execution::OrderMachine{id, intent, crypto_fee()}, *market, {}});
        auto& machine = orders_.back().machine;
        record(machine.placed(markets_[*market].slug));
        record(machine.journaled());
        record(machine.sent());
        if (chance(10)) {
            record(machine.on_answer(Failure{Fault::timeout, "venue", "no answer"}));
            return;
        }
        constexpr std::array answers{
            OrderReport::Status::live,
            OrderReport::Status::delayed,
            OrderReport::Status::matched,
            OrderReport::Status::rejected
        };
        auto const answer = answers[below(chance(20) ? answers.size() : 3)];
        record(machine.on_answer(OrderAck{id, answer, "answer"}));
    }

    // Settlement of a tidy history waits for this.
    bool is_busy(std::size_t market) const {
        return std::ranges::any_of(
                   orders_,
                   [&](Order const& o) { return o.market == market && !o.machine.is_over(); }
               ) ||
               std::ranges::any_of(pending_, [&](Pending const& p) {
                   return orders_[p.order].market == market;
               });
    }

    bool may_work(Order const& order) const {
        auto const ended = order.machine.state() == OrderState::rejected;
        if (settling_ == Settling::untidy) return !ended;
        return !order.machine.is_over() && !markets_[order.market].settled;
    }

    void fill() {
        if (orders_.empty()) return;
        auto const number = orders_.size() - 1 - below(std::min<std::size_t>(orders_.size(), 8));
        auto& order = orders_[number];
        auto const& intent = order.machine.intent();
        auto const left = intent.size - order.matched;
        if (!may_work(order) || left.micros() <= 0) return;
        TradeReport trade;
        trade.trade = TradeId{fmt::format("t{}", ++trade_count_)};
        trade.order = order.machine.id();
        trade.token = intent.token;
        trade.side = intent.side;
        auto const better = cents(static_cast<std::int64_t>(below(3)));
        trade.price = intent.limit;
        if (intent.side == Side::buy && intent.limit > better) trade.price = intent.limit - better;
        if (intent.side == Side::sell && intent.limit + better < cents(100))
            trade.price = intent.limit + better;
        trade.size = some_of(left);
        trade.maker = chance(30);
        if (!trade.maker)
            trade.fee = taker_fee(crypto_fee(), trade.size, trade.price, Rounding::down);
        if (chance(15)) trade.state = TradeState::mined;
        if (chance(5)) trade.state = TradeState::confirmed;
        order.matched += trade.size;
        record(order.machine.on(trade));
        if (trade.state != TradeState::confirmed) pending_.push_back({number, trade});
    }

    void move_on(std::size_t n, TradeState to) {
        auto& pending = pending_[n];
        pending.trade.state = to;
        auto const said = pending;
        record(orders_[said.order].machine.on(said.trade));
        if (chance(20)) record(orders_[said.order].machine.on(said.trade));
        if (to == TradeState::confirmed || to == TradeState::failed)
            pending_.erase(pending_.begin() + static_cast<std::ptrdiff_t>(n));
    }

    void progress() {
        if (pending_.empty()) return;
        constexpr std::array states{
            TradeState::mined,
            TradeState::retrying,
            TradeState::confirmed,
            TradeState::confirmed,
            TradeState::confirmed,
            TradeState::failed
        };
        move_on(below(pending_.size()), states[below(states.size())]);
    }

    void report() {
        if (orders_.empty()) return;
        auto& order = orders_[below(orders_.size())];
        if (!may_work(order)) return;
        OrderReport said;
        said.order = order.machine.id();
        said.matched = order.matched;
        said.status = chance(60) ? OrderReport::Status::cancelled : OrderReport::Status::matched;
        // The count may come before its trades.
        if (chance(20)) said.matched = order.machine.intent().size;
        record(order.machine.on(said));
    }

    static Usdc payout_of(Shares size, Outcome held, std::optional<Outcome> winner) {
        if (!winner) return Usdc::from_micros(size.micros() / 2);
        return *winner == held ? Usdc::from_micros(size.micros()) : Usdc{};
    }

    static bool is_win(Outcome held, std::optional<Outcome> winner, Usdc payout, Usdc cost) {
        return winner ? *winner == held : payout > cost;
    }

    std::optional<Outcome> toss() {
        auto const dice = below(7);
        if (dice == 0) return std::nullopt;
        return dice % 2 == 0 ? Outcome::up : Outcome::down;
    }

    void record_window(Listed const& m) {
        record(WindowSettled{
            m.condition,
            m.slug,
            Asset::btc,
            m.window,
            twap_rule(60s),
            UsdPrice::from_e8(9'000'000'000'000),
            UsdPrice::from_e8(9'000'000'000'001),
            PriceSource::chainlink_twap,
            m.winner
        });
    }

    void settle(std::size_t number) {
        auto& m = markets_[number];
        if (!m.settled) {
            if (settling_ == Settling::tidy && is_busy(number)) return;
            m.settled = true;
            m.winner = toss();
            record_window(m);
        }
        pay(m);
    }

    void pay(Listed& m) {
        for (auto const& strategy : strategies) {
            for (auto const outcome : {Outcome::up, Outcome::down}) {
                auto const& positions = portfolio_.find(strategy)->positions;
                auto const held = positions.find(m.tokens[static_cast<std::size_t>(outcome)]);
                if (held == positions.end() || held->second.exposure.micros() <= 0) continue;
                auto const [size, cost] = std::pair{held->second.exposure, held->second.cost};
                auto const payout = payout_of(size, outcome, m.winner);
                auto const token = held->first;
                record(PositionSettled{
                    strategy,
                    m.condition,
                    token,
                    outcome,
                    size,
                    payout,
                    cost,
                    is_win(outcome, m.winner, payout, cost)
                });
                m.paid.push_back({strategy, token, outcome, size, cost, payout});
            }
        }
    }

    void correct(std::size_t number) {
        auto& m = markets_[number];
        if (!m.settled) return;
        m.winner = toss();
        record_window(m);
        for (auto& paid : m.paid) {
            auto const right = payout_of(paid.shares, paid.outcome, m.winner);
            if (right == paid.payout) continue;
            record(PositionSettled{
                paid.strategy,
                m.condition,
                paid.token,
                paid.outcome,
                {},
                right - paid.payout,
                {},
                is_win(paid.outcome, m.winner, right, paid.cost)
            });
            paid.payout = right;
        }
    }

    void finish() {
        while (!pending_.empty())
            move_on(0, chance(90) ? TradeState::confirmed : TradeState::failed);
        for (auto& order : orders_) {
            OrderReport said;
            said.order = order.machine.id();
            said.status = OrderReport::Status::cancelled;
            record(order.machine.on(said));
        }
        for (std::size_t n = 0; n < markets_.size(); ++n) {
            settle(n);
            if (chance(60)) correct(n);
        }
    }

    std::mt19937_64 random_;
    Settling settling_;
    std::function<void(Fact const&)> visit_;
    execution::Portfolio portfolio_;
    std::uint64_t seq_ = 0;
    std::uint64_t trade_count_ = 0;
    std::deque<Listed> markets_;
    std::deque<Order> orders_;
    std::vector<Pending> pending_;
};

} // namespace polyquant::testing

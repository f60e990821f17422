// Valid random histories of facts, and the books they should give, kept in the plainest way.
#pragma once

#include "engine/core/facts.hpp"

#include <fmt/format.h>

#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace polyquant::testing {

struct PlainPosition {
    std::int64_t shares = 0, cost = 0, fees = 0;
};

struct PlainBooks {
    std::int64_t capital = 0, cash = 0, reserved = 0, fees = 0, realised = 0;
    std::map<TokenId, PlainPosition> positions;
    std::uint64_t orders = 0, wins = 0, losses = 0;
};

inline TokenId token_of(std::uint8_t market, Outcome outcome) {
    TokenId id;
    id.bytes[0] = 0x70;
    id.bytes[30] = market;
    id.bytes[31] = outcome == Outcome::up ? 1 : 2;
    return id;
}

inline ConditionId condition_of(std::uint8_t market) {
    ConditionId id;
    id.bytes[0] = 0xc0;
    id.bytes[31] = market;
    return id;
}

inline OrderId order_of(std::uint64_t n) {
    OrderId id;
    id.bytes[0] = 0xe0;
    for (std::size_t k = 0; k < 8; ++k)
        id.bytes[31 - k] = static_cast<std::uint8_t>(n >> (8 * k));
    return id;
}

class FactHistory {
public:
    explicit FactHistory(std::uint64_t seed) : random_{seed} {
        for (auto const* name : {"scalp-a", "scalp-b"}) {
            StrategyName const strategy{name};
            add(EpochOpened{strategy, "scalp_s1", random_(), "min_edge = 0.03\nbet\t= 5"});
            move_capital(strategy, 100'000'000);
        }
    }

    // One market from its first order to its settlement.
    void play_market() {
        ++market_;
        auto const orders = 1 + below(4);
        for (std::uint64_t n = 0; n < orders; ++n)
            play_order();
        if (below(5) == 0) move_capital(pick(), static_cast<std::int64_t>(below(9'000'000)));
        WindowEvaluated evaluated{pick(), 7, Asset::btc, window(), {}, Reason::edge_too_small};
        evaluated.counts.add(Reason::edge_too_small, 1 + below(40));
        evaluated.counts.add(Reason::outside_zone, below(3));
        add(evaluated);
        settle();
    }

    std::vector<Fact> const& facts() const { return facts_; }

    std::map<std::string, PlainBooks> const& books() const { return books_; }

private:
    std::uint64_t below(std::uint64_t n) { return random_() % n; }

    StrategyName pick() { return StrategyName{below(2) == 0 ? "scalp-a" : "scalp-b"}; }

    Window window() const {
        return window_at(utc_from_seconds(1'776'000'000 + 300 * std::int64_t{market_}));
    }

    void add(FactBody body) {
        auto const seq = facts_.size() + 1;
        auto const at = utc_from_millis(1'776'000'000'000 + 137 * static_cast<std::int64_t>(seq));
        facts_.push_back(Fact{seq, at, std::move(body)});
    }

    void move_capital(StrategyName const& strategy, std::int64_t amount) {
        books_[strategy.text].capital += amount;
        books_[strategy.text].cash += amount;
        add(CapitalMoved{strategy, Usdc::from_micros(amount), "top up, \"again\""});
    }

    void play_order() {
        auto const strategy = pick();
        auto& b = books_[strategy.text];
        auto const outcome = below(2) == 0 ? Outcome::up : Outcome::down;
        auto const token = token_of(market_, outcome);
        auto& p = b.positions[token];
        bool const sell = p.shares > 1'000'000 && below(3) == 0;

        PlaceOrder intent;
        intent.strategy = strategy;
        intent.market = condition_of(market_);
        intent.token = token;
        intent.outcome = outcome;
        intent.asset = Asset::btc;
        intent.side = sell ? Side::sell : Side::buy;
        intent.limit = cents(1 + static_cast<std::int64_t>(below(98)));
        auto const most = sell ? static_cast<std::uint64_t>(p.shares) : 20'000'000;
        intent.size = Shares::from_micros(1 + static_cast<std::int64_t>(below(most)));
        if (sell && below(2) == 0) intent.size = Shares::from_micros(p.shares);
        intent.seen_price = intent.limit;
        intent.win_probability = static_cast<double>(below(1000)) / 999.0;
        intent.edge = 0.1 / 3;
        auto const id = order_of(++order_count_);
        ++b.orders;
        std::int64_t held = 0;
        if (!sell)
            held = (cost_rounded_up(intent.limit, intent.size) +
                    taker_fee(crypto_fee(), intent.size, intent.limit, Rounding::up))
                       .micros();
        b.cash -= held;
        b.reserved += held;
        add(OrderPlaced{id, intent, Usdc::from_micros(held), updown_slug(Asset::btc, window())});

        auto left = intent.size.micros();
        for (auto fills = below(4); fills > 0 && left > 0; --fills)
            left -= fill(id, intent, left, held);
        b.reserved -= held;
        b.cash += held;
        add(OrderChanged{
            id,
            strategy,
            OrderState::sent,
            left == 0 ? OrderState::confirmed : OrderState::cancelled,
            Reason::not_filled,
            Usdc{},
            "no match\tleft"
        });
    }

    std::int64_t fill(OrderId id, PlaceOrder const& intent, std::int64_t left, std::int64_t& held) {
        auto& b = books_[intent.strategy.text];
        auto& p = b.positions[intent.token];
        bool const sell = intent.side == Side::sell;
        auto size = 1 + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(left)));
        if (below(2) == 0) size = left;

        TradeMatched t;
        t.trade.trade = TradeId{fmt::format("t{}", ++trade_count_)};
        t.trade.order = id;
        t.trade.token = intent.token;
        t.trade.side = intent.side;
        t.trade.price = intent.limit;
        t.trade.size = Shares::from_micros(size);
        t.trade.fee = taker_fee(crypto_fee(), t.trade.size, intent.limit, Rounding::down);
        t.strategy = intent.strategy;
        t.market = intent.market;
        t.outcome = intent.outcome;
        t.cost = sell ? cost_rounded_down(intent.limit, t.trade.size)
                      : cost_rounded_up(intent.limit, t.trade.size);
        t.fill_latency = Millis{250};
        auto const cost = t.cost.micros();
        auto const fee = t.trade.fee.micros();
        auto const released = sell ? 0 : std::min(held, cost + fee);
        held -= released;
        b.reserved -= released;
        b.cash += released;
        t.reserved_left = Usdc::from_micros(held);

        auto const before = p;
        auto const realised_before = b.realised;
        b.fees += fee;
        if (sell) {
            auto const whole = size == p.shares;
            auto const basis_fees = whole ? p.fees : part(p.fees, size, p.shares);
            auto const sum = whole ? p.cost + p.fees : part(p.cost + p.fees, size, p.shares);
            auto const basis = sum - basis_fees;
            p.shares -= size;
            p.cost -= basis;
            p.fees -= basis_fees;
            b.cash += cost - fee;
            b.realised += cost - fee - basis - basis_fees;
        } else {
            p.shares += size;
            p.cost += cost;
            p.fees += fee;
            b.cash -= cost + fee;
        }
        add(t);
        if (below(6) != 0) {
            if (sell && p.shares == 0) ++(b.realised >= realised_before ? b.wins : b.losses);
            add(TradeChanged{
                t.trade.trade, id, intent.strategy, TradeState::matched, TradeState::confirmed
            });
            return size;
        }
        add(TradeChanged{
            t.trade.trade, id, intent.strategy, TradeState::matched, TradeState::failed
        });
        b.cash += sell ? fee - cost : cost + fee;
        b.fees -= fee;
        b.realised = realised_before;
        p = before;
        return size;
    }

    static std::int64_t part(std::int64_t whole, std::int64_t some, std::int64_t all) {
        __extension__ using Wide = __int128;
        return static_cast<std::int64_t>(Wide{whole} * some / all);
    }

    void settle() {
        std::optional<Outcome> winner;
        if (auto const toss = below(9); toss != 0)
            winner = toss % 2 == 0 ? Outcome::up : Outcome::down;
        add(WindowSettled{
            condition_of(market_),
            updown_slug(Asset::btc, window()),
            Asset::btc,
            window(),
            twap_rule(60s),
            UsdPrice::from_e8(9'000'000'000'000),
            UsdPrice::from_e8(9'000'000'000'001),
            PriceSource::chainlink_twap,
            winner
        });
        for (auto& [strategy, b] : books_) {
            for (auto outcome : {Outcome::up, Outcome::down}) {
                auto& p = b.positions[token_of(market_, outcome)];
                if (p.shares == 0) continue;
                auto const payout = !winner ? p.shares / 2 : *winner == outcome ? p.shares : 0;
                bool const won = winner ? *winner == outcome : payout > p.cost + p.fees;
                add(PositionSettled{
                    StrategyName{strategy},
                    condition_of(market_),
                    token_of(market_, outcome),
                    outcome,
                    Shares::from_micros(p.shares),
                    Usdc::from_micros(payout),
                    Usdc::from_micros(p.cost + p.fees),
                    won
                });
                b.cash += payout;
                b.realised += payout - p.cost - p.fees;
                ++(won ? b.wins : b.losses);
                p = {};
            }
        }
    }

    std::mt19937_64 random_;
    std::vector<Fact> facts_;
    std::map<std::string, PlainBooks> books_;
    std::uint8_t market_ = 0;
    std::uint64_t order_count_ = 0;
    std::uint64_t trade_count_ = 0;
};

} // namespace polyquant::testing

#include "engine/signal/signal_row.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace polyquant::signal {

namespace {

std::string text_of(double value) {
    return std::isfinite(value) ? fmt::format("{}", value) : std::string{};
}

std::string text_of(std::optional<double> const& value) {
    return value ? text_of(*value) : std::string{};
}

std::string text_of(std::optional<UsdPrice> const& value) {
    return value ? to_string(*value) : std::string{};
}

std::string price_of(std::optional<Level> const& level) {
    return level ? to_string(level->price) : std::string{};
}

std::string mid_of(Quote const& quote) {
    if (!quote.bid || !quote.ask) return {};
    // Half a micro is possible: seven decimals.
    auto const sum = quote.bid->price.micros() + quote.ask->price.micros();
    return format_fixed(sum * 5, 7);
}

std::string outcome_of(SignalRow const& row) {
    if (!row.resolved) return {};
    return row.outcome ? std::string{to_string(*row.outcome)} : "SPLIT";
}

} // namespace

Bet bet_at(
    SignalParams const& params,
    Usdc bankroll,
    double win_probability,
    Price ask,
    FeeSchedule const& fee
) {
    Bet bet;
    auto const a = to_double(ask);
    if (!(a > 0 && a < 1) || bankroll <= Usdc{}) return bet;
    auto const b = (1 - a) / a;
    auto const f = (win_probability * b - (1 - win_probability)) / b;
    bet.kelly = std::clamp(params.kelly_fraction * f, 0.0, params.kelly_cap);
    if (win_probability - a < params.min_edge) return bet;
    auto const cents_bet =
        static_cast<std::int64_t>(std::floor(bet.kelly * to_double(bankroll) * 100 + 1e-9));
    if (usd_cents(cents_bet) < params.bet_min) return bet;
    bet.bet = usd_cents(cents_bet);
    bet.shares = shares_affordable(bet.bet, ask, Shares::from_micros(10'000));
    bet.cost = cost_rounded_up(ask, bet.shares);
    bet.fee = taker_fee(fee, bet.shares, ask, Rounding::up);
    return bet;
}

namespace {

std::optional<UsdPrice> captured(UsdPrice price) {
    return price.e8() > 0 ? std::optional{price} : std::nullopt;
}

} // namespace

void settle(SignalRow& row, WindowSettled const& window, Usdc bankroll) {
    row.resolved = true;
    row.outcome = window.winner;
    // A winner that the venue names needs no prices of ours: what was not captured is not known.
    row.strike = captured(window.strike);
    row.exit_price = captured(window.final_price);
    Usdc payout;
    if (row.bets && window.winner == row.direction)
        payout = Usdc::from_micros(row.bet.shares.micros());
    if (row.bets && !window.winner) payout = Usdc::from_micros(row.bet.shares.micros() / 2);
    row.pnl = row.bets ? payout - row.bet.cost - row.bet.fee : Usdc{};
    row.bankroll_after = bankroll + row.pnl;
}

std::vector<std::string_view> const& column_names() {
    static std::vector<std::string_view> const names{
        "id",
        "timestamp",
        "asset",
        "window_start",
        "slug",
        "listed",
        "direction",
        "p_logistic",
        "p_heuristic",
        "p_ensemble",
        "p_window",
        "p_window_low",
        "p_window_high",
        "up_bid",
        "up_ask",
        "up_mid",
        "down_bid",
        "down_ask",
        "down_mid",
        "spread",
        "edge",
        "edge_vs_mid",
        "edge_after_fee",
        "kelly_fraction",
        "bet",
        "shares",
        "cost",
        "fee",
        "fee_rate",
        "spot",
        "rsi",
        "macd_hist",
        "bb_zscore",
        "net_taker_flow",
        "vol_ratio",
        "ret_5",
        "action",
        "why",
        "bankroll_before",
        "resolved",
        "strike",
        "exit_price",
        "forward_return_bp",
        "outcome",
        "pnl",
        "bankroll"
    };
    return names;
}

std::vector<std::string> cells_of(SignalRow const& row) {
    auto const& side = row.direction == Outcome::up ? row.up : row.down;
    auto const spread = side.bid && side.ask ? to_string(side.ask->price - side.bid->price) : "";
    std::string forward;
    if (row.exit_price && row.spot && row.spot->e8() > 0)
        forward = text_of((to_double(*row.exit_price) / to_double(*row.spot) - 1) * 1e4);
    std::vector<std::string> cells{
        row.slug,
        format_utc(row.at),
        std::string{to_string(row.asset)},
        fmt::format("{}", unix_seconds(row.window.start)),
        row.slug,
        row.listed ? "1" : "0",
        std::string{to_string(row.direction)},
        text_of(row.logistic),
        text_of(row.heuristic),
        text_of(row.ensemble),
        text_of(row.window_model),
        text_of(row.window_low),
        text_of(row.window_high),
        price_of(row.up.bid),
        price_of(row.up.ask),
        mid_of(row.up),
        price_of(row.down.bid),
        price_of(row.down.ask),
        mid_of(row.down),
        spread,
        text_of(row.edge),
        text_of(row.edge_vs_mid),
        text_of(row.edge_after_fee),
        text_of(row.bet.kelly),
        to_string(row.bet.bet),
        to_string(row.bet.shares),
        to_string(row.bet.cost),
        to_string(row.bet.fee),
        format_fixed(row.fee.rate_micros, 6),
        text_of(row.spot),
    };
    for (auto const value : row.features)
        cells.push_back(text_of(value));
    for (auto const& cell : std::initializer_list<std::string>{
             row.bets ? "bet" : "none",
             row.bets ? "" : std::string{to_string(row.why)},
             to_string(row.bankroll_before),
             row.resolved ? "1" : "0",
             text_of(row.strike),
             text_of(row.exit_price),
             forward,
             outcome_of(row),
             row.resolved ? to_string(row.pnl) : "",
             row.resolved ? to_string(row.bankroll_after) : ""
         })
        cells.push_back(cell);
    ENSURE(cells.size() == column_names().size(), "a cell for each column");
    return cells;
}

} // namespace polyquant::signal

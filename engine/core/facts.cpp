#include "engine/core/facts.hpp"

#include <fmt/format.h>

namespace polyquant {

namespace {

template <class... F>
struct Overloaded : F... {
    using F::operator()...;
};

std::string_view winner_text(std::optional<Outcome> winner) {
    return winner ? to_string(*winner) : "50/50";
}

} // namespace

std::string_view name_of(FactBody const& body) {
    return std::visit(
        Overloaded{
            [](EpochOpened const&) { return std::string_view{"epoch_opened"}; },
            [](CapitalMoved const&) { return std::string_view{"capital_moved"}; },
            [](OrderPlaced const&) { return std::string_view{"order_placed"}; },
            [](OrderChanged const&) { return std::string_view{"order_changed"}; },
            [](TradeMatched const&) { return std::string_view{"trade_matched"}; },
            [](TradeChanged const&) { return std::string_view{"trade_changed"}; },
            [](WindowSettled const&) { return std::string_view{"window_settled"}; },
            [](PositionSettled const&) { return std::string_view{"position_settled"}; },
            [](WindowEvaluated const&) { return std::string_view{"window_evaluated"}; },
            [](TradingStateChanged const&) { return std::string_view{"trading_state_changed"}; },
        },
        body
    );
}

std::string describe(Fact const& fact) {
    auto const text = std::visit(
        Overloaded{
            [](EpochOpened const& f) {
                return fmt::format("{} {} epoch {:016x}", f.strategy.text, f.kind, f.epoch);
            },
            [](CapitalMoved const& f) {
                return fmt::format("{} {} {}", f.strategy.text, to_string(f.amount), f.note);
            },
            [](OrderPlaced const& f) {
                return fmt::format(
                    "{} {} {} {} {} {} @ {} {}",
                    to_string(f.order),
                    f.intent.strategy.text,
                    f.slug,
                    to_string(f.intent.side),
                    to_string(f.intent.outcome),
                    to_string(f.intent.size),
                    to_string(f.intent.limit),
                    to_string(f.intent.tif)
                );
            },
            [](OrderChanged const& f) {
                return fmt::format(
                    "{} {} -> {} {} {}",
                    to_string(f.order),
                    to_string(f.from),
                    to_string(f.to),
                    to_string(f.reason),
                    f.text
                );
            },
            [](TradeMatched const& f) {
                return fmt::format(
                    "{} {} {} @ {} cost {} fee {}",
                    f.trade.trade.text,
                    f.strategy.text,
                    to_string(f.trade.size),
                    to_string(f.trade.price),
                    to_string(f.cost),
                    to_string(f.trade.fee)
                );
            },
            [](TradeChanged const& f) {
                return fmt::format("{} {} -> {}", f.trade.text, to_string(f.from), to_string(f.to));
            },
            [](WindowSettled const& f) {
                return fmt::format(
                    "{} {} strike {} final {} by {} {}",
                    f.slug,
                    winner_text(f.winner),
                    to_string(f.strike),
                    to_string(f.final_price),
                    to_string(f.rule),
                    to_string(f.source)
                );
            },
            [](PositionSettled const& f) {
                return fmt::format(
                    "{} {} {} {} payout {} cost {}",
                    f.strategy.text,
                    to_string(f.outcome),
                    to_string(f.size),
                    f.won ? "won" : "lost",
                    to_string(f.payout),
                    to_string(f.cost)
                );
            },
            [](WindowEvaluated const& f) {
                return fmt::format(
                    "{} {} {} evaluations {} last {}",
                    f.strategy.text,
                    f.asset ? to_string(*f.asset) : "-",
                    format_utc(f.window.start),
                    f.counts.total(),
                    to_string(f.last)
                );
            },
            [](TradingStateChanged const& f) {
                return fmt::format(
                    "{} {} {} {}",
                    f.strategy.text.empty() ? "engine" : f.strategy.text,
                    f.halted ? "halted" : "resumed",
                    to_string(f.reason),
                    f.text
                );
            },
        },
        fact.body
    );
    return fmt::format("{} {} {} {}", fact.seq, format_utc(fact.at), name_of(fact.body), text);
}

} // namespace polyquant

#include "engine/core/facts.hpp"

#include <fmt/format.h>

#include <cstdlib>

namespace polyquant {

namespace {

template <class... F>
struct Overloaded : F... {
    using F::operator()...;
};

std::string_view winner_text(std::optional<Outcome> winner) {
    return winner ? to_string(*winner) : "50/50";
}

std::string_view asset_text(std::optional<Asset> asset) {
    return asset ? to_string(*asset) : std::string_view{"-"};
}

} // namespace

std::string_view to_string(CalibrationState state) {
    switch (state) {
    case CalibrationState::trusted: return "trusted";
    case CalibrationState::reduced: return "reduced";
    case CalibrationState::stopped: return "stopped";
    }
    std::abort();
}

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
            [](WindowForecast const&) { return std::string_view{"window_forecast"}; },
            [](BetJudged const&) { return std::string_view{"bet_judged"}; },
            [](CalibrationChanged const&) { return std::string_view{"calibration_changed"}; },
            [](DailyVerdict const&) { return std::string_view{"daily_verdict"}; },
            [](OutcomeReported const&) { return std::string_view{"outcome_reported"}; },
            [](CaptureDiffered const&) { return std::string_view{"capture_differed"}; },
            [](PayoutClaimed const&) { return std::string_view{"payout_claimed"}; },
            [](RedemptionChanged const&) { return std::string_view{"redemption_changed"}; },
            [](PayoutCollected const&) { return std::string_view{"payout_collected"}; },
            [](WalletMoved const&) { return std::string_view{"wallet_moved"}; },
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
                    asset_text(f.asset),
                    format_utc(f.window.start),
                    f.counts.total(),
                    to_string(f.last)
                );
            },
            [](TradingStateChanged const& f) {
                return fmt::format(
                    "{} {} {} {}",
                    f.asset                   ? to_string(*f.asset)
                    : f.strategy.text.empty() ? std::string_view{"engine"}
                                              : std::string_view{f.strategy.text},
                    f.halted ? "halted" : "resumed",
                    to_string(f.reason),
                    f.text
                );
            },
            [](WindowForecast const& f) {
                auto text = fmt::format("{} model {}", f.slug, f.model_version);
                for (auto const& s : f.samples)
                    text += fmt::format(
                        " {}:{}", s.left.count(), s.up ? fmt::format("{:.4f}", *s.up) : "-"
                    );
                return text;
            },
            [](BetJudged const& f) {
                return fmt::format(
                    "{} {} {} {} promised {:.4f} {}{}",
                    f.strategy.text,
                    to_string(f.order),
                    asset_text(f.asset),
                    to_string(f.outcome),
                    f.promised,
                    f.won ? "won" : "lost",
                    f.corrects ? " (corrected)" : ""
                );
            },
            [](CalibrationChanged const& f) {
                return fmt::format(
                    "{} {} {} -> {} evidence {:.3g} after {} bets: promised {:.3f}, won {:.3f}",
                    f.strategy.text,
                    f.asset ? to_string(*f.asset) : std::string_view{"all coins"},
                    to_string(f.from),
                    to_string(f.to),
                    f.evidence,
                    f.bets,
                    f.promised,
                    f.won
                );
            },
            [](DailyVerdict const& f) {
                return fmt::format(
                    "{} {}: {}", to_string(f.asset), f.trade ? "trade" : "do not trade", f.text
                );
            },
            [](OutcomeReported const& f) {
                return fmt::format(
                    "{} {} says {} {}", f.slug, to_string(f.source), to_string(f.ruling), f.text
                );
            },
            [](CaptureDiffered const& f) {
                return fmt::format(
                    "{} strike {} official {} final {} official {}{}",
                    f.slug,
                    to_string(f.strike),
                    to_string(f.official_strike),
                    to_string(f.final_price),
                    to_string(f.official_final),
                    f.other_winner ? " another winner" : ""
                );
            },
            [](PayoutClaimed const& f) {
                return fmt::format(
                    "{} {} {} {} to be redeemed for {}",
                    f.strategy.text,
                    short_text(f.market),
                    to_string(f.outcome),
                    to_string(f.size),
                    to_string(f.amount)
                );
            },
            [](RedemptionChanged const& f) {
                return fmt::format(
                    "{} {} {} by {} {} {} {}",
                    f.redemption.text,
                    f.slug,
                    to_string(f.state),
                    f.via,
                    to_string(f.amount),
                    f.transaction,
                    f.text
                );
            },
            [](PayoutCollected const& f) {
                return fmt::format(
                    "{} {} {} {}",
                    f.strategy.text,
                    short_text(f.market),
                    to_string(f.amount),
                    f.redemption.text
                );
            },
            [](WalletMoved const& f) {
                return fmt::format(
                    "{} {} {} {}", to_string(f.cause), to_string(f.amount), f.reference, f.text
                );
            },
        },
        fact.body
    );
    return fmt::format("{} {} {} {}", fact.seq, format_utc(fact.at), name_of(fact.body), text);
}

} // namespace polyquant

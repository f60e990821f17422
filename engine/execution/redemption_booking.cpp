#include "engine/execution/redemption_booking.hpp"

#include <algorithm>

namespace polyquant::execution {

namespace {

// By strategy and token, what the redemption gave and has not taken back.
std::map<std::pair<StrategyName, TokenId>, Usdc>
given_by(Portfolio const& portfolio, RedemptionId const& redemption, ConditionId const& market) {
    std::map<std::pair<StrategyName, TokenId>, Usdc> given;
    for (auto const& part : portfolio.collected())
        if (part.redemption == redemption && part.market == market)
            given[{part.strategy, part.token}] += part.amount;
    std::erase_if(given, [](auto const& entry) { return entry.second.is_zero(); });
    return given;
}

} // namespace

Usdc claimed_in(Portfolio const& portfolio, ConditionId const& market) {
    Usdc sum;
    for (auto const& [name, account] : portfolio.strategies())
        for (auto const& [token, claim] : account.claims)
            if (claim.market == market) sum += claim.amount;
    return sum;
}

std::vector<FactBody> collect_redemption(Portfolio const& portfolio, RedemptionChanged confirmed) {
    if (portfolio.is_confirmed(confirmed.redemption, confirmed.market)) return {};
    confirmed.state = RedemptionState::confirmed;
    std::vector<FactBody> facts{confirmed};
    auto left = confirmed.amount;
    for (auto const& [name, account] : portfolio.strategies())
        for (auto const& [token, claim] : account.claims) {
            if (claim.market != confirmed.market || claim.amount.micros() <= 0) continue;
            auto const part = std::min(left, claim.amount);
            if (part.micros() <= 0) break;
            left -= part;
            facts.push_back(
                PayoutCollected{confirmed.redemption, name, confirmed.market, token, part}
            );
        }
    if (!left.is_zero())
        facts.push_back(WalletMoved{
            WalletCause::redemption, left, confirmed.redemption.text, "more than was claimed"
        });
    return facts;
}

std::vector<FactBody> undo_redemption(Portfolio const& portfolio, RedemptionChanged undone) {
    if (!portfolio.is_confirmed(undone.redemption, undone.market)) return {};
    undone.state = RedemptionState::undone;
    std::vector<FactBody> facts{undone};
    auto left = undone.amount;
    for (auto const& [whose, amount] : given_by(portfolio, undone.redemption, undone.market)) {
        left -= amount;
        facts.push_back(
            PayoutCollected{undone.redemption, whose.first, undone.market, whose.second, -amount}
        );
    }
    if (!left.is_zero())
        facts.push_back(
            WalletMoved{WalletCause::redemption, -left, undone.redemption.text, "undone"}
        );
    return facts;
}

} // namespace polyquant::execution

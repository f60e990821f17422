#include "engine/accuracy/bet_book.hpp"

#include <algorithm>

namespace polyquant::accuracy {

void BetBook::on(Fact const& fact) {
    if (auto const* epoch = std::get_if<EpochOpened>(&fact.body))
        epochs_[epoch->strategy] = epoch->epoch;
    else if (auto const* placed = std::get_if<OrderPlaced>(&fact.body))
        on_placed(*placed, fact.seq);
    else if (auto const* matched = std::get_if<TradeMatched>(&fact.body))
        on_matched(*matched, fact.seq);
    else if (auto const* changed = std::get_if<TradeChanged>(&fact.body))
        on_failed(*changed);
    else if (auto const* settled = std::get_if<WindowSettled>(&fact.body)) {
        on_settled(*settled);
        forget(fact.at);
    } else if (auto const* judged = std::get_if<BetJudged>(&fact.body))
        on_judged(*judged);
}

void BetBook::on_placed(OrderPlaced const& placed, std::uint64_t seq) {
    auto const& intent = placed.intent;
    auto const slug = parse_updown_slug(placed.slug);
    if (intent.side != Side::buy || !slug) return;
    Bet bet;
    bet.so_far.strategy = intent.strategy;
    bet.so_far.epoch = epochs_[intent.strategy];
    bet.so_far.order = placed.order;
    bet.so_far.asset = intent.asset;
    bet.so_far.window = slug->window;
    bet.so_far.outcome = intent.outcome;
    bet.so_far.promised = intent.win_probability;
    bet.placed_seq = seq;
    auto& market = markets_[intent.market];
    market.window = slug->window;
    market.bets.push_back(std::move(bet));
    market_of_[placed.order] = intent.market;
}

void BetBook::on_matched(TradeMatched const& matched, std::uint64_t seq) {
    auto const& trade = matched.trade;
    auto* bet = find(trade.order);
    if (bet == nullptr || trade.side != Side::buy) return;
    if (std::ranges::find(bet->fills, trade.trade, &Fill::trade) != bet->fills.end()) return;
    bet->fills.push_back({trade.trade, trade.size, matched.cost, trade.fee});
    if (bet->filled_seq == 0) bet->filled_seq = seq;
    // A fill may be told of after the settlement.
    if (markets_.at(matched.market).winner) open_.insert(matched.market);
}

void BetBook::on_failed(TradeChanged const& changed) {
    if (changed.to != TradeState::failed) return;
    auto* bet = find(changed.order);
    if (bet == nullptr) return;
    std::erase_if(bet->fills, [&](Fill const& fill) { return fill.trade == changed.trade; });
}

// A market paid half and half says nothing about a promise.
void BetBook::on_settled(WindowSettled const& settled) {
    auto const at = markets_.find(settled.market);
    if (at == markets_.end()) return;
    at->second.winner = settled.winner;
    open_.insert(settled.market);
}

void BetBook::on_judged(BetJudged const& judged) {
    auto* bet = find(judged.order);
    if (bet == nullptr) return;
    bet->judged = true;
    bet->so_far = judged;
    auto const& condition = market_of_.at(judged.order);
    auto const& market = markets_.at(condition);
    if (std::ranges::none_of(market.bets, [&](Bet const& b) { return is_due(b, market); }))
        open_.erase(condition);
}

void BetBook::forget(UtcTime now) {
    for (auto at = markets_.begin(); at != markets_.end();) {
        if (now - at->second.window.end() <= kept) {
            ++at;
            continue;
        }
        for (auto const& bet : at->second.bets)
            market_of_.erase(bet.so_far.order);
        open_.erase(at->first);
        at = markets_.erase(at);
    }
}

BetBook::Bet* BetBook::find(OrderId const& order) {
    auto const market = market_of_.find(order);
    if (market == market_of_.end()) return nullptr;
    auto& bets = markets_.at(market->second).bets;
    auto const bet =
        std::ranges::find_if(bets, [&](Bet const& b) { return b.so_far.order == order; });
    return bet == bets.end() ? nullptr : &*bet;
}

bool BetBook::is_due(Bet const& bet, Market const& market) {
    if (!market.winner) return false;
    auto const won = bet.so_far.outcome == *market.winner;
    return bet.judged ? bet.so_far.won != won : !bet.fills.empty();
}

// By the order of fills, which is settled before any outcome is known.
bool BetBook::is_first(Bet const& bet, bool of_asset) const {
    for (auto const& [condition, market] : markets_) {
        if (market.window != bet.so_far.window) continue;
        for (auto const& other : market.bets) {
            if (other.so_far.strategy != bet.so_far.strategy || other.filled_seq == 0) continue;
            if (of_asset && other.so_far.asset != bet.so_far.asset) continue;
            if (other.filled_seq < bet.filled_seq) return false;
        }
    }
    return true;
}

std::vector<BetJudged> BetBook::due() const {
    std::vector<std::pair<std::uint64_t, BetJudged>> found;
    for (auto const& condition : open_) {
        auto const& market = markets_.at(condition);
        for (auto const& bet : market.bets) {
            if (!is_due(bet, market)) continue;
            auto judged = bet.so_far;
            judged.won = bet.so_far.outcome == *market.winner;
            judged.corrects = bet.judged;
            if (!bet.judged) {
                judged.first_of_window = is_first(bet, false);
                judged.first_of_asset = judged.asset.has_value() && is_first(bet, true);
                for (auto const& fill : bet.fills) {
                    judged.size += fill.size;
                    judged.cost += fill.cost;
                    judged.fee += fill.fee;
                }
            }
            found.emplace_back(bet.placed_seq, std::move(judged));
        }
    }
    std::ranges::sort(found, {}, [](auto const& entry) { return entry.first; });
    std::vector<BetJudged> bets;
    for (auto& [seq, judged] : found)
        bets.push_back(std::move(judged));
    return bets;
}

} // namespace polyquant::accuracy

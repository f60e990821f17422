#include "connectors/sandbox/world/market_list.hpp"

#include "connectors/crypto/keccak.hpp"
#include "connectors/polymarket/ctf/position_id.hpp"

#include <fmt/format.h>

namespace polyquant::sandbox {

namespace {

// The venue's oracle adapter on Polygon, whose address is part of every condition.
crypto::Address const& oracle_adapter() {
    static auto const address =
        crypto::parse_address("0x6A9D222616C90FcA5754cd1333cFD9b7fb6a4F74").value();
    return address;
}

} // namespace

std::string_view to_string(Phase phase) {
    switch (phase) {
    case Phase::listed: return "listed";
    case Phase::open: return "open";
    case Phase::ended: return "ended";
    case Phase::resolved: return "resolved";
    }
    std::abort();
}

WorldMarket& MarketList::add(WorldMarket market) {
    auto const number = next_id_++;
    market.gamma_id = std::to_string(number);
    if (market.event_id.empty()) market.event_id = std::to_string(number - 1'900'000);
    market.question_id = crypto::keccak256("polyquant sandbox question " + market.market.slug);
    auto& m = market.market;
    m.condition = polymarket::condition_id(oracle_adapter(), market.question_id, 2);
    m.up = polymarket::ctf_token(contracts_.ctf_collateral, m.condition, Outcome::up);
    m.down = polymarket::ctf_token(contracts_.ctf_collateral, m.condition, Outcome::down);
    auto const [at, fresh] = markets_.try_emplace(number, std::move(market));
    ENSURE(fresh, "market numbers are used once");
    auto* known = &at->second;
    by_condition_[known->market.condition] = known;
    by_token_[known->market.up] = known;
    by_token_[known->market.down] = known;
    by_slug_[known->market.slug] = known;
    return *known;
}

void MarketList::forget(ConditionId const& condition) {
    auto const at = by_condition_.find(condition);
    if (at == by_condition_.end()) return;
    auto const* market = at->second;
    by_token_.erase(market->market.up);
    by_token_.erase(market->market.down);
    by_slug_.erase(market->market.slug);
    auto const number = std::stoull(market->gamma_id);
    by_condition_.erase(at);
    markets_.erase(number);
}

WorldMarket const* MarketList::find(ConditionId const& condition) const {
    auto const at = by_condition_.find(condition);
    return at == by_condition_.end() ? nullptr : at->second;
}

WorldMarket* MarketList::find(ConditionId const& condition) {
    auto const at = by_condition_.find(condition);
    return at == by_condition_.end() ? nullptr : at->second;
}

WorldMarket const* MarketList::find_token(TokenId const& token) const {
    auto const at = by_token_.find(token);
    return at == by_token_.end() ? nullptr : at->second;
}

WorldMarket const* MarketList::find_slug(std::string_view slug) const {
    auto const at = by_slug_.find(slug);
    return at == by_slug_.end() ? nullptr : at->second;
}

std::vector<WorldMarket const*> MarketList::all() const {
    std::vector<WorldMarket const*> found;
    found.reserve(markets_.size());
    for (auto const& [number, market] : markets_)
        found.push_back(&market);
    return found;
}

} // namespace polyquant::sandbox

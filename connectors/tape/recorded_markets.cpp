#include "connectors/tape/recorded_markets.hpp"

#include <fmt/format.h>

namespace polyquant::tape {

RecordedMarkets::RecordedMarkets(
    Coverage const& coverage, BookMarketDefaults const& defaults, ImportReport& report
)
    : coverage_{coverage}, defaults_{defaults}, report_{report} {}

RecordedToken& RecordedMarkets::token(std::string const& slug, TokenId const& id) {
    auto& known = tokens_[id];
    if (known == nullptr) {
        known = std::make_unique<RecordedToken>();
        known->id = id;
        known->slug = slug;
        find_market(*known);
    }
    return *known;
}

void RecordedMarkets::find_market(RecordedToken& token) {
    auto const parts = parse_updown_slug(token.slug);
    auto const tokens = coverage_.find(token.slug);
    if (!parts || !tokens || !tokens->side) return;
    if (token.id != tokens->main && token.id != tokens->other) return;
    token.in_part = token.id != tokens->main && !defaults_.both_tokens;
    if (token.in_part) return;
    auto const [entry, added] = markets_.try_emplace(token.slug);
    token.market = &entry->second;
    if (!added) return;
    auto const side = *tokens->side;
    auto const other = tokens->other.value_or(synthetic_token(token.slug, opposite(side)));
    entry->second.inferred = tokens->inferred;
    auto& market = entry->second.market;
    market.condition = synthetic_condition(token.slug);
    market.slug = token.slug;
    market.asset = parts->asset;
    market.window = parts->window;
    market.up = side == Outcome::up ? tokens->main : other;
    market.down = side == Outcome::up ? other : tokens->main;
    market.rule = spot_rule();
    market.fee = defaults_.fee;
    market.taker_delay = defaults_.taker_delay;
}

void RecordedMarkets::meet(RecordedToken& token) {
    if (token.met) return;
    token.met = true;
    if (token.in_part)
        ++tokens_in_part_;
    else if (token.market == nullptr)
        unknown_.insert(token.slug);
}

void RecordedMarkets::begin(
    RecordedToken& token,
    Stamp const& at,
    std::optional<ConditionId> const& condition,
    std::vector<Event>& batch
) {
    auto& recorded = *token.market;
    if (!recorded.listed) {
        if (condition) recorded.market.condition = *condition;
        batch.emplace_back(MarketListed{at, recorded.market});
        recorded.listed = true;
        ++listed_;
        if (recorded.inferred) ++inferred_;
    }
    if (token.has_book || !token.before.is_live()) return;
    auto const copy = [](auto levels) {
        return std::vector<Level>(levels.begin(), levels.end());
    };
    batch.emplace_back(
        BookSnapshot{at, token.id, copy(token.before.bids()), copy(token.before.asks())}
    );
    token.has_book = true;
    token.before.clear();
}

void RecordedMarkets::note() {
    if (noted_) return;
    noted_ = true;
    auto& notes = report_.notes;
    notes.push_back(fmt::format("{} markets", listed_));
    if (inferred_ != 0)
        notes.push_back(
            fmt::format("{} of them with an outcome inferred or assumed by this import", inferred_)
        );
    if (tokens_in_part_ != 0)
        notes.push_back(fmt::format(
            "{} tokens recorded beside a market's main token were left out", tokens_in_part_
        ));
    if (unknown_.empty()) return;
    std::string slugs;
    for (auto const& slug : unknown_)
        slugs += " " + slug;
    notes.push_back(fmt::format(
        "{} markets left out, which outcome was recorded is unknown:{}", unknown_.size(), slugs
    ));
}

} // namespace polyquant::tape

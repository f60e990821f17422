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
        known->market = market_of(slug, id);
    }
    return *known;
}

RecordedMarket* RecordedMarkets::market_of(std::string const& slug, TokenId const& id) {
    auto const parts = parse_updown_slug(slug);
    auto const tokens = coverage_.find(slug);
    if (!parts || !tokens || !tokens->side) {
        unknown_.insert(slug);
        return nullptr;
    }
    if (id != tokens->main && id != tokens->other) {
        unknown_.insert(slug);
        return nullptr;
    }
    if (id != tokens->main && !defaults_.both_tokens) {
        ++tokens_in_part_;
        return nullptr;
    }
    auto const [entry, added] = markets_.try_emplace(slug);
    if (!added) return &entry->second;
    if (tokens->inferred) ++inferred_;
    auto const side = *tokens->side;
    auto const other = tokens->other.value_or(synthetic_token(slug, opposite(side)));
    auto& market = entry->second.market;
    market.condition = synthetic_condition(slug);
    market.slug = slug;
    market.asset = parts->asset;
    market.window = parts->window;
    market.up = side == Outcome::up ? tokens->main : other;
    market.down = side == Outcome::up ? other : tokens->main;
    market.rule = spot_rule();
    market.fee = defaults_.fee;
    market.taker_delay = defaults_.taker_delay;
    return &entry->second;
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
    notes.push_back(fmt::format("{} markets", markets_.size()));
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

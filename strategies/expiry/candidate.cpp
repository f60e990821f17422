#include "strategies/expiry/candidate.hpp"

#include <algorithm>

namespace polyquant::strategies::expiry {

namespace {

std::string lower(std::string_view text) {
    std::string result{text};
    for (auto& c : result)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return result;
}

// Bytes beyond ASCII count as letters: a word next to them has not ended.
bool is_word_byte(char c) {
    auto const byte = static_cast<unsigned char>(c);
    return byte >= 0x80 || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool holds_word(std::string_view text, std::string_view word) {
    for (auto at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
        auto const end = at + word.size();
        auto const starts = at == 0 || !is_word_byte(text[at - 1]) || !is_word_byte(word.front());
        auto const ends =
            end == text.size() || !is_word_byte(text[end]) || !is_word_byte(word.back());
        if (starts && ends) return true;
    }
    return false;
}

bool holds_any(std::string_view text, config::TextList const& words) {
    return std::ranges::any_of(words, [&](std::string const& word) {
        return holds_word(text, word);
    });
}

bool holds_tag(std::string_view tags, config::TextList const& wanted) {
    for (std::size_t at = 0; at <= tags.size();) {
        auto const end = std::min(tags.find(',', at), tags.size());
        if (std::ranges::find(wanted, tags.substr(at, end - at)) != wanted.end()) return true;
        at = end + 1;
    }
    return false;
}

config::TextList lowered(config::TextList const& words) {
    config::TextList result;
    for (auto const& word : words)
        result.push_back(lower(word));
    return result;
}

Outcome favourite_of(MarketListing const& row) {
    return *row.up_price >= *row.down_price ? Outcome::up : Outcome::down;
}

} // namespace

ListingGate::ListingGate(ExpiryParams const& params) : params_{params} {
    for (auto* list :
         {&params_.block_words, &params_.allow_words, &params_.block_tags, &params_.allow_tags})
        *list = lowered(*list);
}

Reason ListingGate::check_words(MarketListing const& row) const {
    auto const question = lower(row.market.question);
    auto const tags = lower(row.tags);
    if (holds_any(question, params_.block_words) || holds_tag(tags, params_.block_tags))
        return Reason::blocked;
    if (!params_.allow_words.empty() && !holds_any(question, params_.allow_words))
        return Reason::blocked;
    if (!params_.allow_tags.empty() && !holds_tag(tags, params_.allow_tags)) return Reason::blocked;
    return Reason::order_sent;
}

std::optional<CandidateList> ListingGate::list_for(Price favourite, Nanos left) const {
    if (favourite >= params_.list_price_min && left <= params_.look_ahead)
        return CandidateList::main;
    if (favourite >= params_.watch_price_min && favourite < params_.list_price_min &&
        left <= params_.watch_look_ahead)
        return CandidateList::watch;
    return std::nullopt;
}

Reason ListingGate::first_failure(MarketListing const& row, UtcTime now) const {
    auto const& market = row.market;
    if (row.defect == ListingDefect::not_two_outcomes) return Reason::not_two_outcomes;
    if (row.defect == ListingDefect::no_end) return Reason::end_unknown;
    auto const left = market.window.end() - now;
    if (left <= Nanos{}) return Reason::end_passed;
    if (left > std::max(params_.look_ahead, params_.watch_look_ahead)) return Reason::end_too_far;
    if (row.defect != ListingDefect::none || market.question.size() > question_max)
        return Reason::listing_refused;
    if (row.closed || !row.active || !row.accepts_orders) return Reason::not_accepting_orders;
    if (!row.up_price || !row.down_price) return Reason::prices_inconsistent;
    auto const off = *row.up_price + *row.down_price - Price::from_micros(Price::scale);
    if (off > params_.price_sum_tolerance || -off > params_.price_sum_tolerance)
        return Reason::prices_inconsistent;
    if (market.asset && !params_.updown_windows) return Reason::updown_left_out;
    if (market.neg_risk && !params_.neg_risk) return Reason::neg_risk_refused;
    if (auto const reason = check_words(row); reason != Reason::order_sent) return reason;
    if (row.liquidity < params_.liquidity_min) return Reason::liquidity_low;
    auto const favourite = std::max(*row.up_price, *row.down_price);
    if (!list_for(favourite, left)) {
        auto const dear = favourite >= params_.watch_price_min;
        return dear ? Reason::end_too_far : Reason::price_outside_lists;
    }
    return row.tokens_checked ? Reason::order_sent : Reason::listing_refused;
}

ListingVerdict ListingGate::judge(MarketListing const& row, UtcTime now) const {
    auto const reason = first_failure(row, now);
    if (reason != Reason::order_sent) return {reason, std::nullopt};
    auto const outcome = favourite_of(row);
    auto const price = outcome == Outcome::up ? *row.up_price : *row.down_price;
    Candidate found;
    found.market = row.market;
    found.outcome = outcome;
    found.listed = price;
    found.list = *list_for(price, row.market.window.end() - now);
    found.liquidity = row.liquidity;
    found.event = row.event;
    found.question = parse_question(row.market.question);
    found.end_agrees = found.question.claim &&
                       expiry::end_agrees(found.question.claim->time, row.market.window.end());
    found.listed_at = now;
    return {reason, std::move(found)};
}

void CandidateTable::index(Candidate const& candidate) {
    auto const& id = candidate.market.condition;
    if (candidate.list == CandidateList::main)
        main_.emplace(candidate.market.window.end(), id);
    else
        watch_.emplace(-candidate.listed.micros(), id);
}

void CandidateTable::unindex(Candidate const& candidate) {
    auto const& id = candidate.market.condition;
    if (candidate.list == CandidateList::main)
        main_.erase({candidate.market.window.end(), id});
    else
        watch_.erase({-candidate.listed.micros(), id});
}

CandidateTable::Change CandidateTable::put(Candidate candidate) {
    auto const id = candidate.market.condition;
    Change change;
    auto const known = candidates_.find(id);
    change.joined = known == candidates_.end();
    if (known != candidates_.end()) {
        unindex(known->second);
        known->second = std::move(candidate);
        index(known->second);
    } else {
        index(candidates_.emplace(id, std::move(candidate)).first->second);
    }
    trim(change.left);
    // Pushed out at once: it never was on a list.
    if (!candidates_.contains(id)) {
        change.refused = true;
        if (change.joined) std::erase(change.left, id);
        change.joined = false;
    }
    return change;
}

void CandidateTable::trim(std::vector<ConditionId>& left) {
    auto const cut = [&](auto& list, std::size_t most) {
        while (list.size() > most) {
            auto const last = std::prev(list.end());
            left.push_back(last->second);
            candidates_.erase(last->second);
            list.erase(last);
        }
    };
    cut(main_, main_max_);
    cut(watch_, watch_max_);
}

bool CandidateTable::drop(ConditionId const& market) {
    auto const known = candidates_.find(market);
    if (known == candidates_.end()) return false;
    unindex(known->second);
    candidates_.erase(known);
    return true;
}

std::vector<ConditionId> CandidateTable::drop_old(UtcTime now, UtcTime unseen_since) {
    std::vector<ConditionId> left;
    for (auto const& [id, candidate] : candidates_)
        if (candidate.market.window.end() <= now || candidate.listed_at < unseen_since)
            left.push_back(id);
    for (auto const& id : left)
        drop(id);
    return left;
}

std::vector<ConditionId> CandidateTable::resize(std::size_t main_max, std::size_t watch_max) {
    main_max_ = main_max;
    watch_max_ = watch_max;
    std::vector<ConditionId> left;
    trim(left);
    return left;
}

Candidate const* CandidateTable::find(ConditionId const& market) const {
    auto const known = candidates_.find(market);
    return known == candidates_.end() ? nullptr : &known->second;
}

std::vector<Candidate const*> CandidateTable::in_order() const {
    std::vector<Candidate const*> order;
    order.reserve(candidates_.size());
    for (auto const& [end, id] : main_)
        order.push_back(&candidates_.at(id));
    for (auto const& [price, id] : watch_)
        order.push_back(&candidates_.at(id));
    return order;
}

} // namespace polyquant::strategies::expiry

#include "engine/settlement/outcome_record.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace polyquant::settlement {

namespace {

constexpr std::array by_rank{
    OutcomeSource::prices,
    OutcomeSource::data_api,
    OutcomeSource::gamma,
    OutcomeSource::event,
    OutcomeSource::clob,
    OutcomeSource::chain
};
constexpr std::array venue_sources{OutcomeSource::gamma, OutcomeSource::event, OutcomeSource::clob};

std::size_t index_of(OutcomeSource source) {
    return static_cast<std::size_t>(source);
}

// Half and void pay the same.
bool agree(Ruling a, Ruling b) {
    return is_result(a) && is_result(b) && winner_of(a) == winner_of(b);
}

std::string say(OutcomeSource source, SourceWord const& word) {
    return fmt::format(
        "{} says {} at {}{}{}",
        to_string(source),
        to_string(word.ruling),
        format_utc(word.at),
        word.text.empty() ? "" : ", ",
        word.text
    );
}

// The first two sources that do not agree, strongest last.
std::optional<std::pair<OutcomeSource, OutcomeSource>>
first_conflict(OutcomeRecord::Words const& words) {
    for (auto const a : by_rank)
        for (auto const b : by_rank) {
            if (b <= a) continue;
            auto const& one = words[index_of(a)];
            auto const& other = words[index_of(b)];
            if (one && other && !agree(one->ruling, other->ruling)) return std::pair{a, b};
        }
    return std::nullopt;
}

int venue_agreeing(OutcomeRecord::Words const& words, Ruling ruling) {
    return static_cast<int>(std::ranges::count_if(venue_sources, [&](OutcomeSource source) {
        auto const& word = words[index_of(source)];
        return word && agree(word->ruling, ruling);
    }));
}

std::optional<std::string> objection(OutcomeRecord::Words const& words) {
    auto const& chain = words[index_of(OutcomeSource::chain)];
    if (!chain) return "the chain has not reported the payouts";
    auto const in_favour = venue_agreeing(words, chain->ruling);
    for (auto const source : by_rank) {
        auto const& word = words[index_of(source)];
        if (!word || source == OutcomeSource::chain || agree(word->ruling, chain->ruling)) continue;
        if (source == OutcomeSource::prices && in_favour >= 2) continue;
        return fmt::format("{}, but {}", say(source, *word), say(OutcomeSource::chain, *chain));
    }
    if (in_favour == 0) return "no word of the venue confirms the chain's payouts";
    return std::nullopt;
}

} // namespace

std::string_view to_string(OutcomeAlarm::Kind kind) {
    switch (kind) {
    case OutcomeAlarm::Kind::disagreement: return "disagreement";
    case OutcomeAlarm::Kind::flipped: return "flipped";
    case OutcomeAlarm::Kind::disputed: return "disputed";
    case OutcomeAlarm::Kind::half: return "half";
    case OutcomeAlarm::Kind::voided: return "voided";
    case OutcomeAlarm::Kind::late: return "late";
    case OutcomeAlarm::Kind::cleared: return "cleared";
    }
    std::abort();
}

void OutcomeRecord::follow(ConditionId const& market, std::string const& slug) {
    auto const [at, fresh] = markets_.try_emplace(market);
    if (!fresh) return;
    auto& record = at->second;
    record.slug = slug;
    // Other markets have no window in their slug: the clock says nothing about them.
    record.next_late = UtcTime::max();
    if (auto const parsed = parse_updown_slug(slug)) {
        record.asset = parsed->asset;
        record.window = parsed->window;
        if (limits_.late_after > Seconds{0})
            record.next_late = parsed->window.end() + limits_.late_after;
        awaited_.insert(market);
    }
}

std::optional<OutcomeReported> OutcomeRecord::said(
    ConditionId const& market, OutcomeSource source, Ruling ruling, std::string text, UtcTime now
) {
    auto const found = markets_.find(market);
    if (found == markets_.end()) return std::nullopt;
    auto& record = found->second;
    auto const& before = record.words[index_of(source)];
    if (before && before->ruling == ruling) return std::nullopt;
    OutcomeReported fact;
    fact.market = market;
    fact.slug = record.slug;
    fact.asset = record.asset;
    fact.window = record.window;
    fact.source = source;
    fact.ruling = ruling;
    fact.text = text;
    take(market, record, source, {ruling, now, std::move(text)});
    return fact;
}

void OutcomeRecord::restore(OutcomeReported const& fact, UtcTime at) {
    follow(fact.market, fact.slug);
    auto& record = markets_.at(fact.market);
    record.asset = fact.asset;
    record.window = fact.window;
    record.words[index_of(fact.source)] = SourceWord{fact.ruling, at, fact.text};
    record.disagreed = first_conflict(record.words).has_value();
}

void OutcomeRecord::take(
    ConditionId const& market, Record& record, OutcomeSource source, SourceWord word
) {
    using Kind = OutcomeAlarm::Kind;
    auto& known = record.words[index_of(source)];
    auto const before = std::exchange(known, std::move(word));
    auto const text = say(source, *known);
    auto const first_to_say_so =
        std::ranges::count_if(record.words, [&](std::optional<SourceWord> const& w) {
            return w && w->ruling == known->ruling;
        }) == 1;
    if (before)
        note(
            Kind::flipped,
            market,
            record,
            fmt::format("{}; before: {}", text, to_string(before->ruling))
        );
    if (first_to_say_so && known->ruling == Ruling::disputed)
        note(Kind::disputed, market, record, text + ": the books stay, redemption is blocked");
    if (first_to_say_so && known->ruling == Ruling::half)
        note(Kind::half, market, record, text + ": each share is paid half");
    if (first_to_say_so && known->ruling == Ruling::voided)
        note(
            Kind::voided,
            market,
            record,
            text + ": closed without a winner, booked as half until the chain has spoken"
        );
    auto const conflict = first_conflict(record.words);
    if (conflict && known->ruling != Ruling::disputed) {
        auto const& [weaker, stronger] = *conflict;
        note(
            Kind::disagreement,
            market,
            record,
            fmt::format(
                "{}; {}; the books follow {}, redemption waits",
                say(weaker, *record.words[index_of(weaker)]),
                say(stronger, *record.words[index_of(stronger)]),
                to_string(stronger)
            )
        );
    }
    if (!conflict && record.disagreed)
        note(Kind::cleared, market, record, text + ": all sources agree again");
    record.disagreed = conflict.has_value();
}

std::optional<Ruling> OutcomeRecord::books_follow(ConditionId const& market) const {
    auto const* said = words(market);
    if (said == nullptr) return std::nullopt;
    for (auto source = by_rank.rbegin(); source != by_rank.rend(); ++source) {
        auto const& word = (*said)[index_of(*source)];
        if (word && is_result(word->ruling)) return word->ruling;
    }
    return std::nullopt;
}

Redeemable OutcomeRecord::redeemable(ConditionId const& market) const {
    auto const* said = words(market);
    if (said == nullptr) return {false, "nothing is known of this market", std::nullopt};
    Redeemable answer;
    if (auto const& chain = (*said)[index_of(OutcomeSource::chain)]) answer.ruling = chain->ruling;
    if (auto why_not = objection(*said)) {
        answer.reason = std::move(*why_not);
        return answer;
    }
    answer.yes = true;
    answer.reason = fmt::format(
        "the chain and {} of the venue's sources say {}",
        venue_agreeing(*said, *answer.ruling),
        to_string(*answer.ruling)
    );
    return answer;
}

OutcomeRecord::Words const* OutcomeRecord::words(ConditionId const& market) const {
    auto const found = markets_.find(market);
    return found == markets_.end() ? nullptr : &found->second.words;
}

bool OutcomeRecord::venue_spoke(Record const& record) {
    return std::ranges::any_of(venue_sources, [&](OutcomeSource source) {
        auto const& word = record.words[index_of(source)];
        return word && is_result(word->ruling);
    });
}

std::vector<ConditionId> OutcomeRecord::unresolved(UtcTime now) const {
    std::vector<ConditionId> all;
    for (auto const& market : awaited_) {
        auto const& record = markets_.at(market);
        if (now >= record.window.end() && !venue_spoke(record)) all.push_back(market);
    }
    return all;
}

std::vector<ConditionId> OutcomeRecord::without_prices(UtcTime now) const {
    std::vector<ConditionId> all;
    for (auto const& market : awaited_) {
        auto const& record = markets_.at(market);
        if (!record.words[index_of(OutcomeSource::prices)] && now >= record.window.end() &&
            now < record.window.end() + limits_.prices_wait)
            all.push_back(market);
    }
    return all;
}

std::vector<ConditionId> OutcomeRecord::disputed() const {
    std::vector<ConditionId> all;
    for (auto const& [market, record] : markets_)
        if (record.disagreed || std::ranges::any_of(record.words, [](auto const& word) {
                return word && word->ruling == Ruling::disputed;
            }))
            all.push_back(market);
    return all;
}

bool OutcomeRecord::is_awaited(Record const& record, UtcTime now) const {
    auto const prices_may_come = !record.words[index_of(OutcomeSource::prices)] &&
                                 now < record.window.end() + limits_.prices_wait;
    return prices_may_come || (limits_.late_after > Seconds{0} && !venue_spoke(record)) ||
           now < record.window.end();
}

void OutcomeRecord::on_time(UtcTime now) {
    for (auto const& market : awaited_) {
        auto& record = markets_.at(market);
        if (now < record.next_late || venue_spoke(record)) continue;
        record.next_late = now + limits_.late_again;
        note(
            OutcomeAlarm::Kind::late,
            market,
            record,
            fmt::format(
                "closed {} and the venue has not named a result; {}",
                format_utc(record.window.end()),
                books_follow(market) ? "our own prices have" : "nobody has"
            )
        );
    }
    std::erase_if(awaited_, [&](ConditionId const& market) {
        return !is_awaited(markets_.at(market), now);
    });
    forget_old(now);
}

void OutcomeRecord::forget_old(UtcTime now) {
    if (markets_.size() <= limits_.markets_max) return;
    std::erase_if(markets_, [&](auto const& entry) {
        auto const& record = entry.second;
        return record.asset && !awaited_.contains(entry.first) &&
               record.window.end() + limits_.keep < now;
    });
}

std::vector<OutcomeAlarm> OutcomeRecord::take_alarms() {
    return std::exchange(alarms_, {});
}

void OutcomeRecord::note(
    OutcomeAlarm::Kind kind, ConditionId const& market, Record const& record, std::string text
) {
    alarms_.push_back({kind, market, record.slug, std::move(text)});
}

} // namespace polyquant::settlement

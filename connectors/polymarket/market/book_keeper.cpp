#include "connectors/polymarket/market/book_keeper.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace polyquant::polymarket {

namespace {

constexpr std::uint8_t bit(std::size_t lane) {
    return static_cast<std::uint8_t>(1u << lane);
}

std::uint64_t mixed(std::uint64_t a, std::uint64_t b) {
    auto x = a ^ (b + 0x9e3779b97f4a7c15u + (a << 6) + (a >> 2));
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

std::uint64_t mixed(std::uint64_t a, std::int64_t b) {
    return mixed(a, static_cast<std::uint64_t>(b));
}

std::uint64_t mixed(std::uint64_t a, std::optional<BookHash> const& hash) {
    std::uint64_t head = 0;
    if (hash) std::memcpy(&head, hash->data(), sizeof head);
    return mixed(a, head);
}

enum class Kind : std::uint64_t { book = 1, change, trade, tick };

std::uint64_t begin(Kind kind, TokenId const& token, UtcTime at) {
    auto const seed = static_cast<std::uint64_t>(kind);
    return mixed(mixed(seed, std::hash<TokenId>{}(token)), unix_nanos(at));
}

std::uint64_t fingerprint(BookMessage const& m) {
    auto x = mixed(begin(Kind::book, m.book.token, m.book.at.venue_time), m.hash);
    for (auto const* side : {&m.book.bids, &m.book.asks})
        for (auto const& level : *side)
            x = mixed(mixed(x, level.price.micros()), level.size.micros());
    return x;
}

std::uint64_t fingerprint(LevelChange const& m) {
    auto const& c = m.change;
    auto const x = mixed(begin(Kind::change, c.token, c.at.venue_time), c.price.micros());
    auto const y = mixed(mixed(x, c.size.micros()), static_cast<std::uint64_t>(c.side));
    return mixed(y, m.hash);
}

std::uint64_t fingerprint(PublicTrade const& t) {
    auto const x = mixed(begin(Kind::trade, t.token, t.at.venue_time), t.price.micros());
    return mixed(mixed(x, t.size.micros()), static_cast<std::uint64_t>(t.taker_side));
}

} // namespace

BookKeeper::BookKeeper(BookKeeperLimits limits, Actions actions)
    : limits_{limits}, actions_{std::move(actions)} {
    ENSURE(limits_.lanes >= 1 && limits_.lanes <= LaneMerge::lanes_max, "one lane or two");
}

void BookKeeper::follow(Market const& market, std::size_t shard, Instant now) {
    auto& owned = markets_[market.condition];
    if (owned) {
        owned->market = market;
        return;
    }
    owned = std::make_unique<Followed>();
    owned->market = market;
    owned->shard = shard;
    while (merges_.size() <= shard)
        merges_.emplace_back();
    for (auto const& id : {market.up, market.down}) {
        auto token = std::make_unique<Tracked>();
        token->id = id;
        token->of = owned.get();
        token->tail = {market.min_size, market.tick, market.neg_risk, {}};
        token->heard_at = token->subscribed_at = now;
        owned->tokens[id == market.up ? 0 : 1] = token.get();
        tokens_[id] = std::move(token);
    }
}

void BookKeeper::unfollow(ConditionId const& market) {
    auto const found = markets_.find(market);
    if (found == markets_.end()) return;
    tokens_.erase(found->second->market.up);
    tokens_.erase(found->second->market.down);
    markets_.erase(found);
}

BookKeeper::Tracked* BookKeeper::find(TokenId const& token) {
    auto const found = tokens_.find(token);
    return found == tokens_.end() ? nullptr : found->second.get();
}

bool BookKeeper::is_live(TokenId const& token) const {
    auto const found = tokens_.find(token);
    return found != tokens_.end() && found->second->state == State::live;
}

Book const* BookKeeper::book(TokenId const& token) const {
    auto const found = tokens_.find(token);
    return found == tokens_.end() ? nullptr : &found->second->book;
}

void BookKeeper::say(Tracked const& token, bool healthy, std::string reason, UtcTime utc) {
    actions_.publish(FeedState{
        Stamp{utc, utc, 0}, "clob.market", to_string(token.id), healthy, std::move(reason)
    });
}

void BookKeeper::doubt(Tracked& token, std::string const& why, UtcTime utc) {
    token.book_lanes = 0;
    token.frame_open = false;
    token.top_misses = 0;
    token.silent = false;
    token.state = State::doubtful;
    if (token.reported_bad) return;
    token.reported_bad = true;
    ++counts_.doubts;
    say(token, false, why, utc);
}

void BookKeeper::ask_again(Tracked& token, Instant at) {
    if (token.reread_wanted || token.rereading) return;
    token.reread_wanted = true;
    token.next_reread = at;
    wanted_.push_back(token.id);
}

void BookKeeper::want_reread(TokenId const& id, Instant now) {
    if (auto* const token = find(id)) {
        ask_again(*token, now);
        token->next_reread = now;
    }
}

void BookKeeper::subscribed(std::vector<TokenId> const& tokens, std::size_t lane, Instant now) {
    for (auto const& id : tokens) {
        auto* const token = find(id);
        if (!token) continue;
        token->up_lanes |= bit(lane);
        token->subscribed_at = token->heard_at = now;
    }
}

void BookKeeper::lane_down(
    std::vector<TokenId> const& tokens, std::size_t lane, std::string const& why, UtcTime utc
) {
    for (auto const& id : tokens) {
        auto* const token = find(id);
        if (!token) continue;
        token->up_lanes &= static_cast<std::uint8_t>(~bit(lane));
        token->book_lanes &= static_cast<std::uint8_t>(~bit(lane));
        if (token->book_lanes == 0 && token->state == State::live)
            doubt(*token, "connection lost: " + why, utc);
        // A reading while no connection is up proves nothing about what comes after it.
        if (token->up_lanes == 0) token->reread_wanted = false;
    }
}

void BookKeeper::doubt_all(
    std::vector<TokenId> const& tokens, std::string const& why, UtcTime utc, Instant now
) {
    for (auto const& id : tokens) {
        auto* const token = find(id);
        if (!token || token->state == State::waiting) continue;
        doubt(*token, why, utc);
        ask_again(*token, now);
    }
}

void BookKeeper::on(MarketMessage const& message, std::size_t lane, Instant now) {
    std::visit([&](auto const& m) { take(m, lane, now); }, message);
}

bool BookKeeper::is_copy(
    Tracked const& token, std::size_t lane, std::uint64_t fingerprint, UtcTime at
) {
    if (limits_.lanes == 1) return false;
    if (!merges_[token.of->shard].is_first(lane, fingerprint)) {
        ++counts_.copies;
        return true;
    }
    // A copy so late that its first is forgotten.
    if (token.state == State::live && at < token.applied_to) {
        ++counts_.stale_copies;
        return true;
    }
    return false;
}

void BookKeeper::take(BookMessage const& message, std::size_t lane, Instant now) {
    auto* const token = find(message.book.token);
    if (!token) {
        ++counts_.unknown_tokens;
        return;
    }
    token->heard_at = now;
    auto const utc = message.book.at.received_at;
    // Whatever it says, from here on this lane misses nothing of the token.
    auto const continues = [&] {
        if (token->state == State::live) token->book_lanes |= bit(lane);
    };
    if (is_copy(*token, lane, fingerprint(message), message.book.at.venue_time)) return continues();

    HashVerdict verdict{};
    if (!check_proof(*token, message, verdict)) {
        doubt(*token, "book hash is wrong", utc);
        ask_again(*token, now);
        return;
    }
    token->up_lanes |= bit(lane);
    accept(*token, message.book, now);
    continues();
    if (verdict == HashVerdict::unproven && message.hash && now >= token->next_proof) {
        token->next_proof = now + limits_.proof_pause;
        ask_again(*token, now);
    }
}

bool BookKeeper::check_proof(Tracked& token, BookMessage const& message, HashVerdict& verdict) {
    verdict = check_hash(message, token.tail);
    switch (verdict) {
    case HashVerdict::proven: ++counts_.hashes_proven; return true;
    case HashVerdict::unproven: ++counts_.hashes_unproven; return true;
    case HashVerdict::wrong: ++counts_.hashes_wrong; return !limits_.doubt_wrong_hashes;
    }
    std::abort();
}

void BookKeeper::accept(Tracked& token, BookSnapshot const& snapshot, Instant now) {
    auto const utc = snapshot.at.received_at;
    token.book.apply_snapshot(snapshot.bids, snapshot.asks, utc);
    token.applied_to = std::max(token.applied_to, snapshot.at.venue_time);
    token.frame_open = false;
    token.top_misses = 0;
    token.silent = false;
    if (!token.book.is_live()) {
        doubt(token, fmt::format("snapshot is {}", token.book.quarantine_reason()), utc);
        ask_again(token, now + limits_.reread_pause_min);
        return;
    }
    token.state = State::live;
    // A reading that is under way now serves to compare only.
    token.reread_attempts = 0;
    if (token.reported_bad) {
        token.reported_bad = false;
        say(token, true, "fresh snapshot", utc);
    }
    ++counts_.snapshots;
    actions_.publish(snapshot);
}

void BookKeeper::take(LevelChange const& message, std::size_t lane, Instant now) {
    auto const& change = message.change;
    auto* const token = find(change.token);
    if (!token) {
        ++counts_.unknown_tokens;
        return;
    }
    token->heard_at = now;
    auto const utc = change.at.received_at;
    bool const copy = is_copy(*token, lane, fingerprint(message), change.at.venue_time);
    if (copy && !(change.end_of_frame && token->frame_open)) return;
    if (token->rereading) {
        if (token->held.size() < limits_.held_max)
            token->held.push_back(change);
        else
            token->held_overflow = true;
    }
    if (token->state != State::live) {
        ++counts_.dropped_changes;
        return;
    }
    token->book.apply_change(change.side, change.price, change.size, utc);
    token->applied_to = std::max(token->applied_to, change.at.venue_time);
    token->frame_open = !change.end_of_frame;
    if (change.end_of_frame) token->book.end_of_frame();
    if (!token->book.is_live()) {
        doubt(*token, std::string{token->book.quarantine_reason()}, utc);
        ask_again(*token, now);
        return;
    }
    ++counts_.changes;
    actions_.publish(change);
    if (change.end_of_frame) check_top(*token, message.best_bid, message.best_ask, utc, now);
}

void BookKeeper::check_top(
    Tracked& token, std::optional<Price> bid, std::optional<Price> ask, UtcTime utc, Instant now
) {
    if (same_top(token.book.quote(), bid, ask)) {
        token.top_misses = 0;
        return;
    }
    ++counts_.top_misses;
    if (++token.top_misses < limits_.top_misses_max) return;
    doubt(token, "best bid and ask are not the venue's", utc);
    ask_again(token, now);
}

void BookKeeper::take(PublicTrade const& trade, std::size_t lane, Instant now) {
    auto* const token = find(trade.token);
    if (!token) {
        ++counts_.unknown_tokens;
        return;
    }
    token->heard_at = now;
    if (limits_.lanes > 1 && !merges_[token->of->shard].is_first(lane, fingerprint(trade))) {
        ++counts_.copies;
        return;
    }
    token->tail.last_trade = trade.price;
    ++counts_.trades;
    actions_.publish(trade);
}

void BookKeeper::take(TickSizeChanged const& change, std::size_t lane, Instant now) {
    auto* const token = find(change.token);
    if (!token) {
        ++counts_.unknown_tokens;
        return;
    }
    token->heard_at = now;
    auto const print =
        mixed(begin(Kind::tick, change.token, change.at.venue_time), change.new_tick.micros());
    if (limits_.lanes > 1 && !merges_[token->of->shard].is_first(lane, print)) {
        ++counts_.copies;
        return;
    }
    ++counts_.tick_changes;
    token->tail.tick = change.new_tick;
    token->of->market.tick = change.new_tick;
    actions_.publish(change);
    if (token->state == State::waiting) return;
    doubt(*token, "tick size changed: waits for a fresh snapshot", change.at.received_at);
    ask_again(*token, now);
}

void BookKeeper::take(TopOfBook const& top, std::size_t, Instant now) {
    auto* const token = find(top.token);
    if (!token) {
        ++counts_.unknown_tokens;
        return;
    }
    // Its place among the changes is not promised, so it can only absolve.
    token->heard_at = now;
    if (token->state == State::live && same_top(token->book.quote(), top.bid, top.ask))
        token->top_misses = 0;
}

void BookKeeper::take(NewMarket const&, std::size_t, Instant) {}

void BookKeeper::take(ResolutionMessage const& message, std::size_t, Instant) {
    auto const found = markets_.find(message.event.market);
    if (found == markets_.end() || found->second->resolved) return;
    auto const outcome = found->second->market.outcome_of(message.winner);
    // A winner that is none of the market's tokens is nobody's word on it.
    if (!outcome) return;
    found->second->resolved = true;
    ++counts_.resolutions;
    auto event = message.event;
    event.winner = outcome;
    actions_.publish(event);
}

void BookKeeper::reread_failed(Tracked& token, std::string const& why, UtcTime utc, Instant now) {
    ++counts_.reread_failures;
    if (token.state == State::waiting) doubt(token, "no book: " + why, utc);
    if (token.state != State::doubtful) return;
    auto pause = limits_.reread_pause_min;
    for (auto i = 0; i < token.reread_attempts && pause < limits_.reread_pause_max; ++i)
        pause *= 2;
    ++token.reread_attempts;
    ask_again(token, now + std::min(pause, limits_.reread_pause_max));
}

void BookKeeper::reread_done(
    TokenId const& id, Result<BookMessage> const& answer, UtcTime utc, Instant now
) {
    auto* const token = find(id);
    if (!token) return;
    auto const held = std::exchange(token->held, {});
    bool const overflow = std::exchange(token->held_overflow, false);
    token->rereading = false;
    if (token->up_lanes == 0) return; // the next connection brings its own snapshot
    if (!answer) return reread_failed(*token, describe(answer.error()), utc, now);
    if (answer->book.token != id) return reread_failed(*token, "another token's book", utc, now);
    if (overflow) return reread_failed(*token, "too many changes meanwhile", utc, now);

    HashVerdict verdict{};
    if (!check_proof(*token, *answer, verdict)) {
        if (token->state == State::live) doubt(*token, "book hash is wrong", utc);
        return reread_failed(*token, "book hash is wrong", utc, now);
    }
    if (answer->book.at.venue_time < token->applied_to) {
        // The channel was further already; a live book needs no older one.
        if (token->state == State::live) return;
        return reread_failed(*token, "older than the channel", utc, now);
    }
    if (token->silent && held.empty()) {
        if (!same_levels(token->book, answer->book)) {
            ++counts_.frozen_topics;
            auto const last = restarted_.find(token->of->shard);
            if (last == restarted_.end() || now - last->second >= limits_.restart_pause) {
                restarted_[token->of->shard] = now;
                actions_.restart(token->of->shard, "a topic was frozen: " + short_text(id));
            }
            return ask_again(*token, now + limits_.restart_pause);
        }
        ++counts_.harmless_silences;
    }
    auto snapshot = answer->book;
    Book merged;
    merged.apply_snapshot(snapshot.bids, snapshot.asks, utc);
    for (auto const& change : held) {
        // Totals, not differences: one that the answer holds already does no harm.
        if (change.at.venue_time < answer->book.at.venue_time) continue;
        merged.apply_change(change.side, change.price, change.size, utc);
        snapshot.at.venue_time = change.at.venue_time;
    }
    snapshot.bids.assign(merged.bids().begin(), merged.bids().end());
    snapshot.asks.assign(merged.asks().begin(), merged.asks().end());
    token->heard_at = now;
    accept(*token, snapshot, now);
    if (token->state == State::live) token->book_lanes = token->up_lanes;
}

void BookKeeper::check_silence(Tracked& token, UtcTime utc, Instant now) {
    auto const& market = token.of->market;
    if (!market.asset || token.of->resolved || utc >= market.window.end()) return;
    auto const most =
        utc < market.window.start ? limits_.silence_before : limits_.silence_in_window;
    if (most <= Nanos{0} || now - token.heard_at < most) return;
    doubt(
        token,
        fmt::format(
            "silent for {:.1f} s", std::chrono::duration<double>(now - token.heard_at).count()
        ),
        utc
    );
    token.silent = true;
    ask_again(token, now);
}

void BookKeeper::check(UtcTime utc, Instant now) {
    for (auto& [id, followed] : markets_) {
        for (auto* const token : followed->tokens) {
            if (token->up_lanes == 0) continue;
            if (token->state == State::live) check_silence(*token, utc, now);
            bool const overdue = now - token->subscribed_at >= limits_.snapshot_max;
            if (token->state != State::live && overdue) ask_again(*token, now);
        }
    }
    pump(now);
}

void BookKeeper::pump(Instant now) {
    std::erase_if(wanted_, [&](TokenId const& id) {
        auto* const token = find(id);
        if (!token || !token->reread_wanted) return true;
        if (now < token->next_reread) return false;
        token->reread_wanted = false;
        token->rereading = true;
        ++counts_.rereads;
        actions_.reread(id);
        return true;
    });
}

std::vector<ConditionId> BookKeeper::over(UtcTime utc, Nanos keep) const {
    std::vector<ConditionId> found;
    for (auto const& [id, followed] : markets_) {
        auto const end = followed->market.window.end();
        if (utc >= end + keep || (followed->resolved && utc >= end)) found.push_back(id);
    }
    std::ranges::sort(found);
    return found;
}

} // namespace polyquant::polymarket

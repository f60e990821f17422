#include "engine/market/market_board.hpp"

#include <algorithm>

namespace polyquant::market {

namespace {

constexpr Seconds purge_every{10};

bool is_binance(PriceSource source) {
    return source == PriceSource::binance_trade || source == PriceSource::binance_bar;
}

} // namespace

MarketBoard::MarketBoard(BoardLimits limits) : limits_{std::move(limits)} {}

void MarketBoard::on(Event const& event) {
    std::visit([this](auto const& e) { take(e); }, event);
    auto const now = stamp_of(event).received_at;
    if (now >= next_purge_) purge(now);
}

void MarketBoard::take(MarketListed const& event) {
    auto const& listed = event.market;
    auto const known = entries_.find(listed.condition);
    if (known != entries_.end()) {
        auto& entry = *known->second;
        // News of a market we have: its fee, grid or rule. A market never changes its tokens.
        if (entry.market.up != listed.up || entry.market.down != listed.down ||
            entry.market.asset != listed.asset) {
            ++counts_.markets_refused;
            return;
        }
        by_end_.erase({entry.market.window.end(), listed.condition});
        if (listed.asset && entry.market.window != listed.window) {
            slots_.erase({*listed.asset, entry.market.window});
            slots_.emplace(Slot{*listed.asset, listed.window}, &entry);
        }
        entry.market = listed;
        by_end_.insert({listed.window.end(), listed.condition});
        return;
    }
    bool const slot_taken = listed.asset && slots_.contains(Slot{*listed.asset, listed.window});
    if (listed.up == listed.down || tokens_.contains(listed.up) || tokens_.contains(listed.down) ||
        slot_taken || entries_.size() >= limits_.markets_max) {
        ++counts_.markets_refused;
        return;
    }
    auto owned = std::make_unique<Entry>();
    auto& entry = *owned;
    entry.market = listed;
    entries_.emplace(listed.condition, std::move(owned));
    tokens_[listed.up] = Place{&entry, Outcome::up};
    tokens_[listed.down] = Place{&entry, Outcome::down};
    if (listed.asset) slots_.emplace(Slot{*listed.asset, listed.window}, &entry);
    by_end_.insert({listed.window.end(), listed.condition});
    ++counts_.markets;
}

MarketBoard::Place MarketBoard::place_of(TokenId const& token) {
    auto const found = tokens_.find(token);
    if (found != tokens_.end()) return found->second;
    ++counts_.unknown_tokens;
    return {};
}

void MarketBoard::take(BookSnapshot const& event) {
    auto const place = place_of(event.token);
    if (!place.entry) return;
    place.book().apply_snapshot(event.bids, event.asks, event.at.received_at);
    // A snapshot that is itself impossible counts as the fall of a live book.
    after_change(place, BookState::live, event.at.received_at);
}

void MarketBoard::take(BookChange const& event) {
    auto const place = place_of(event.token);
    if (!place.entry) return;
    auto& book = place.book();
    if (!book.is_live()) {
        ++counts_.changes_dropped;
        return;
    }
    book.apply_change(event.side, event.price, event.size, event.at.received_at);
    if (event.end_of_frame) book.end_of_frame();
    after_change(place, BookState::live, event.at.received_at);
}

void MarketBoard::after_change(Place const& place, BookState before, UtcTime now) {
    auto const& book = place.book();
    if (before == BookState::live && book.state() == BookState::quarantined)
        ++(book.quarantine_reason() == "crossed" ? counts_.books_crossed : counts_.books_impossible
        );
    watch_mirror(*place.entry, now);
}

void MarketBoard::watch_mirror(Entry& entry, UtcTime now) {
    auto const disagree = [&] {
        if (!entry.up.is_live() || !entry.down.is_live()) return false;
        auto const own = entry.up.quote();
        auto const mirror = BookView{entry.down, true}.quote();
        auto const apart = [&](std::optional<Level> const& a, std::optional<Level> const& b) {
            if (!a || !b) return a.has_value() != b.has_value();
            auto const gap = a->price - b->price;
            return gap > entry.market.tick || -gap > entry.market.tick;
        };
        return apart(own.bid, mirror.bid) || apart(own.ask, mirror.ask);
    };
    if (!disagree()) {
        entry.disagrees_since.reset();
        entry.disagreement_counted = false;
        return;
    }
    if (!entry.disagrees_since) entry.disagrees_since = now;
    if (entry.disagreement_counted || now - *entry.disagrees_since < limits_.disagreement_after)
        return;
    entry.disagreement_counted = true;
    ++counts_.mirror_disagreements;
}

void MarketBoard::take(TickSizeChanged const& event) {
    auto const place = place_of(event.token);
    if (!place.entry || event.new_tick.micros() <= 0) return;
    place.entry->market.tick = event.new_tick;
    // Levels of a coarser grid lie on the finer one too, so the book stays true; the venue does not
    // promise a snapshot after the change. On a coarser grid the old levels are gone.
    if (event.old_tick.micros() % event.new_tick.micros() == 0) return;
    place.book().clear();
    ++counts_.books_cleared;
}

bool MarketBoard::believable(UtcTime venue_time, Stamp const& at) {
    if (venue_time <= at.received_at + limits_.future_max) return true;
    ++counts_.stamps_refused;
    return false;
}

void MarketBoard::take(PriceTick const& event) {
    if (believable(event.at.venue_time, event.at)) tracks_[index_of(event.asset)].on(event);
}

void MarketBoard::take(BarUpdate const& event) {
    if (!bar_defect(event.bar).empty()) {
        ++counts_.bars_refused;
        return;
    }
    auto const at = event.closed ? event.bar.close_time() : event.at.venue_time;
    if (believable(at, event.at)) tracks_[index_of(event.asset)].on(event);
}

void MarketBoard::take(MarketResolved const& event) {
    auto const found = entries_.find(event.market);
    if (found == entries_.end()) return;
    found->second->up.clear();
    found->second->down.clear();
}

void MarketBoard::quarantine(Book& book, std::string_view reason) {
    if (!book.is_live()) return;
    book.quarantine(reason);
    ++counts_.feed_quarantines;
}

// A topic is a token, a market (condition or slug), or neither: then it carries all books of its
// feed. Prices need no quarantine: their age says it.
void MarketBoard::take(FeedState const& event) {
    auto const key = std::pair{event.feed, event.topic};
    auto const known = topics_.find(key);
    bool const was_healthy = known == topics_.end() || known->second;
    if (event.healthy)
        topics_.erase(key);
    else if (known == topics_.end() && topics_.size() < limits_.topics_max)
        topics_.emplace(key, false);
    if (event.healthy) return;
    if (was_healthy) ++counts_.topics_gone_stale;
    if (std::ranges::find(limits_.book_feeds, event.feed) == limits_.book_feeds.end()) return;

    constexpr std::string_view why = "feed lost continuity";
    if (auto const token = parse_token_id(event.topic)) {
        auto const place = tokens_.find(*token);
        if (place != tokens_.end()) quarantine(place->second.book(), why);
        return;
    }
    auto const condition = parse_condition_id(event.topic);
    auto const names = [&](ConditionId const& id, Entry const& entry) {
        return (condition && *condition == id) || entry.market.slug == event.topic;
    };
    bool const one_market =
        condition || parse_updown_slug(event.topic) ||
        std::ranges::any_of(entries_, [&](auto const& e) { return names(e.first, *e.second); });
    for (auto& [id, entry] : entries_) {
        if (one_market && !names(id, *entry)) continue;
        quarantine(entry->up, why);
        quarantine(entry->down, why);
    }
}

void MarketBoard::purge(UtcTime now) {
    next_purge_ = now + purge_every;
    for (auto it = by_end_.begin(); it != by_end_.end();) {
        if (it->first + limits_.keep_after_close > now) return;
        auto const found = entries_.find(it->second);
        ENSURE(found != entries_.end(), "every end belongs to a listed market");
        if (found->second->pins > 0) {
            ++it;
            continue;
        }
        forget(*found->second);
        it = by_end_.erase(it);
        entries_.erase(found);
        ++counts_.markets_purged;
    }
}

void MarketBoard::forget(Entry& entry) {
    tokens_.erase(entry.market.up);
    tokens_.erase(entry.market.down);
    if (!entry.market.asset) return;
    auto const slot = slots_.find(Slot{*entry.market.asset, entry.market.window});
    if (slot != slots_.end() && slot->second == &entry) slots_.erase(slot);
}

void MarketBoard::pin(ConditionId const& market) {
    auto const found = entries_.find(market);
    if (found != entries_.end()) ++found->second->pins;
}

void MarketBoard::unpin(ConditionId const& market) {
    auto const found = entries_.find(market);
    if (found != entries_.end() && found->second->pins > 0) --found->second->pins;
}

Market const* MarketBoard::find(ConditionId const& market) const {
    auto const found = entries_.find(market);
    return found == entries_.end() ? nullptr : &found->second->market;
}

Market const* MarketBoard::find(Asset asset, Window window) const {
    auto const found = slots_.find(Slot{asset, window});
    return found == slots_.end() ? nullptr : &found->second->market;
}

std::optional<TokenPlace> MarketBoard::find(TokenId const& token) const {
    auto const found = tokens_.find(token);
    if (found == tokens_.end()) return std::nullopt;
    return TokenPlace{&found->second.entry->market, found->second.outcome};
}

std::vector<Market const*> MarketBoard::markets() const {
    std::vector<Market const*> all;
    for (auto const& [end, id] : by_end_)
        all.push_back(find(id));
    return all;
}

std::optional<PricePoint> MarketBoard::latest(Asset asset, PriceSource source) const {
    return track(asset).latest(source);
}

std::vector<std::string> MarketBoard::stale_topics() const {
    std::vector<std::string> all;
    for (auto const& [topic, healthy] : topics_)
        all.push_back(topic.first + " " + topic.second);
    return all;
}

// The own book where it has had a snapshot, even in quarantine: a book that fell silent or crossed
// is a reason not to trade, not a reason to look away. The mirror only where it never existed.
void MarketBoard::fill_books(MarketView& view, Entry const& entry) const {
    auto const pick = [](Book const& own, Book const& other) -> std::optional<BookView> {
        if (own.state() != BookState::empty) return BookView{own, false};
        if (other.state() != BookState::empty) return BookView{other, true};
        return std::nullopt;
    };
    view.up = pick(entry.up, entry.down);
    view.down = pick(entry.down, entry.up);
}

void MarketBoard::fill_prices(MarketView& view, Asset asset, SettlementRule rule) const {
    auto const& prices = track(asset);
    auto const now = view.now;
    if (now >= view.window.start) {
        auto const start = prices.at_boundary(view.window.start, rule);
        view.strike = start.best();
        view.strike_disputed = start.disputed(limits_.dispute_ppm);
    }

    std::optional<PricePoint> newest;
    std::optional<PricePoint> comparable; // of the venue that gave the strike
    for (auto source :
         {PriceSource::binance_bar, PriceSource::binance_trade, PriceSource::chainlink_spot}) {
        auto const& point = prices.latest(source);
        if (!point) continue;
        if (!newest || point->at >= newest->at) newest = point;
        if (view.strike && is_binance(source) == is_binance(view.strike->source) &&
            (!comparable || point->at >= comparable->at))
            comparable = point;
    }
    bool const fresh = comparable && now - comparable->at <= limits_.comparable_spot_max;
    view.spot = fresh ? comparable : newest;

    if (rule.kind != SettlementRule::Kind::twap) return;
    auto const from = view.window.end() - rule.twap_length;
    auto const to = std::min(now, view.window.end());
    if (to <= from) return;
    view.average = prices.average(PriceSource::chainlink_spot, from, to);
    if (!view.average) view.average = prices.average(PriceSource::binance_trade, from, to);
}

MarketView MarketBoard::view(Asset asset, Window window, UtcTime now) const {
    MarketView view;
    view.now = now;
    view.asset = asset;
    view.window = window;
    auto const found = slots_.find(Slot{asset, window});
    auto rule = spot_rule();
    if (found != slots_.end()) {
        view.market = &found->second->market;
        rule = view.market->rule;
        fill_books(view, *found->second);
    }
    fill_prices(view, asset, rule);
    return view;
}

std::optional<MarketView> MarketBoard::view(ConditionId const& market, UtcTime now) const {
    auto const found = entries_.find(market);
    if (found == entries_.end()) return std::nullopt;
    auto const& entry = *found->second;
    MarketView view;
    view.now = now;
    view.market = &entry.market;
    view.asset = entry.market.asset;
    view.window = entry.market.window;
    fill_books(view, entry);
    if (view.asset) fill_prices(view, *view.asset, entry.market.rule);
    return view;
}

} // namespace polyquant::market

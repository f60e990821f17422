// What is known of every listed market and coin right now: books by token, prices with their ages,
// strikes. A pure fold over events; strategies see it through MarketView.
#pragma once

#include "engine/core/events.hpp"
#include "engine/core/market_view.hpp"
#include "engine/market/price_track.hpp"

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace polyquant::market {

struct BoardLimits {
    Seconds keep_after_close{600}; // then an unpinned market and its books go
    std::size_t markets_max = 4'096;
    std::size_t topics_max = 1'024;
    std::int64_t dispute_ppm = 100;    // official strikes further apart are disputed (1 bps)
    Millis disagreement_after{2'000};  // own book against the other's mirror, by over one tick
    Millis comparable_spot_max{3'000}; // older: a spot of the other venue is taken instead
    Millis future_max{10'000};         // a venue time further ahead of ours is not believed
    std::vector<std::string> book_feeds{"tape", "clob.market", "sandbox.market"};
};

struct BoardCounts {
    std::uint64_t markets = 0; // listed so far
    std::uint64_t markets_purged = 0;
    std::uint64_t markets_refused =
        0; // over the limit, without tokens, or a second market for a slot
    std::uint64_t books_crossed = 0;
    std::uint64_t books_impossible = 0; // quarantined for a level that cannot exist
    std::uint64_t feed_quarantines = 0; // books, because their feed or topic went bad
    std::uint64_t books_cleared = 0;    // because the price grid became coarser
    std::uint64_t unknown_tokens = 0;   // book events for tokens of no listed market
    std::uint64_t changes_dropped = 0;  // before a snapshot or in quarantine
    std::uint64_t mirror_disagreements = 0;
    std::uint64_t topics_gone_stale = 0;
    std::uint64_t stamps_refused = 0; // prices from the future
    std::uint64_t bars_refused = 0;   // high < low and the like

    friend bool operator==(BoardCounts const&, BoardCounts const&) = default;
};

struct TokenPlace {
    Market const* market = nullptr;
    Outcome outcome = Outcome::up;
};

class MarketBoard {
public:
    explicit MarketBoard(BoardLimits limits = {});

    void on(Event const& event);

    // Up/down market of a coin and window; `market` is null where none is listed, prices are there
    // all the same. Allocates nothing; valid until the next on().
    MarketView view(Asset asset, Window window, UtcTime now) const;
    // Any listed market.
    std::optional<MarketView> view(ConditionId const& market, UtcTime now) const;

    Market const* find(ConditionId const& market) const;
    Market const* find(Asset asset, Window window) const;
    std::optional<TokenPlace> find(TokenId const& token) const;
    // Listed markets in the order of their ends, then ids.
    std::vector<Market const*> markets() const;

    std::optional<PricePoint> latest(Asset asset, PriceSource source) const;

    PriceTrack const& track(Asset asset) const { return tracks_[index_of(asset)]; }

    // A pinned market stays until it is unpinned (it holds our position). Pins are counted.
    void pin(ConditionId const& market);
    void unpin(ConditionId const& market);

    BoardCounts const& counts() const { return counts_; }

    // Topics now unhealthy, as "feed topic", for the status line.
    std::vector<std::string> stale_topics() const;

private:
    struct Entry {
        Market market;
        Book up;
        Book down;
        int pins = 0;
        std::optional<UtcTime> disagrees_since;
        bool disagreement_counted = false;
    };

    struct Place {
        Entry* entry = nullptr;
        Outcome outcome = Outcome::up;

        Book& book() const { return outcome == Outcome::up ? entry->up : entry->down; }
    };

    using Slot = std::pair<Asset, Window>;

    void take(MarketListed const& event);
    void take(BookSnapshot const& event);
    void take(BookChange const& event);
    void take(TickSizeChanged const& event);
    void take(PriceTick const& event);
    void take(BarUpdate const& event);
    void take(MarketResolved const& event);
    void take(FeedState const& event);

    template <class Other>
    void take(Other const&) {}

    Place place_of(TokenId const& token);
    void after_change(Place const& place, BookState before, UtcTime now);
    void watch_mirror(Entry& entry, UtcTime now);
    void quarantine(Book& book, std::string_view reason);
    bool believable(UtcTime venue_time, Stamp const& at);
    void purge(UtcTime now);
    void forget(Entry& entry);
    void fill_books(MarketView& view, Entry const& entry) const;
    void fill_prices(MarketView& view, Asset asset, SettlementRule rule) const;

    BoardLimits limits_;
    BoardCounts counts_;
    std::unordered_map<ConditionId, std::unique_ptr<Entry>> entries_;
    std::unordered_map<TokenId, Place> tokens_;
    std::map<Slot, Entry*> slots_;
    std::set<std::pair<UtcTime, ConditionId>> by_end_;
    std::map<std::pair<std::string, std::string>, bool, std::less<>> topics_; // healthy?
    std::array<PriceTrack, asset_count> tracks_;
    UtcTime next_purge_{};
};

} // namespace polyquant::market

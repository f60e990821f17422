// What a tape holds and what it lacks: the figures of `tape info`.
#pragma once

#include "connectors/tape/reader.hpp"
#include "engine/core/book.hpp"

#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

namespace polyquant::tape {

struct SummaryLimits {
    Seconds book_silence{10}; // a book without an event for longer than this is silent
    Seconds tick_gap{10};     // the same for price ticks other than those of bars
};

struct Gap {
    UtcTime from{}; // the last thing before
    UtcTime to{};   // the first thing after
};

struct BarSummary {
    std::uint64_t bars = 0;
    UtcTime first_open{};
    UtcTime last_close{};
    std::uint64_t missing = 0; // bars, not gaps
    std::vector<Gap> gaps;
};

struct TickSummary {
    std::uint64_t ticks = 0;
    UtcTime first{};
    UtcTime last{};
    std::vector<Gap> gaps;
};

// One market's books within its window [start, end).
struct MarketSummary {
    Market market;
    UtcTime listed_at{};
    std::uint64_t snapshots = 0;
    std::uint64_t changes = 0;
    std::uint64_t crossed = 0;    // times that a book crossed and had to wait for a snapshot
    std::optional<UtcTime> first; // book event, also outside the window
    std::optional<UtcTime> last;
    std::vector<Gap> silences; // longer than the limit, the window's ends included
    Nanos live{0};             // of the window: some book live and not silent
    Nanos live_last_minute{0}; // of the window's last 60 s
    std::optional<std::optional<Outcome>> resolved;

    // Books are live in at least 90 % of the window and 30 s of its last minute: time enough to
    // decide and to trade late.
    bool is_usable() const;
};

struct TapeSummary {
    std::uint64_t records = 0;
    std::optional<UtcTime> first;
    std::optional<UtcTime> last;
    std::array<std::uint64_t, kind_slots> counts{};
    std::map<std::pair<Asset, Seconds>, BarSummary> bars;
    std::map<std::tuple<Asset, PriceSource, Seconds>, TickSummary> ticks;
    std::vector<MarketSummary> markets; // in the order they were listed
    std::uint64_t book_events_without_market = 0;
    std::map<std::string, std::uint64_t> raw_frames; // by feed

    std::size_t usable_markets() const;
};

// Reads the tape to its end; the reader then knows of damage and defects.
TapeSummary summarize(TapeReader& reader, SummaryLimits const& limits);

} // namespace polyquant::tape

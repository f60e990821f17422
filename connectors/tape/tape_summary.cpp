#include "connectors/tape/tape_summary.hpp"

#include <algorithm>
#include <unordered_map>

namespace polyquant::tape {

namespace {

// The part of [a, b) that lies in [from, to).
Nanos overlap(UtcTime a, UtcTime b, UtcTime from, UtcTime to) {
    auto const length = std::min(b, to) - std::max(a, from);
    return std::max(length, Nanos{0});
}

class Summarizer {
public:
    Summarizer(TapeSummary& summary, SummaryLimits const& limits)
        : summary_{summary}, limits_{limits} {}

    void take(Record const& record) {
        auto const at = stamp_of(record).received_at;
        if (!summary_.first) summary_.first = at;
        summary_.last = at;
        ++summary_.records;
        ++summary_.counts[kind_of(record)];
        if (auto const* frame = std::get_if<RawFrame>(&record))
            ++summary_.raw_frames[frame->feed];
        else
            std::visit([this](auto const& e) { on(e); }, std::get<Event>(record));
    }

    void finish() {
        for (auto& market : summary_.markets) {
            auto const end = market.market.window.end();
            if (!market.last || *market.last < end) silence(market, end);
        }
    }

private:
    struct Place {
        std::size_t market;
        Book book;
    };

    template <class E>
    void on(E const&) {}

    void on(MarketListed const& e) {
        if (by_condition_.contains(e.market.condition)) return;
        auto const number = summary_.markets.size();
        by_condition_[e.market.condition] = number;
        books_[e.market.up] = {number, {}};
        books_[e.market.down] = {number, {}};
        auto& market = summary_.markets.emplace_back();
        market.market = e.market;
        market.listed_at = e.at.received_at;
    }

    void on(MarketResolved const& e) {
        auto const found = by_condition_.find(e.market);
        if (found != by_condition_.end()) summary_.markets[found->second].resolved = e.winner;
    }

    void on(BookSnapshot const& e) {
        auto* place = place_of(e.token, e.at.received_at);
        if (place == nullptr) return;
        ++summary_.markets[place->market].snapshots;
        place->book.apply_snapshot(e.bids, e.asks, e.at.received_at);
        if (!place->book.is_live()) ++summary_.markets[place->market].crossed;
    }

    void on(BookChange const& e) {
        auto* place = place_of(e.token, e.at.received_at);
        if (place == nullptr) return;
        auto& market = summary_.markets[place->market];
        ++market.changes;
        auto const was_live = place->book.is_live();
        place->book.apply_change(e.side, e.price, e.size, e.at.received_at);
        if (e.end_of_frame) place->book.end_of_frame();
        if (was_live && !place->book.is_live()) ++market.crossed;
    }

    void on(BarUpdate const& e) {
        if (!e.closed) return;
        auto& bars = summary_.bars[{e.asset, e.bar.length}];
        if (bars.bars == 0) bars.first_open = e.bar.open_time;
        if (bars.bars != 0 && e.bar.open_time > bars.last_close) {
            bars.gaps.push_back({bars.last_close, e.bar.open_time});
            bars.missing +=
                static_cast<std::uint64_t>((e.bar.open_time - bars.last_close) / e.bar.length);
        }
        ++bars.bars;
        bars.last_close = std::max(bars.last_close, e.bar.close_time());
    }

    void on(PriceTick const& e) {
        auto const at = e.at.received_at;
        auto& ticks = summary_.ticks[{e.asset, e.source, e.twap_length}];
        if (ticks.ticks == 0) ticks.first = at;
        // Ticks of bars come a bar's length apart; a missing one shows as a missing bar.
        auto const gap = ticks.ticks != 0 && e.source != PriceSource::binance_bar &&
                         at - ticks.last > limits_.tick_gap;
        if (gap) ticks.gaps.push_back({ticks.last, at});
        ++ticks.ticks;
        ticks.last = at;
    }

    // The token's book, after the time since the market's last book event has been accounted for.
    Place* place_of(TokenId const& token, UtcTime at) {
        auto const found = books_.find(token);
        if (found == books_.end()) {
            ++summary_.book_events_without_market;
            return nullptr;
        }
        auto& market = summary_.markets[found->second.market];
        if (market.last != at) silence(market, at);
        if (!market.first) market.first = at;
        market.last = at;
        return &found->second;
    }

    // From the market's last book event, or its window's start, to `at`.
    void silence(MarketSummary& market, UtcTime at) {
        auto const window = market.market.window;
        auto const from = market.last.value_or(window.start);
        if (market.last && is_live(market.market)) {
            auto const until = std::min(at, from + limits_.book_silence);
            market.live += overlap(from, until, window.start, window.end());
            market.live_last_minute +=
                overlap(from, until, window.end() - Seconds{60}, window.end());
        }
        auto const a = std::max(from, window.start);
        auto const b = std::min(at, window.end());
        if (b - a > limits_.book_silence) market.silences.push_back({a, b});
    }

    bool is_live(Market const& market) const {
        auto const live = [this](TokenId const& token) {
            auto const found = books_.find(token);
            return found != books_.end() && found->second.book.is_live();
        };
        return live(market.up) || live(market.down);
    }

    TapeSummary& summary_;
    SummaryLimits limits_;
    std::unordered_map<ConditionId, std::size_t> by_condition_;
    std::unordered_map<TokenId, Place> books_;
};

} // namespace

bool MarketSummary::is_usable() const {
    return live * 10 >= market.window.length * 9 && live_last_minute >= Seconds{30};
}

std::size_t TapeSummary::usable_markets() const {
    return static_cast<std::size_t>(std::ranges::count_if(markets, &MarketSummary::is_usable));
}

TapeSummary summarize(TapeReader& reader, SummaryLimits const& limits) {
    TapeSummary summary;
    Summarizer summarizer{summary, limits};
    Record record;
    while (reader.next(record))
        summarizer.take(record);
    summarizer.finish();
    return summary;
}

} // namespace polyquant::tape

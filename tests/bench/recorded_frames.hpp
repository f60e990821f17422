// The recorded sample as the frames that the venue would have sent, and the way they take from a
// socket's text to the bus.
#pragma once

#include "connectors/polymarket/market/book_keeper.hpp"
#include "connectors/polymarket/parse/market_channel.hpp"
#include "connectors/tape/feed.hpp"
#include "engine/app/replay_plan.hpp"
#include "engine/runtime/bus.hpp"
#include "strategies/catalog.hpp"

#include <fmt/format.h>

#include <iterator>

namespace polyquant::bench {

struct Step {
    UtcTime at{};          // received
    std::size_t begin = 0; // of the frame in the text
    std::size_t size = 0;  // zero: an event of another feed
    std::size_t event = 0;
};

struct RecordedFrames {
    config::RunConfig config;
    app::ReplayPlan plan;
    std::string text;
    std::vector<Event> events; // markets and bars
    std::vector<Step> steps;
    std::size_t frames = 0;

    std::string_view frame_of(Step const& step) const {
        return std::string_view{text}.substr(step.begin, step.size);
    }
};

// The recording has whole moments of one token of each market. The venue sends one frame for each
// level that changes, with the change of the other token beside it; so does this, in an order that
// never crosses the book between two of them.
class FrameWriter {
public:
    explicit FrameWriter(RecordedFrames& to) : to_{to} {}

    void on(Event const& event) {
        if (auto const* listed = std::get_if<MarketListed>(&event)) {
            auto const& [condition, up, down] =
                std::tie(listed->market.condition, listed->market.up, listed->market.down);
            books_[up] = {condition, up, down, {}};
            books_[down] = {condition, down, up, {}};
            pass_on(event);
        } else if (auto const* snapshot = std::get_if<BookSnapshot>(&event)) {
            on(*snapshot);
        } else if (auto const* change = std::get_if<BookChange>(&event)) {
            moment_.push_back(*change);
            if (!change->end_of_frame) return;
            for (bool const removals : {true, false})
                for (auto const& c : moment_)
                    if ((c.size == Shares{}) == removals) on(c);
            moment_.clear();
        } else {
            pass_on(event);
        }
    }

private:
    struct TokenBook {
        ConditionId market;
        TokenId own;
        TokenId other;
        Book book;
    };

    void pass_on(Event const& event) {
        to_.steps.push_back({stamp_of(event).received_at, 0, 0, to_.events.size()});
        to_.events.push_back(event);
    }

    void end_frame(std::size_t begin, UtcTime at) {
        to_.steps.push_back({at, begin, to_.text.size() - begin, 0});
        ++to_.frames;
    }

    auto out() { return std::back_inserter(to_.text); }

    void levels(std::span<Level const> levels, bool mirrored) {
        for (auto const& level : levels)
            fmt::format_to(
                out(),
                R"({}{{"price":"{}","size":"{}"}})",
                &level == levels.data() ? "" : ",",
                to_string(mirrored ? level.price.complement() : level.price),
                to_string(level.size)
            );
    }

    void on(BookSnapshot const& snapshot) {
        auto& [market, own, other, book] = books_.at(snapshot.token);
        book.apply_snapshot(snapshot.bids, snapshot.asks, snapshot.at.received_at);
        for (bool const mirrored : {false, true}) {
            auto const begin = to_.text.size();
            fmt::format_to(
                out(),
                R"({{"market":"{}","asset_id":"{}","timestamp":"{}","bids":[)",
                to_string(market),
                to_string(mirrored ? other : own),
                unix_millis(snapshot.at.venue_time)
            );
            levels(mirrored ? snapshot.asks : snapshot.bids, mirrored);
            to_.text += R"(],"asks":[)";
            levels(mirrored ? snapshot.bids : snapshot.asks, mirrored);
            to_.text += R"(],"event_type":"book"})";
            end_frame(begin, snapshot.at.received_at);
        }
    }

    void on(BookChange const& change) {
        auto& [market, own, other, book] = books_.at(change.token);
        if (!book.is_live()) return;
        book.apply_change(change.side, change.price, change.size, change.at.received_at);
        auto const quote = book.quote();
        auto const begin = to_.text.size();
        fmt::format_to(out(), R"({{"market":"{}","price_changes":[)", to_string(market));
        for (bool const mirrored : {false, true}) {
            auto const bid = mirrored ? quote.ask : quote.bid;
            auto const ask = mirrored ? quote.bid : quote.ask;
            auto const price = [mirrored](Price p) {
                return to_string(mirrored ? p.complement() : p);
            };
            fmt::format_to(
                out(),
                R"({}{{"asset_id":"{}","price":"{}","size":"{}","side":"{}",)"
                R"("hash":"8627ee60d71055d4d6d3bee713c0cd3f860fd50a","best_bid":"{}","best_ask":"{}"}})",
                mirrored ? "," : "",
                to_string(mirrored ? other : own),
                price(change.price),
                to_string(change.size),
                (change.side == BookSide::bid) != mirrored ? "BUY" : "SELL",
                bid ? price(bid->price) : "0",
                ask ? price(ask->price) : "1"
            );
        }
        fmt::format_to(
            out(),
            R"(],"timestamp":"{}","event_type":"price_change"}})",
            unix_millis(change.at.venue_time)
        );
        end_frame(begin, change.at.received_at);
    }

    RecordedFrames& to_;
    std::map<TokenId, TokenBook> books_;
    std::vector<BookChange> moment_;
};

// The first of the sample's frames with the bars of the four coins between them.
inline RecordedFrames const& recorded_frames() {
    static auto const recorded = [] {
        constexpr std::size_t frames_max = 200'000;
        std::vector<std::filesystem::path> const files{
            std::filesystem::path{PQ_SOURCE_DIR} / "config/sample.toml"
        };
        RecordedFrames made;
        made.config = config::load_run_config(files, strategies::strategy_kinds()).value();
        made.plan = app::plan_replay(
                        made.config, std::filesystem::temp_directory_path() / "polyquant-bench"
        )
                        .value();
        std::vector<tape::TapeSource> sources;
        for (auto const& path : made.plan.tapes)
            sources.push_back({path, made.plan.start, made.plan.until});
        auto feed = tape::TapeFeed::open(sources).value();
        FrameWriter writer{made};
        made.text.reserve(frames_max * 700);
        while (made.frames < frames_max) {
            auto const* event = feed.next();
            if (event == nullptr) break;
            writer.on(*event);
        }
        return made;
    }();
    return recorded;
}

// What MarketChannelFeed does with each frame, without the socket.
class Intake {
public:
    explicit Intake(runtime::Bus& bus) : bus_{bus} {}

    // False when the frame could not be read.
    bool on(std::string_view frame, UtcTime utc, Instant now) {
        messages_.clear();
        if (!parser_.parse(frame, utc, messages_)) return false;
        for (auto const& message : messages_)
            keeper_.on(message, 0, now);
        keeper_.pump(now);
        return true;
    }

    void on(Event const& event, Instant now) {
        if (auto const* listed = std::get_if<MarketListed>(&event)) {
            keeper_.follow(listed->market, 0, now);
            keeper_.subscribed({listed->market.up, listed->market.down}, 0, now);
        }
        publish(event);
    }

    // Must stay at zero, or the frames are not what they are meant to be.
    std::uint64_t mishaps() const {
        auto const& counts = keeper_.counts();
        return counts.doubts + counts.top_misses + counts.unknown_tokens + counts.dropped_changes;
    }

    polymarket::BookKeeperCounts const& counts() const { return keeper_.counts(); }

private:
    void publish(Event event) {
        stamp_of(event).seq = ++published_;
        bus_.publish(std::move(event));
    }

    runtime::Bus& bus_;
    std::uint64_t published_ = 0;
    polymarket::MarketChannelParser parser_;
    std::vector<polymarket::MarketMessage> messages_;
    polymarket::BookKeeper keeper_{
        {},
        {[this](Event event) { publish(std::move(event)); },
         [](TokenId const&) {},
         [](std::size_t, std::string const&) {
         }}
    };
};

} // namespace polyquant::bench

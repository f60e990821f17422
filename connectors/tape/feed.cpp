#include "connectors/tape/feed.hpp"

#include "connectors/tape/hash64.hpp"

#include <fmt/format.h>

namespace polyquant::tape {

namespace {

UtcTime received(Event const& event) {
    return polyquant::stamp_of(event).received_at;
}

void put_time(ByteSink& out, std::optional<UtcTime> at) {
    out.byte(at ? 1 : 0);
    out.fixed(at ? unix_nanos(*at) : std::int64_t{0});
}

} // namespace

Result<TapeFeed> TapeFeed::open(std::vector<TapeSource> const& sources) {
    TapeFeed feed;
    feed.inputs_.reserve(sources.size());
    ByteSink identity;
    for (auto const& source : sources) {
        auto reader = TapeReader::open(source.path);
        if (!reader) return reader.error();
        identity.fixed(reader->index().identity);
        put_time(identity, source.from);
        put_time(identity, source.to);
        if (source.from) reader->skip_blocks_before(*source.from, true);
        feed.inputs_.push_back({std::move(*reader), source});
    }
    feed.identity_ = hash64(identity.bytes());
    // Only now have the inputs their final place in memory.
    for (auto& input : feed.inputs_)
        feed.advance(input);
    return feed;
}

std::optional<UtcTime> TapeFeed::next_at() const {
    std::optional<UtcTime> at;
    for (auto const& input : inputs_) {
        if (input.head != nullptr && (!at || received(*input.head) < *at))
            at = received(*input.head);
    }
    return at;
}

Event* TapeFeed::next() {
    Input* first = nullptr;
    for (auto& input : inputs_) {
        if (input.head == nullptr) continue;
        if (first == nullptr || received(*input.head) < received(*first->head)) first = &input;
    }
    if (first == nullptr) return nullptr;
    auto* const event = first->head;
    polyquant::stamp_of(*event).seq = ++seq_;
    ++counts_[event->index()];
    first->last = received(*event);
    advance(*first);
    return event;
}

bool TapeFeed::publish_one(std::function<void(Event const&)> const& to) {
    auto const* event = next();
    if (event == nullptr) return false;
    to(*event);
    return true;
}

// Fills the slot that was not handed out last.
void TapeFeed::advance(Input& input) {
    input.head = nullptr;
    input.slot ^= 1;
    auto& record = input.slots[input.slot];
    while (!input.ended) {
        if (!input.reader.next(record)) return end(input);
        if (!wanted(input, record)) continue;
        input.head = &std::get<Event>(record);
        return;
    }
}

bool TapeFeed::wanted(Input& input, Record& record) {
    auto const& [path, from, to] = input.source;
    auto& at = stamp_of(record);
    if (to && at.received_at >= *to) {
        input.ended = true;
        return false;
    }
    auto const* event = std::get_if<Event>(&record);
    if (from && at.received_at < *from) {
        auto const* listed = event != nullptr ? std::get_if<MarketListed>(event) : nullptr;
        if (listed == nullptr || listed->market.window.end() <= *from) return false;
        at.received_at = *from;
    }
    if (event == nullptr) ++counts_[raw_frame_kind];
    return event != nullptr;
}

void TapeFeed::end(Input& input) {
    input.ended = true;
    auto const& damage = input.reader.damage();
    if (!damage || !input.last) return;
    auto& record = input.slots[input.slot];
    record = Event{FeedState{
        {*input.last, *input.last, 0},
        "tape",
        input.source.path.filename().string(),
        false,
        describe(*damage)
    }};
    input.head = &std::get<Event>(record);
}

std::vector<std::string> TapeFeed::problems() const {
    std::vector<std::string> lines;
    for (auto const& input : inputs_)
        for (auto& line : problems_of(input.reader))
            lines.push_back(std::move(line));
    return lines;
}

std::vector<std::string> problems_of(TapeReader const& reader) {
    std::vector<std::string> lines;
    if (auto const& damage = reader.damage())
        lines.push_back(fmt::format("{}: {}", reader.path(), describe(*damage)));
    for (std::size_t i = 0; i < defect_kinds; ++i) {
        auto const kind = static_cast<DefectKind>(i);
        auto const& defect = reader.defect(kind);
        if (defect.count == 0) continue;
        lines.push_back(fmt::format(
            "{}: {} x {}, first is record {}: {}",
            reader.path(),
            to_string(kind),
            defect.count,
            defect.first_record,
            defect.first_detail
        ));
    }
    return lines;
}

} // namespace polyquant::tape

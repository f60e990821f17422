#include "connectors/tape/feed.hpp"
#include "connectors/tape/writer.hpp"
#include "tests/connectors/tape/records.hpp"
#include "tests/support/catch.hpp"

using namespace polyquant;
using namespace polyquant::tape;
using testing::change;
using testing::Scratch;

namespace {

void write(std::filesystem::path const& path, std::vector<Record> const& records) {
    auto writer = TapeWriter::create(path, {}, {3, 100}).value();
    for (auto const& record : records)
        writer.append(record).value();
    writer.close().value();
}

MarketListed listing(std::int64_t at_ms, std::int64_t start_s) {
    auto const at = utc_from_millis(at_ms);
    Market market;
    market.asset = Asset::btc;
    market.window = {utc_from_seconds(start_s), Seconds{300}};
    market.slug = updown_slug(Asset::btc, market.window);
    market.up = testing::token(1);
    market.down = testing::token(2);
    return {{at, at, 0}, market};
}

std::vector<Event> play(TapeFeed& feed) {
    std::vector<Event> events;
    while (auto const* event = feed.next())
        events.push_back(*event);
    return events;
}

int size_of(Event const& event) {
    return static_cast<int>(std::get<BookChange>(event).size.micros() / 1'000'000);
}

} // namespace

TEST_CASE("TapeFeed merges by receive time, ties by the order of the tapes", "[tape][feed]") {
    Scratch const scratch{"merge"};
    write(scratch / "a", {Event{change(10, 1, 50, 1)}, Event{change(30, 1, 50, 4)}});
    write(
        scratch / "b",
        {Event{change(10, 2, 50, 2)}, Event{change(20, 2, 50, 3)}, Event{change(30, 2, 50, 5)}}
    );
    auto feed = TapeFeed::open({{scratch / "a", {}, {}}, {scratch / "b", {}, {}}}).value();

    CHECK(feed.next_at() == utc_from_millis(10));
    auto const events = play(feed);

    REQUIRE(events.size() == 5);
    for (int i = 0; i < 5; ++i) {
        CHECK(size_of(events[static_cast<std::size_t>(i)]) == i + 1);
        CHECK(
            polyquant::stamp_of(events[static_cast<std::size_t>(i)]).seq ==
            static_cast<std::uint64_t>(i + 1)
        );
    }
    CHECK_FALSE(feed.next_at().has_value());
    CHECK(feed.counts()[kind_number<BookChange>()] == 5);
    CHECK(feed.problems().empty());
}

TEST_CASE("TapeFeed knows the next time before the last event is used up", "[tape][feed]") {
    Scratch const scratch{"peek"};
    write(scratch / "a", {Event{change(10, 1, 50, 1)}, Event{change(30, 1, 50, 2)}});
    auto feed = TapeFeed::open({{scratch / "a", {}, {}}}).value();

    auto const* event = feed.next();

    CHECK(feed.next_at() == utc_from_millis(30));
    CHECK(size_of(*event) == 1);
}

TEST_CASE("TapeFeed plays the half-open range asked for", "[tape][feed]") {
    Scratch const scratch{"range"};
    std::vector<Record> records;
    for (int i = 0; i < 100; ++i)
        records.push_back(Event{change(i, 1, 50, i)});
    write(scratch / "a", records);
    auto feed = TapeFeed::open({{scratch / "a", utc_from_millis(20), utc_from_millis(30)}}).value();

    auto const events = play(feed);

    REQUIRE(events.size() == 10);
    CHECK(size_of(events.front()) == 20);
    CHECK(size_of(events.back()) == 29);
    CHECK(polyquant::stamp_of(events.front()).seq == 1);
}

TEST_CASE("TapeFeed delivers markets that were listed earlier and are still open", "[tape][feed]") {
    Scratch const scratch{"listings"};
    std::vector<Record> records{Event{listing(0, 300)}, Event{listing(1, 600)}};
    for (int i = 0; i < 100; ++i)
        records.push_back(Event{change(1000 + i, 1, 50, i)});
    records.push_back(Event{change(700'000, 1, 50, 7)});
    write(scratch / "a", records);
    auto feed = TapeFeed::open({{scratch / "a", utc_from_seconds(650), {}}}).value();

    auto const events = play(feed);

    REQUIRE(events.size() == 2);
    auto const& listed = std::get<MarketListed>(events[0]);
    CHECK(listed.market.window.start == utc_from_seconds(600));
    CHECK(listed.at.received_at == utc_from_seconds(650));
    CHECK(size_of(events[1]) == 7);
}

TEST_CASE(
    "TapeFeed tells of damage in the stream and goes on with the other tapes", "[tape][feed]"
) {
    Scratch const scratch{"damage"};
    write(scratch / "a", {Event{change(10, 1, 50, 1)}});
    write(scratch / "b", {Event{change(20, 2, 50, 2)}});
    auto const bytes = testing::slurp(scratch / "a");
    testing::spill(scratch / "a", bytes.substr(0, bytes.size() - 1));
    auto feed = TapeFeed::open({{scratch / "a", {}, {}}, {scratch / "b", {}, {}}}).value();

    auto const events = play(feed);

    REQUIRE(events.size() == 3);
    auto const& state = std::get<FeedState>(events[1]);
    CHECK_FALSE(state.healthy);
    CHECK(state.topic == "a");
    CHECK(state.at.received_at == utc_from_millis(10));
    REQUIRE(feed.problems().size() == 1);
    CHECK(feed.problems()[0].find("truncated") != std::string::npos);
}

TEST_CASE("TapeFeed's identity follows content and range, not the path", "[tape][feed]") {
    Scratch const scratch{"identity"};
    write(scratch / "a", {Event{change(10, 1, 50, 1)}});
    write(scratch / "same", {Event{change(10, 1, 50, 1)}});
    write(scratch / "other", {Event{change(10, 1, 50, 2)}});
    auto const identity = [&scratch](char const* name, std::optional<UtcTime> to) {
        return TapeFeed::open({{scratch / name, {}, to}}).value().identity();
    };

    CHECK(identity("a", {}) == identity("same", {}));
    CHECK(identity("a", {}) != identity("other", {}));
    CHECK(identity("a", {}) != identity("a", utc_from_seconds(1)));
}

TEST_CASE("TapeFeed counts raw frames and leaves them out", "[tape][feed]") {
    Scratch const scratch{"raw"};
    RawFrame frame{{utc_from_millis(5), utc_from_millis(5), 0}, "clob.market", "t", "{}"};
    write(scratch / "a", {frame, Event{change(10, 1, 50, 1)}, Event{change(11, 1, 50, 2)}});
    auto feed = TapeFeed::open({{scratch / "a", {}, {}}}).value();

    CHECK(play(feed).size() == 2);
    CHECK(feed.counts()[raw_frame_kind] == 1);
}

TEST_CASE("TapeFeed refuses a tape that cannot be opened", "[tape][feed]") {
    Scratch const scratch{"absent"};

    CHECK(TapeFeed::open({{scratch / "none", {}, {}}}).error().fault == Fault::invalid);
}

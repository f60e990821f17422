// The tapes in data/sample are what a fresh clone replays: their figures are known exactly.
#include "connectors/tape/feed.hpp"
#include "connectors/tape/tape_summary.hpp"
#include "tests/support/catch.hpp"

using namespace polyquant;
using namespace polyquant::tape;

namespace {

std::filesystem::path sample(std::string const& name) {
    return std::filesystem::path{PQ_SOURCE_DIR} / "data" / "sample" / name;
}

TapeSummary whole(std::string const& name) {
    auto reader = TapeReader::open(sample(name)).value();
    auto summary = summarize(reader, {});
    CHECK(problems_of(reader).empty());
    return summary;
}

std::uint64_t count(TapeSummary const& summary, std::size_t kind) {
    return summary.counts[kind];
}

} // namespace

TEST_CASE("The sample books of 14 April hold 18 windows, 17 of them usable", "[tape][sample]") {
    auto const summary = whole("btc5m-book-20260414.tape");

    CHECK(count(summary, kind_number<MarketListed>()) == 18);
    CHECK(count(summary, kind_number<BookSnapshot>()) == 18);
    CHECK(count(summary, kind_number<BookChange>()) == 746'829);
    CHECK(summary.records == 746'865);
    CHECK(summary.usable_markets() == 17);
    CHECK(summary.book_events_without_market == 0);
    CHECK(summary.first == parse_utc("2026-04-14T08:05:10.711Z").value());
    CHECK(summary.last == parse_utc("2026-04-14T09:49:25.660Z").value());
}

TEST_CASE("The sample books of 15 April hold 34 usable windows", "[tape][sample]") {
    auto const summary = whole("btc5m-book-20260415.tape");

    CHECK(count(summary, kind_number<MarketListed>()) == 34);
    CHECK(count(summary, kind_number<BookSnapshot>()) == 36);
    CHECK(count(summary, kind_number<BookChange>()) == 1'253'603);
    CHECK(summary.usable_markets() == 34);
    CHECK(summary.book_events_without_market == 0);
    CHECK(summary.first == parse_utc("2026-04-15T11:45:03.499Z").value());
    CHECK(summary.last == parse_utc("2026-04-15T14:45:04.501Z").value());
    for (auto const& market : summary.markets)
        CHECK(market.crossed == 0);
}

TEST_CASE("The sample bars of four coins have no gap", "[tape][sample]") {
    for (auto asset : all_assets) {
        auto const summary = whole(std::string{lower_name(asset)} + "-1m-bars.tape");

        INFO(to_string(asset));
        REQUIRE(summary.bars.size() == 1);
        auto const& bars = summary.bars.at({asset, Seconds{60}});
        CHECK(bars.bars == 14'806);
        CHECK(bars.missing == 0);
        CHECK(bars.first_open == parse_utc("2026-04-05T07:59:00Z").value());
        CHECK(bars.last_close == parse_utc("2026-04-15T14:45:00Z").value());
        CHECK(count(summary, kind_number<PriceTick>()) == 14'806);
    }
}

TEST_CASE("The sample plays as one stream in receive order", "[tape][sample]") {
    std::vector<TapeSource> sources{{sample("btc5m-book-20260415.tape"), {}, {}}};
    for (auto asset : all_assets)
        sources.push_back({sample(std::string{lower_name(asset)} + "-1m-bars.tape"), {}, {}});
    auto feed = TapeFeed::open(sources).value();

    UtcTime last{};
    std::uint64_t backward = 0;
    while (auto const* event = feed.next()) {
        auto const at = polyquant::stamp_of(*event).received_at;
        if (at < last) ++backward;
        last = at;
    }

    CHECK(backward == 0);
    CHECK(feed.events() == 1'253'673 + 4 * 29'612);
    CHECK(feed.problems().empty());
}

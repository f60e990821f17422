#include "connectors/tape/importers.hpp"
#include "tests/connectors/tape/records.hpp"
#include "tests/support/catch.hpp"

#include <cmath>
#include <sstream>

using namespace polyquant;
using namespace polyquant::tape;

namespace {

std::vector<Event> drain(Source& source) {
    std::vector<Event> events;
    std::vector<Event> batch;
    while (source->next(batch))
        for (auto& event : batch)
            events.push_back(std::move(event));
    return events;
}

std::string const bar_header =
    "open_time_ms,open,high,low,close,volume,close_time_ms,quote_volume,trades,taker_buy_base,"
    "taker_buy_quote\n";

std::vector<Event>
bars(std::string const& rows, ImportReport& report, TimeRange range = {}, BarFile file = {}) {
    std::istringstream in{bar_header + rows};
    auto source = import_bars(in, file, range, report).value();
    return drain(source);
}

// Tokens 1 (main, Down) and 2 of the window that starts at 1776081600.
std::string const slug = "btc-updown-5m-1776081600";
std::string const book_header = "recv_ms,exch_ms,slot_start_sec,asset_id,kind,side,price,size\n";

Coverage coverage_of(std::optional<Outcome> side) {
    Coverage coverage;
    coverage.add(slug, {parse_token_id("1").value(), 4000, side, {}, {}, {}});
    coverage.add(slug, {parse_token_id("2").value(), 300, {}, {}, {}, {}});
    return coverage;
}

std::vector<Event> book(
    std::string const& rows,
    ImportReport& report,
    TimeRange range = {},
    BookMarketDefaults const& defaults = {},
    std::optional<Outcome> side = Outcome::down
) {
    auto const coverage = coverage_of(side);
    std::istringstream in{book_header + rows};
    auto source = import_book(in, coverage, defaults, range, report).value();
    return drain(source);
}

std::string const snapshot_rows = "1000,990,1776081600,1,S,,,\n"
                                  "1000,990,1776081600,1,S,B,0.48,100\n"
                                  "1000,990,1776081600,1,S,A,0.52,50.25\n";

} // namespace

TEST_CASE(
    "A bar becomes a closed bar and its exact close, both at its close time", "[tape][import]"
) {
    ImportReport report;

    auto const events =
        bars("1751328000000,107146.51,107146.51,107123.13,107126.37,8.20753,,,,,\n", report);

    REQUIRE(events.size() == 2);
    auto const& update = std::get<BarUpdate>(events[0]);
    CHECK(update.at.received_at == utc_from_millis(1'751'328'060'000));
    CHECK(update.closed);
    CHECK(update.bar.open_time == utc_from_millis(1'751'328'000'000));
    CHECK(update.bar.close == 107126.37);
    CHECK(std::isnan(update.bar.trades));
    CHECK(std::isnan(update.bar.taker_buy_base));
    auto const& tick = std::get<PriceTick>(events[1]);
    CHECK(tick.at.received_at == utc_from_millis(1'751'328'060'000));
    CHECK(tick.source == PriceSource::binance_bar);
    CHECK(tick.price == UsdPrice::from_e8(10'712'637'000'000));
    CHECK(report.bad_rows() == 0);
}

TEST_CASE("A bar with every column keeps trades and taker volume", "[tape][import]") {
    ImportReport report;

    auto const events = bars(
        "1672617600000,16617.17,16629.05,16610.03,16612.62,1175.88274,1672618499999,19542988.4,"
        "39720,540.48094,8982747.8\n",
        report,
        {},
        {Asset::btc, std::chrono::minutes{15}}
    );

    REQUIRE(events.size() == 2);
    CHECK(std::get<BarUpdate>(events[0]).bar.trades == 39720);
    CHECK(std::get<BarUpdate>(events[0]).bar.taker_buy_base == 540.48094);
}

TEST_CASE("Bad bar rows are counted by kind with their first line", "[tape][import]") {
    ImportReport report;

    auto const events = bars(
        "60000,2,3,1,2,5,,,,,\n"
        "120000,2,1,3,2,5,,,,,\n"     // high below low
        "180000,2,1,3,2,5,,,,,\n"     // again
        "60000,2,3,1,2,5,,,,,\n"      // twice
        "0,2,3,1,2,5,,,,,\n"          // no time
        "240001,2,3,1,2,5,,,,,\n"     // off the grid
        "240000,2,3,1,x,5,,,,,\n"     // no number
        "240000,2,3,1\n"              // cut off
        "240000,2,3,1,2,5,1,,,,\n"    // closes at another time
        "300000,2,3,1,2,5,,,,,\r\n\n" // fine, with another line end
        "180000,2,3,1,2,5,,,,,\n",    // back
        report
    );

    CHECK(events.size() == 4);
    CHECK(report.rows == 11);
    CHECK(report.bad_rows() == 9);
    CHECK(report.bad.at("high below low").count == 2);
    CHECK(report.bad.at("high below low").first_line == 3);
    CHECK(report.bad.at("bar twice").first_line == 5);
    CHECK(report.bad.at("time going back").first_line == 13);
    CHECK(report.bad.at("wrong number of columns").count == 1);
    CHECK(report.bad.at("close time does not fit the length").count == 1);
}

TEST_CASE("Bars outside the range of their close times are left out", "[tape][import]") {
    ImportReport report;

    auto const events = bars(
        "60000,2,3,1,2,5,,,,,\n120000,2,3,1,2,5,,,,,\n180000,2,3,1,2,5,,,,,\n",
        report,
        {utc_from_millis(180'000), utc_from_millis(240'000)}
    );

    REQUIRE(events.size() == 2);
    CHECK(std::get<BarUpdate>(events[0]).bar.open_time == utc_from_millis(120'000));
    CHECK(report.outside == 2);
}

TEST_CASE("A file without the columns of bars is refused naming them", "[tape][import]") {
    std::istringstream in{"time,open,high\n1,2,3\n"};
    std::istringstream empty{""};
    ImportReport report;

    auto const source = import_bars(in, {}, {}, report);

    REQUIRE(source.has_error());
    CHECK(source.error().detail.find("open_time_ms") != std::string::npos);
    CHECK(import_bars(empty, {}, {}, report).has_error());
}

TEST_CASE("Asset and length of bars come from the file name", "[tape][import]") {
    CHECK(bar_file_of("ETHUSDT-15m-20230102-20260430.csv.gz")->asset == Asset::eth);
    CHECK(bar_file_of("ETHUSDT-15m-20230102-20260430.csv.gz")->length == Seconds{900});
    CHECK(bar_file_of("BTCUSDT-1m.csv")->length == Seconds{60});
    CHECK_FALSE(bar_file_of("prices.csv"));
    CHECK_FALSE(bar_file_of("DOGEUSDT-1m-2024.csv"));
    CHECK_FALSE(bar_file_of("BTCUSDT-x-2024.csv"));
}

TEST_CASE("Chainlink prints are cut to 1e-8 and stamped with both times", "[tape][import]") {
    std::istringstream in{
        "feed_ts_ms,value,full_accuracy_value,server_ts_ms,recv_ms\n"
        "1780876800000,63304.20,63304200301195075999999,1780876800939,1780876801156\n"
    };
    ImportReport report;
    auto source = import_chainlink(in, Asset::btc, {}, report).value();

    auto const events = drain(source);

    REQUIRE(events.size() == 1);
    auto const& tick = std::get<PriceTick>(events[0]);
    CHECK(tick.price == UsdPrice::from_e8(6'330'420'030'119));
    CHECK(tick.source == PriceSource::chainlink_spot);
    CHECK(tick.at.venue_time == utc_from_millis(1'780'876'800'000));
    CHECK(tick.at.received_at == utc_from_millis(1'780'876'801'156));
}

TEST_CASE("Chainlink prints that came in late stand where they were received", "[tape][import]") {
    std::istringstream in{"feed_ts_ms,value,full_accuracy_value,server_ts_ms,recv_ms\n"
                          "1000,1,1000000000000000000,0,5000\n"
                          "2000,1,2000000000000000000,0,4000\n"
                          "3000,1,-3,0,6000\n"
                          "4000,1,4000000000000000000,0,x\n"
                          "5000,1,5000000000000000000,0,30000\n"
                          "6000,1,6000000000000000000,0,1000\n"};
    ImportReport report;
    auto source = import_chainlink(in, Asset::btc, {}, report).value();

    auto const events = drain(source);

    REQUIRE(events.size() == 3);
    CHECK(std::get<PriceTick>(events[0]).at.received_at == utc_from_millis(4000));
    CHECK(std::get<PriceTick>(events[1]).at.received_at == utc_from_millis(5000));
    CHECK(report.bad_rows() == 3);
    CHECK(report.notes.size() == 1);
}

TEST_CASE("Book rows become a listing, one snapshot and frames of changes", "[tape][import]") {
    ImportReport report;

    auto const events = book(
        snapshot_rows + "2000,1990,1776081600,1,D,B,0.49,10\n"
                        "2000,1990,1776081600,1,D,A,0.52,0\n"
                        "2000,1995,1776081600,1,D,A,0.53,7.5\n",
        report
    );

    REQUIRE(events.size() == 5);
    auto const& market = std::get<MarketListed>(events[0]).market;
    CHECK(market.slug == slug);
    CHECK(market.window.start == utc_from_seconds(1'776'081'600));
    CHECK(market.down == parse_token_id("1").value());
    CHECK(market.up == parse_token_id("2").value());
    CHECK(market.condition == synthetic_condition(slug));
    CHECK(market.fee == FeeSchedule{72'000, 1});
    CHECK(market.taker_delay == Millis{250});
    CHECK(market.rule == spot_rule());
    auto const& snapshot = std::get<BookSnapshot>(events[1]);
    CHECK(snapshot.at.venue_time == utc_from_millis(990));
    CHECK(snapshot.bids == std::vector{Level{cents(48), shares(100)}});
    CHECK(snapshot.asks == std::vector{Level{cents(52), Shares::from_micros(50'250'000)}});
    CHECK_FALSE(std::get<BookChange>(events[2]).end_of_frame);
    CHECK(std::get<BookChange>(events[3]).end_of_frame);
    CHECK(std::get<BookChange>(events[3]).size.is_zero());
    CHECK(std::get<BookChange>(events[4]).end_of_frame);
    CHECK(report.bad_rows() == 0);
}

TEST_CASE("The token recorded in part is left out unless asked for", "[tape][import]") {
    auto const rows = snapshot_rows + "1500,1490,1776081600,2,S,,,\n"
                                      "1500,1490,1776081600,2,S,B,0.47,5\n";
    ImportReport report;
    ImportReport report_of_both;
    BookMarketDefaults both;
    both.both_tokens = true;

    CHECK(book(rows, report).size() == 2);
    CHECK(report.left_out == 2);
    CHECK(book(rows, report_of_both, {}, both).size() == 3);
}

TEST_CASE("A market whose recorded outcome is unknown is left out and named", "[tape][import]") {
    ImportReport report;

    auto const events = book(snapshot_rows, report, {}, {}, std::nullopt);

    CHECK(events.empty());
    CHECK(report.left_out == 3);
    CHECK(report.notes.back().find(slug) != std::string::npos);
}

TEST_CASE("A range that begins within a recording begins with the book so far", "[tape][import]") {
    ImportReport report;

    auto const events = book(
        snapshot_rows + "2000,1990,1776081600,1,D,B,0.49,10\n"
                        "3000,2990,1776081600,1,D,B,0.48,0\n"
                        "9000,8990,1776081600,1,D,B,0.47,1\n",
        report,
        {utc_from_millis(3000), utc_from_millis(9000)}
    );

    REQUIRE(events.size() == 3);
    CHECK(std::get<MarketListed>(events[0]).at.received_at == utc_from_millis(3000));
    auto const& snapshot = std::get<BookSnapshot>(events[1]);
    CHECK(
        snapshot.bids == std::vector{Level{cents(49), shares(10)}, Level{cents(48), shares(100)}}
    );
    CHECK(std::get<BookChange>(events[2]).size.is_zero());
}

TEST_CASE("Bad book rows are counted by kind with their first line", "[tape][import]") {
    ImportReport report;

    auto const events = book(
        "900,890,1776081600,1,D,B,0.49,10\n" // before any snapshot
        "950,940,1776081600,1,S,B,0.49,10\n" // snapshot row without a snapshot
            + snapshot_rows +
            "2000,1990,1776081600,1,D,B,1.00,10\n"
            "2000,1990,1776081600,1,D,B,0.49,-10\n"
            "2000,1990,1776081600,1,D,X,0.49,10\n"
            "2000,1990,1776081600,1,Q,B,0.49,10\n"
            "2000,1990,1776081601,1,D,B,0.49,10\n"
            "1999,1990,1776081600,abc,D,B,0.49,10\n"
            "x,1990,1776081600,1,D,B,0.49,10\n"
            "2000,1990,1776081600,1,D,B,0.4",
        report
    );

    CHECK(events.size() == 2);
    CHECK(report.bad.at("level change before any snapshot").first_line == 2);
    CHECK(report.bad.at("snapshot row without its beginning").first_line == 3);
    CHECK(report.bad.at("price not within 0 and 1").first_line == 7);
    CHECK(report.bad.at("slot or token id makes no sense").count == 2);
    CHECK(report.bad_rows() == 10);
}

TEST_CASE("Time going back among book rows is refused row by row", "[tape][import]") {
    ImportReport report;

    auto const events = book(
        snapshot_rows + "900,890,1776081600,1,D,B,0.49,10\n"
                        "2000,1990,1776081600,1,D,B,0.49,10\n",
        report
    );

    CHECK(events.size() == 3);
    CHECK(report.bad.at("time going back").first_line == 5);
}

TEST_CASE("Replayed book messages become snapshots, a new tick told first", "[tape][import]") {
    auto const line = [](int ms, std::string const& more) {
        return "{\"recv_ms\":" + std::to_string(ms) +
               ",\"slug\":\"btc-updown-5m-1776081600\",\"msg\":{\"market\":\"0x" +
               std::string(64, 'a') +
               "\",\"asset_id\":\"1\",\"timestamp\":\"990\",\"bids\":[{\"price\":\".48\",\"size\":"
               "\"100\"}],\"asks\":[],\"event_type\":\"book\"" +
               more + "}}\n";
    };
    std::istringstream in{
        line(1000, "") + line(1001, ",\"tick_size\":\"0.001\"") + line(1002, "") + line(999, "") +
        "{broken\n" + "{\"recv_ms\":1003}\n"
    };
    auto const coverage = coverage_of(Outcome::up);
    ImportReport report;
    auto source = import_book_replay(in, coverage, {}, {}, report).value();

    auto const events = drain(source);

    REQUIRE(events.size() == 5);
    auto const& market = std::get<MarketListed>(events[0]).market;
    CHECK(market.up == parse_token_id("1").value());
    CHECK(to_string(market.condition) == "0x" + std::string(64, 'a'));
    CHECK(std::get<BookSnapshot>(events[1]).bids.size() == 1);
    CHECK(std::get<TickSizeChanged>(events[2]).new_tick == Price::from_micros(1000));
    CHECK(std::holds_alternative<BookSnapshot>(events[3]));
    CHECK(report.bad.at("time going back").first_line == 4);
    CHECK(report.bad.at("not a JSON object").first_line == 5);
    CHECK(report.bad.at("recv_ms, slug or msg is missing").first_line == 6);
}

TEST_CASE(
    "A token's outcome is inferred only from a clear price and a clear move", "[tape][import]"
) {
    auto const row = [](double mid, double offset, double move) {
        return Coverage::Row{{}, 1, {}, mid, offset, move};
    };

    CHECK(infer_side(row(0.97, 290, 10)) == Outcome::up);
    CHECK(infer_side(row(0.97, 290, -10)) == Outcome::down);
    CHECK(infer_side(row(0.02, 290, 10)) == Outcome::down);
    CHECK(infer_side(row(0.02, 290, -10)) == Outcome::up);
    CHECK_FALSE(infer_side(row(0.80, 290, 10)));
    CHECK_FALSE(infer_side(row(0.97, 200, 10)));
    CHECK_FALSE(infer_side(row(0.97, 290, 2)));
    CHECK_FALSE(infer_side({}));
}

TEST_CASE("Coverage that contradicts itself gives no side", "[tape][import]") {
    Coverage coverage;
    coverage.add(slug, {parse_token_id("1").value(), 10, Outcome::up, {}, {}, {}});
    coverage.add(slug, {parse_token_id("2").value(), 20, Outcome::up, {}, {}, {}});

    auto const tokens = coverage.find(slug);

    REQUIRE(tokens.has_value());
    CHECK(tokens->main == parse_token_id("2").value());
    CHECK_FALSE(tokens->side.has_value());
}

TEST_CASE("Synthetic ids differ by slug and outcome", "[tape][import]") {
    CHECK(synthetic_token(slug, Outcome::up) != synthetic_token(slug, Outcome::down));
    CHECK(synthetic_condition(slug) != synthetic_condition("btc-updown-5m-1776081900"));
}

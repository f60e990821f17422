#include "engine/core/market.hpp"
#include "engine/core/time.hpp"
#include "tests/support/catch.hpp"

using namespace polyquant;

TEST_CASE("parse_utc reads the venue's spellings", "[core][time]") {
    auto const midnight = utc_from_seconds(1'795'392'000);

    CHECK(parse_utc("2026-11-23T00:00:00Z").value() == midnight);
    CHECK(parse_utc("2026-11-23").value() == midnight);
    CHECK(parse_utc("2026-11-23 00:00:16+00").value() == midnight + 16s);
    CHECK(parse_utc("2026-11-22T19:00:00-05:00").value() == midnight);
    CHECK(parse_utc("2026-11-23T00:00:00.25Z").value() == midnight + 250ms);
    CHECK(parse_utc("2026-11-23T00:00Z").value() == midnight);
    CHECK(format_utc(midnight + 1250ms) == "2026-11-23T00:00:01.250Z");
}

TEST_CASE("format_utc prints every instant that can be represented", "[core][time]") {
    CHECK(format_utc(UtcTime::min()) == "1677-09-21T00:12:43.145Z");
    CHECK(format_utc(UtcTime::max()) == "2262-04-11T23:47:16.854Z");
    CHECK(format_utc(utc_from_seconds(-1)) == "1969-12-31T23:59:59Z");
}

TEST_CASE("parse_utc refuses what has no zone or is no date", "[core][time]") {
    for (auto const* text :
         {"2026-11-23T00:00:00",
          "2026-02-30",
          "2026-13-01",
          "",
          "2026-11-23T24:00Z",
          "yesterday",
          "2026-11-23T00:00:00Zx",
          "2026-11-23T00:00:00.Z"})
        CHECK_FALSE(parse_utc(text));
}

TEST_CASE("window_at finds the five minutes around any instant", "[core][time]") {
    auto const start = utc_from_seconds(1'776'081'600);

    CHECK(window_at(start).start == start);
    CHECK(window_at(start + 299'999ms).start == start);
    CHECK(window_at(start + 300s).start == start + 300s);
    CHECK(window_at(start - 1ns).start == start - 300s);
    CHECK(window_at(utc_from_seconds(-1)).start == utc_from_seconds(-300));
    CHECK(next_window(window_at(start)).start == start + 300s);
}

TEST_CASE("Up/down slugs are printed and read back", "[core][market]") {
    auto const window = Window{utc_from_seconds(1'776'081'600), 300s};

    auto const slug = updown_slug(Asset::btc, window);
    auto const back = parse_updown_slug(slug);

    CHECK(slug == "btc-updown-5m-1776081600");
    REQUIRE(back);
    CHECK(back->asset == Asset::btc);
    CHECK((back->window == window));
    CHECK(parse_updown_slug("xrp-updown-15m-1776081600").value().window.length == 900s);
    for (auto const* bad :
         {"btc-updown-5m-1776081601",
          "btc-updown-4h-1776081600",
          "btc",
          "ape-updown-5m-1776081600",
          "btc-updown-5m-",
          "btc-updown-5m-17733072000",
          "btc-updown-5m-17760816x0"})
        CHECK_FALSE(parse_updown_slug(bad));
}

TEST_CASE("bar_defect names what cannot be true of a bar", "[core][market]") {
    auto bar = Bar{utc_from_seconds(60), 60s, 10, 12, 9, 11, 5, 3, 2};

    CHECK(bar_defect(bar).empty());
    bar.high = 8;
    CHECK(bar_defect(bar) == "high below low");
    bar.high = 10.5;
    CHECK(bar_defect(bar) == "close outside high and low");
    bar = Bar{utc_from_seconds(60), 60s, 10, 12, 9, 11, -1, 3, 2};
    CHECK(bar_defect(bar) == "negative volume");
    bar.volume = std::numeric_limits<double>::quiet_NaN();
    CHECK(bar_defect(bar) == "not a finite number");
}

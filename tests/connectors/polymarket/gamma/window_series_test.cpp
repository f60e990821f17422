#include "connectors/polymarket/gamma/window_series.hpp"
#include "tests/support/catch.hpp"

using namespace polyquant;
using namespace polyquant::polymarket;

namespace {

UtcTime utc(char const* text) {
    return parse_utc(text).value();
}

} // namespace

TEST_CASE("Slugs of up/down windows follow the venue's forms", "[polymarket][gamma][series]") {
    auto const t = utc("2026-11-23T08:07:30Z");
    auto const slug = [&](WindowSeries series, Asset asset) {
        return slug_of(series, asset, window_of(series, t));
    };

    CHECK(slug(WindowSeries::five_minutes, Asset::btc) == "btc-updown-5m-1795421100");
    CHECK(slug(WindowSeries::fifteen_minutes, Asset::eth) == "eth-updown-15m-1795420800");
    CHECK(slug(WindowSeries::hourly, Asset::btc) == "bitcoin-up-or-down-november-23-2026-3am-et");
    CHECK(slug(WindowSeries::four_hours, Asset::xrp) == "xrp-updown-4h-1795410000");
}

TEST_CASE("Hours of the hourly series are those of New York", "[polymarket][gamma][series]") {
    auto const slug = [](char const* text) {
        return slug_of(
            WindowSeries::hourly, Asset::sol, window_of(WindowSeries::hourly, utc(text))
        );
    };

    CHECK(slug("2026-11-23T05:00:00Z") == "solana-up-or-down-november-23-2026-12am-et");
    CHECK(slug("2026-11-23T17:59:59Z") == "solana-up-or-down-november-23-2026-12pm-et");
    CHECK(slug("2026-07-01T02:10:00Z") == "solana-up-or-down-june-30-2026-10pm-et");
}

TEST_CASE("New York's clock changes in March and November", "[polymarket][gamma][series]") {
    CHECK(new_york_offset(utc("2026-03-08T06:59:59Z")) == Seconds{-5 * 3600});
    CHECK(new_york_offset(utc("2026-03-08T07:00:00Z")) == Seconds{-4 * 3600});
    CHECK(new_york_offset(utc("2026-11-01T05:59:59Z")) == Seconds{-4 * 3600});
    CHECK(new_york_offset(utc("2026-11-01T06:00:00Z")) == Seconds{-5 * 3600});
}

TEST_CASE("4h windows follow New York's wall clock", "[polymarket][gamma][series]") {
    auto const summer = window_of(WindowSeries::four_hours, utc("2026-07-01T05:00:00Z"));
    auto const spring = window_of(WindowSeries::four_hours, utc("2026-03-08T06:00:00Z"));
    auto const autumn = window_of(WindowSeries::four_hours, utc("2026-11-01T05:30:00Z"));

    CHECK(summer.start == utc("2026-07-01T04:00:00Z"));
    CHECK(summer.length == Seconds{4 * 3600});
    CHECK(spring.start == utc("2026-03-08T05:00:00Z"));
    CHECK(spring.length == Seconds{3 * 3600});
    CHECK(autumn.start == utc("2026-11-01T04:00:00Z"));
    CHECK(autumn.length == Seconds{5 * 3600});
}

TEST_CASE("Windows of a series follow each other without a gap", "[polymarket][gamma][series]") {
    auto const series = GENERATE(
        WindowSeries::five_minutes,
        WindowSeries::fifteen_minutes,
        WindowSeries::hourly,
        WindowSeries::four_hours
    );
    auto window = window_of(series, utc("2026-10-30T00:00:00Z"));

    for (auto i = 0; i < 60; ++i) {
        auto const next = window_of(series, window.end());
        REQUIRE(next.start == window.end());
        REQUIRE(window_of(series, next.end() - Nanos{1}) == next);
        window = next;
    }
}

#include "connectors/polymarket/gamma/window_series.hpp"

#include "engine/core/months.hpp"

#include <fmt/format.h>

namespace polyquant::polymarket {

namespace {

namespace chrono = std::chrono;

constexpr Seconds standard_offset{-5 * 3'600};
constexpr Seconds summer_offset{-4 * 3'600};
constexpr Seconds four_hours{4 * 3'600};

std::string_view full_name(Asset asset) {
    switch (asset) {
    case Asset::btc: return "bitcoin";
    case Asset::eth: return "ethereum";
    case Asset::sol: return "solana";
    case Asset::xrp: return "xrp";
    }
    std::abort();
}

UtcTime utc_of_day(chrono::sys_days day, Seconds time_of_day) {
    return UtcTime{day.time_since_epoch()} + time_of_day;
}

// The moment in UTC at which New York's wall clock shows this time of this day.
UtcTime from_new_york(chrono::sys_days day, Seconds time_of_day) {
    auto const guess = utc_of_day(day, time_of_day) - standard_offset;
    return utc_of_day(day, time_of_day) - new_york_offset(guess);
}

Window four_hour_window(UtcTime t) {
    auto const local = t + new_york_offset(t);
    auto const day = chrono::floor<chrono::days>(local);
    auto const into_day = chrono::floor<Seconds>(local - day);
    auto const start = into_day / four_hours * four_hours;
    auto const from = from_new_york(chrono::sys_days{day.time_since_epoch()}, start);
    auto const to = from_new_york(chrono::sys_days{day.time_since_epoch()}, start + four_hours);
    return {from, chrono::floor<Seconds>(to - from)};
}

std::string hourly_slug(Asset asset, Window window) {
    auto const local = window.start + new_york_offset(window.start);
    auto const day = chrono::floor<chrono::days>(local);
    chrono::year_month_day const date{chrono::sys_days{day.time_since_epoch()}};
    auto const hour = chrono::floor<chrono::hours>(local - day).count();
    return fmt::format(
        "{}-up-or-down-{}-{}-{}-{}{}-et",
        full_name(asset),
        month_names[static_cast<unsigned>(date.month()) - 1],
        static_cast<unsigned>(date.day()),
        static_cast<int>(date.year()),
        hour % 12 == 0 ? 12 : hour % 12,
        hour < 12 ? "am" : "pm"
    );
}

} // namespace

std::string_view to_string(WindowSeries series) {
    switch (series) {
    case WindowSeries::five_minutes: return "5m";
    case WindowSeries::fifteen_minutes: return "15m";
    case WindowSeries::four_hours: return "4h";
    case WindowSeries::hourly: return "1h";
    }
    std::abort();
}

std::optional<WindowSeries> parse_window_series(std::string_view text) {
    for (auto series :
         {WindowSeries::five_minutes,
          WindowSeries::fifteen_minutes,
          WindowSeries::four_hours,
          WindowSeries::hourly})
        if (text == to_string(series)) return series;
    return std::nullopt;
}

Seconds new_york_offset(UtcTime t) {
    chrono::year_month_day const date{
        chrono::sys_days{chrono::floor<chrono::days>(t.time_since_epoch())}
    };
    auto const year = date.year();
    chrono::sys_days const spring{year / chrono::March / chrono::Sunday[2]};
    chrono::sys_days const autumn{year / chrono::November / chrono::Sunday[1]};
    constexpr Seconds two_o_clock{2 * 3'600};
    auto const begins = utc_of_day(spring, two_o_clock) - standard_offset;
    auto const ends = utc_of_day(autumn, two_o_clock) - summer_offset;
    return t >= begins && t < ends ? summer_offset : standard_offset;
}

Window window_of(WindowSeries series, UtcTime t) {
    switch (series) {
    case WindowSeries::five_minutes: return window_at(t, Seconds{300});
    case WindowSeries::fifteen_minutes: return window_at(t, Seconds{900});
    case WindowSeries::hourly: return window_at(t, Seconds{3'600});
    case WindowSeries::four_hours: return four_hour_window(t);
    }
    std::abort();
}

std::string slug_of(WindowSeries series, Asset asset, Window window) {
    if (series == WindowSeries::hourly) return hourly_slug(asset, window);
    return fmt::format(
        "{}-updown-{}-{}", lower_name(asset), to_string(series), unix_seconds(window.start)
    );
}

} // namespace polyquant::polymarket

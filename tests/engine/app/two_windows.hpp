// A hand-made tape: two BTC windows, the first ends up, the second down. UP is offered at 0.20
// throughout, which the strategy of this configuration buys once a window, late.
#pragma once

#include "config/run_config.hpp"
#include "engine/core/events.hpp"
#include "strategies/catalog.hpp"
#include "tests/models/random_bars.hpp"

#include <string>
#include <vector>

namespace polyquant::app::testing {

inline constexpr Window first_window{utc_from_seconds(1'700'006'100)};
inline constexpr Window second_window = next_window(first_window);
inline constexpr std::size_t history_bars = 99; // the 100th closes at the first window's start

inline std::string config_text(std::string const& more = {}) {
    return R"(
[run]
assets = ["btc"]
[model]
ensemble_weight = 0
[settlement]
official_wait = "0s"
[simulated]
latency_model = "fixed"
displayed_fraction = 1.0
[[strategy]]
kind = "scalp_s1"
name = "s1"
bankroll = 50
assets = ["btc"]
lead = "45s"
ask_min = 0.05
ask_max = 0.40
min_edge = 0.01
bet = 5
)" + more;
}

inline config::RunConfig config_of(std::string const& text = config_text()) {
    std::vector<config::ConfigText> const texts{{"test.toml", text}};
    return config::parse_run_config(texts, strategies::strategy_kinds()).value();
}

inline Market market_of(Window window) {
    Market market;
    auto const n = static_cast<std::uint8_t>(window == first_window ? 1 : 2);
    market.condition.bytes[31] = n;
    market.slug = updown_slug(Asset::btc, window);
    market.asset = Asset::btc;
    market.window = window;
    market.up.bytes[30] = n;
    market.up.bytes[31] = 1;
    market.down.bytes[30] = n;
    market.down.bytes[31] = 2;
    market.fee = crypto_fee();
    return market;
}

inline std::vector<Bar> history() {
    return models::RandomBars{1}.next(history_bars);
}

inline Stamp stamp(UtcTime at) {
    return {at, at, 0};
}

inline PriceTick tick_at(UtcTime at, std::int64_t usd) {
    return {
        stamp(at),
        Asset::btc,
        PriceSource::chainlink_spot,
        Seconds{0},
        UsdPrice::from_e8(usd * UsdPrice::scale)
    };
}

inline BookSnapshot book_at(UtcTime at, TokenId const& token) {
    return {stamp(at), token, {{cents(18), shares(500)}}, {{cents(20), shares(500)}}};
}

// Events of the second that begins at `at`.
inline void append_second(std::vector<Event>& events, UtcTime at, models::RandomBars& bars) {
    auto const window = window_at(at);
    auto const market = market_of(window);
    auto const elapsed = unix_seconds(at) - unix_seconds(window.start);
    if (elapsed == 0) events.emplace_back(MarketListed{stamp(at), market});
    // Up all through the first window and down all through the second, by a dollar a second.
    events.emplace_back(tick_at(at, window == first_window ? 95'000 + elapsed : 95'300 - elapsed));
    if (elapsed % 60 == 0) events.emplace_back(BarUpdate{stamp(at), Asset::btc, bars.next(), true});
    events.emplace_back(book_at(at, market.up));
}

inline std::vector<Event> two_windows() {
    std::vector<Event> events;
    models::RandomBars bars{1};
    bars.next(history_bars);
    for (auto at = first_window.start; at < second_window.end(); at += 1s)
        append_second(events, at, bars);
    // The price that ends the second window.
    events.emplace_back(tick_at(second_window.end(), 95'000));
    std::uint64_t seq = 0;
    for (auto& event : events)
        stamp_of(event).seq = ++seq;
    return events;
}

} // namespace polyquant::app::testing

// A market as data: its window, tokens, settlement rule, fees and grid. Nothing here is a constant
// of the venue; the rule changed twice in 2026 and is read from each market.
#pragma once

#include "engine/core/fees.hpp"
#include "engine/core/ids.hpp"
#include "engine/core/time.hpp"
#include "engine/core/units.hpp"

#include <array>
#include <compare>
#include <optional>
#include <string>
#include <string_view>

namespace polyquant {

enum class Asset : std::uint8_t { btc, eth, sol, xrp };
inline constexpr std::array all_assets{Asset::btc, Asset::eth, Asset::sol, Asset::xrp};
inline constexpr std::size_t asset_count = all_assets.size();

constexpr std::size_t index_of(Asset asset) {
    return static_cast<std::size_t>(asset);
}

std::string_view to_string(Asset asset);                 // "BTC"
std::string_view lower_name(Asset asset);                // "btc", as in slugs
std::string_view binance_symbol(Asset asset);            // "BTCUSDT"
std::optional<Asset> parse_asset(std::string_view text); // any case, also "BTCUSDT", "btc/usd"

enum class Outcome : std::uint8_t { up, down };

constexpr Outcome opposite(Outcome o) {
    return o == Outcome::up ? Outcome::down : Outcome::up;
}

std::string_view to_string(Outcome outcome); // "UP", "DOWN"

// Where a price of the underlying coin came from.
enum class PriceSource : std::uint8_t {
    binance_trade,  // last trade or book ticker
    binance_bar,    // open or close of a bar: a proxy, minutes apart
    chainlink_spot, // the oracle's own print, about once a second
    chainlink_twap, // the oracle's time-weighted average (length in the event)
    website,        // polymarket.com price endpoint
    venue,          // the market's official priceToBeat / finalPrice
};
std::string_view to_string(PriceSource source);

// A half-open interval [start, start + length).
struct Window {
    UtcTime start{};
    Seconds length{300};

    constexpr UtcTime end() const { return start + length; }

    constexpr bool contains(UtcTime t) const { return t >= start && t < end(); }

    friend constexpr auto operator<=>(Window const&, Window const&) = default;
};

// Windows of the 5m and 15m series lie on the grid of their length in Unix time.
constexpr Window window_at(UtcTime t, Seconds length = Seconds{300}) {
    auto const s = unix_seconds(t);
    auto const l = length.count();
    return {utc_from_seconds((s >= 0 ? s : s - l + 1) / l * l), length};
}

constexpr Window next_window(Window w) {
    return {w.end(), w.length};
}

// "btc-updown-5m-1776081600"; 300 s and 900 s windows only, others have other slug forms.
std::string updown_slug(Asset asset, Window window);

struct UpdownSlug {
    Asset asset;
    Window window;
};

Result<UpdownSlug> parse_updown_slug(std::string_view slug);

// How the outcome is decided: Up iff final >= strike, both taken by the same rule at the window's
// two ends. Ties are Up. https://docs.polymarket.com/market-data/chainlink-twap
struct SettlementRule {
    enum class Kind : std::uint8_t { spot, twap } kind = Kind::spot;
    Seconds twap_length{0}; // 30 or 60 for twap, 0 for spot

    friend constexpr auto operator<=>(SettlementRule const&, SettlementRule const&) = default;
};

constexpr SettlementRule spot_rule() {
    return {};
}

constexpr SettlementRule twap_rule(Seconds length) {
    return {SettlementRule::Kind::twap, length};
}

std::string to_string(SettlementRule rule); // "spot", "twap-60s"

enum class ProtocolVersion : std::uint8_t { v1, v2 };

struct Market {
    ConditionId condition;
    std::string slug;
    std::string question;
    std::optional<Asset> asset; // empty for markets that are not on one of our coins
    Window window;
    TokenId up; // the first outcome ("Up", "Yes")
    TokenId down;
    SettlementRule rule;
    FeeSchedule fee;
    Price tick = cents(1);
    Shares min_size = shares(5); // of a resting order
    Millis taker_delay{0};
    ProtocolVersion version = ProtocolVersion::v1;
    bool neg_risk = false;

    TokenId const& token(Outcome outcome) const { return outcome == Outcome::up ? up : down; }

    std::optional<Outcome> outcome_of(TokenId const& id) const {
        if (id == up) return Outcome::up;
        if (id == down) return Outcome::down;
        return std::nullopt;
    }

    friend bool operator==(Market const&, Market const&) = default;
};

// One bar of the underlying; NaN where the source has no trade counts or taker volume. Prices are
// doubles here because bars feed models only; settlement and triggers use UsdPrice ticks.
struct Bar {
    UtcTime open_time{};
    Seconds length{60};
    double open = 0, high = 0, low = 0, close = 0;
    double volume = 0;         // base units
    double trades = 0;         // NaN when unknown
    double taker_buy_base = 0; // NaN when unknown

    constexpr UtcTime close_time() const { return open_time + length; }
};

// Why a bar cannot be true (high < low, close outside, negative volume, not finite); empty if it
// can.
std::string_view bar_defect(Bar const& bar);

} // namespace polyquant

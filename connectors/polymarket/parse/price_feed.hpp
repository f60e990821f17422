// Prices of the coins as the venue relays them: PolyBolt (authenticated), RTDS (legacy) and the
// website's strike endpoint.
#pragma once

#include "engine/core/events.hpp"

#include <optional>
#include <string>
#include <vector>

namespace polyquant::polymarket {

struct PriceFrame {
    std::vector<PriceTick> ticks;    // oldest first; stamped with the price's own time
    bool snapshot = false;           // the minutes before the subscription
    std::string channel;             // "price.crypto.twap", "crypto_prices_twap_sixty"
    std::optional<std::int64_t> seq; // PolyBolt: consecutive per connection and channel
    std::int64_t dropped = 0;        // PolyBolt: frames it lost because we were slow
    std::string control;             // PolyBolt's "authed", "subscribed", "pong", "error"; "PONG"
    std::string code;                // of an error: "auth_invalid"; RTDS: the error's words
    std::uint32_t ignored = 0;       // prices of coins or sources that are not ours
};

// https://docs.polymarket.com/api-reference/live-data/overview. Prices of another source than
// Chainlink (Pyth was the default before 2026-10-02) are ignored: markets do not settle on them.
Result<PriceFrame> parse_polybolt(std::string_view frame, UtcTime received_at);

// `full_accuracy_value` is scaled by 1e18 on the Chainlink topics and plain on crypto_prices, and
// the Chainlink backfill arrives under the Binance topic's name (told by "/" in the symbol).
Result<PriceFrame> parse_rtds(std::string_view frame, UtcTime received_at);

// polymarket.com/api/crypto/crypto-price, undocumented.
struct WebsitePrice {
    std::optional<UsdPrice> open; // the strike
    std::optional<UsdPrice> close;
    bool completed = false;
};

Result<WebsitePrice> parse_website_price(std::string_view body);

} // namespace polyquant::polymarket

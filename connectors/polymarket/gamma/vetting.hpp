// Whether a market may be traded, from what Gamma and the exchange say of it.
#pragma once

#include "connectors/polymarket/parse/listing.hpp"

#include <string>

namespace polyquant::polymarket {

struct Vetted {
    enum class Verdict : std::uint8_t {
        tradeable,
        not_yet, // created, but not ready: ask again
        refused, // must not be traded as it stands
    } verdict = Verdict::not_yet;
    Market market;      // complete when tradeable
    std::string reason; // when it is not
};

// `clob` is empty while the exchange does not know the market. Where the two differ:
//   tick size        the exchange's counts, because it changes during a market's life and Gamma's
//                    copy lags; an unknown tick refuses
//   accepting orders the exchange's counts, for the same reason
//   all the rest     refuses: nobody can say which one is right
Vetted vet(Listing const& listing, std::optional<ClobMarket> const& clob, UtcTime now);

// Orders that take liquidity in markets with a taker delay are held this long. The exchange says
// that there is a delay, not how long: 150 ms since 2026-09-04 by its changelog.
inline constexpr Millis documented_taker_delay{150};

} // namespace polyquant::polymarket

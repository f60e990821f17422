#pragma once

#include "connectors/sandbox/world/book_options.hpp"
#include "connectors/sandbox/world/exchange_options.hpp"
#include "engine/core/market.hpp"

#include <vector>

namespace polyquant::sandbox {

struct WorldOptions {
    std::uint64_t seed = 1;
    UtcTime start{};
    std::vector<Asset> assets{all_assets.begin(), all_assets.end()};
    SettlementRule rule = twap_rule(Seconds{60}); // of the 5-minute markets
    FeeSchedule fee = crypto_fee();
    // The venue creates windows a day ahead; an hour keeps listings short.
    Seconds listed_ahead{3600};
    Seconds hydrated_after{20};     // from listing to the first order
    Seconds resolved_after_min{53}; // from the window's end
    Seconds resolved_after_max{90};
    Seconds strike_published_min{60}; // from the window's end
    Seconds strike_published_max{120};
    Seconds remembered{2 * 3600}; // resolved markets stay that long
    // Markets of other kinds that end within the next hours, for a scanner.
    int near_expiry_markets = 40;
    Seconds near_expiry_horizon{24 * 3600};
    Seconds past{26 * 3600}; // history of bars before the start
    ExchangeOptions exchange;
    BookOptions books;
};

} // namespace polyquant::sandbox

// How a market says it settles. For .cpp files only.
#pragma once

#include "connectors/json/dom.hpp"
#include "engine/core/market.hpp"

namespace polyquant::polymarket {

struct SettlementText {
    std::optional<Asset> asset; // empty: no rule about one of our coins by Chainlink
    SettlementRule rule;
    std::string defect; // names a source we do not know, or two that contradict each other
};

// From `resolutionSource` (https://data.chain.link/streams/btc-usd[-twap-60s-streams]) and
// `cryptoMarketConfig`, which must agree where both are present.
SettlementText read_settlement(json::Element market);

} // namespace polyquant::polymarket

// What is sent to the two price sources.
#pragma once

#include "connectors/crypto/clob_auth.hpp"
#include "engine/core/market.hpp"

#include <span>
#include <string>
#include <vector>

namespace polyquant::polymarket {

// Carries the secret in clear inside TLS: goes to the socket and nowhere else.
std::string polybolt_auth(crypto::ApiCredentials const& credentials);
// "subscribe" or "unsubscribe": the average and the spot price of each asset in one frame.
std::string
polybolt_request(std::string_view operation, std::span<Asset const> assets, Seconds twap_length);

// A frame a topic and asset, since one topic the server does not know refuses a whole frame; these
// bring the backfill. Then the topics without a filter, which outlive a server that keeps only the
// last filter.
std::vector<std::string> rtds_subscriptions(std::span<Asset const> assets, Seconds twap_length);
// One asset's again, for its backfill.
std::vector<std::string> rtds_backfill_requests(Asset asset, Seconds twap_length);

} // namespace polyquant::polymarket

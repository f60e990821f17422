// What the venue's Data API says of a wallet, and whether the venue serves this place at all.
#pragma once

#include "connectors/crypto/address.hpp"
#include "connectors/net/net_context.hpp"
#include "connectors/polymarket/parse/account_rows.hpp"
#include "connectors/polymarket/parse/geoblock.hpp"
#include "connectors/polymarket/parse/positions.hpp"
#include "connectors/polymarket/parse/resolution.hpp"

namespace polyquant::polymarket {

// Endpoint group "data". Answers are cached by the venue for seconds: for reconciliation and
// reports, never for deciding an order.
class DataClient {
public:
    struct Options {
        net::Url data_api;
        net::Url website;
        std::size_t pages_max =
            50; // of 100 positions; of 500 trades and activities, ten times that
    };

    DataClient(net::NetContext& context, Options options);

    // All positions of the wallet that holds the tokens (the funder, not the signing key), page by
    // page. `status`: "OPEN", "REDEEMABLE", ... or empty for all. A wallet with more pages than
    // pages_max is a failure: half a list would read as positions lost.
    Task<Result<std::vector<VenuePosition>>>
    positions(crypto::Address wallet, std::string status, Instant deadline);

    // Every trade of the wallet and everything else that moved its money (redemptions, rebates,
    // rewards, deposits), newest first, back to `from`.
    Task<Result<std::vector<AccountRow>>>
    trades(crypto::Address wallet, UtcTime from, Instant deadline);
    Task<Result<std::vector<AccountRow>>>
    activity(crypto::Address wallet, UtcTime from, Instant deadline);

    // Empty: the Data API does not know the market.
    Task<Result<std::optional<VenueResolution>>>
    resolution(ConditionId condition, Instant deadline);

    Task<Result<Geoblock>> geoblock(Instant deadline);

private:
    Task<Result<std::vector<AccountRow>>>
    rows(std::string path, crypto::Address wallet, UtcTime from, Instant deadline);

    net::NetContext& context_;
    Options options_;
};

} // namespace polyquant::polymarket

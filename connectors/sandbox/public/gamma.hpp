// Market discovery as Gamma serves it.
#pragma once

#include "connectors/net/server/router.hpp"
#include "connectors/sandbox/public/stage.hpp"

namespace polyquant::sandbox {

// What lags at Gamma behind the exchange: its cache. Between 5 and 35 s, always the same for one
// market.
Seconds gamma_lag(WorldMarket const& market);

// The market as Gamma tells it at `now`, and the event it belongs to.
std::string gamma_market(World const& world, WorldMarket const& market, UtcTime now);
std::string
gamma_event(World const& world, std::vector<WorldMarket const*> const& markets, UtcTime now);

// /events, /events/{id}, /events/slug/{slug}, /events/keyset and the same of /markets.
net::server::Router gamma_router(Stage stage);

} // namespace polyquant::sandbox

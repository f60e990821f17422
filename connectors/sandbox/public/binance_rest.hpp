// Binance's market data by REST.
// https://developers.binance.com/docs/binance-spot-api-docs/rest-api/market-data-endpoints
#pragma once

#include "connectors/net/server/router.hpp"
#include "connectors/sandbox/public/stage.hpp"

#include <memory>

namespace polyquant::sandbox {

struct BinanceLimits {
    int weight_per_minute = 6000;
    // So many more calls after the first 429 earn a ban.
    int calls_until_ban = 10;
    Seconds ban{120};
};

// ping, time, exchangeInfo, klines, aggTrades, ticker/price, ticker/bookTicker below /api/v3.
net::server::Router binance_rest_router(Stage stage, BinanceLimits limits = {});

// "84418.10000000"
std::string eight_decimals(std::int64_t e8);
// The lengths of bars this world keeps: 1s, 1m, 3m, 5m, 15m, 30m, 1h.
std::optional<Seconds> bar_length(std::string_view interval);

} // namespace polyquant::sandbox

// What a wallet holds and did, as the Data API (v2) tells it.
#pragma once

#include "connectors/net/server/router.hpp"
#include "connectors/sandbox/public/stage.hpp"

namespace polyquant::sandbox {

// /v2/positions, /v2/trades, /v2/value and /v2/resolutions. Answers are a few seconds old, as the
// venue's cache makes them.
net::server::Router data_api_router(Stage stage);

} // namespace polyquant::sandbox

// polymarket.com itself: the price of a window's ends, and where the caller is.
#pragma once

#include "connectors/net/server/router.hpp"
#include "connectors/sandbox/public/stage.hpp"

namespace polyquant::sandbox {

struct WebsiteOptions {
    bool blocked = false;
    std::string country = "CH";
    std::string region = "ZH";
    // The close is not final before.
    Seconds close_settles_after{40};
};

// /api/crypto/crypto-price and /api/geoblock.
net::server::Router website_router(Stage stage, WebsiteOptions options = {});

} // namespace polyquant::sandbox

// Every service of the sandbox behind its routes, fed by the world.
#pragma once

#include "connectors/net/server/router.hpp"
#include "connectors/sandbox/clob/channels.hpp"
#include "connectors/sandbox/clob/clob_api.hpp"
#include "connectors/sandbox/public/binance_stream.hpp"
#include "connectors/sandbox/public/polybolt.hpp"
#include "connectors/sandbox/public/rtds.hpp"
#include "connectors/sandbox/public/stage.hpp"

namespace polyquant::sandbox {

class Services {
public:
    // Subscribes to the world: both live as long as each other.
    explicit Services(Stage stage);
    Services(Services const&) = delete;
    Services& operator=(Services const&) = delete;

    net::server::Router router(Service service);

private:
    void on_event(WorldEvent const& event);

    Stage stage_;
    ClobApi clob_;
    MarketChannel market_channel_;
    UserChannel user_channel_;
    PolyBolt polybolt_;
    Rtds rtds_;
    BinanceStream binance_;
};

} // namespace polyquant::sandbox

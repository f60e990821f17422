#include "connectors/sandbox/host/services.hpp"

#include "connectors/sandbox/host/sandbox_routes.hpp"
#include "connectors/sandbox/public/binance_rest.hpp"
#include "connectors/sandbox/public/data_api.hpp"
#include "connectors/sandbox/public/gamma.hpp"
#include "connectors/sandbox/public/website.hpp"

namespace polyquant::sandbox {

Services::Services(Stage stage)
    : stage_{stage}, clob_{stage.world, stage.faults}, market_channel_{stage.world},
      user_channel_{stage.world}, polybolt_{stage}, rtds_{stage, stage.world.options().seed},
      binance_{stage} {
    stage.world.subscribe([this](WorldEvent const& event) { on_event(event); });
}

net::server::Router Services::router(Service service) {
    net::server::Router router;
    switch (service) {
    case Service::gamma: return gamma_router(stage_);
    case Service::clob:
        clob_.add_routes(router);
        add_sandbox_routes(router, stage_);
        break;
    case Service::clob_stream: add_channels(router, market_channel_, user_channel_); break;
    case Service::data_api: return data_api_router(stage_);
    case Service::polybolt: router.add_socket("/ws", polybolt_, PolyBolt::socket_options()); break;
    case Service::rtds: router.add_socket("/", rtds_, Rtds::socket_options()); break;
    case Service::website: return website_router(stage_);
    case Service::binance_rest: return binance_rest_router(stage_);
    case Service::binance_stream: binance_.add_to(router); break;
    }
    return router;
}

void Services::on_event(WorldEvent const& event) {
    if (auto const* const trade = std::get_if<CoinTraded>(&event)) {
        binance_.on_trade(trade->asset, trade->trade);
    } else if (auto const* const quote = std::get_if<CoinQuoted>(&event)) {
        binance_.on_quote(quote->asset, quote->quote);
    } else if (auto const* const bar = std::get_if<CoinBarred>(&event)) {
        binance_.on_bar(bar->asset, bar->bar, bar->closed);
    } else if (auto const* const print = std::get_if<OraclePrinted>(&event)) {
        polybolt_.on_print(print->at);
        rtds_.on_print(print->at);
    }
}

} // namespace polyquant::sandbox

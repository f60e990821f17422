// Whether [endpoints] leads to the venue itself. Live mode may be pointed anywhere, but says so.
#pragma once

#include "config/endpoint_params.hpp"

#include <string>
#include <vector>

namespace polyquant::app {

// "clob = https://127.0.0.1:8443" for every service of the venue or of Binance that is not at its
// own host, a certificate authority of one's own, and a clock that does not run at real time. The
// chain's RPC is anybody's choice.
std::vector<std::string> foreign_endpoints(config::EndpointParams const& endpoints);

// "live", with a warning where orders and prices do not go to the venue's own hosts.
std::string live_mode_text(config::EndpointParams const& endpoints);

} // namespace polyquant::app

// `polyquant fetch windows`: strikes, outcomes and prices of windows that are over.
#pragma once

#include "config/run_config.hpp"
#include "connectors/polymarket/gamma/window_series.hpp"

#include <filesystem>
#include <iosfwd>
#include <vector>

namespace polyquant::app {

struct WindowRequest {
    std::vector<Asset> assets;
    polymarket::WindowSeries series = polymarket::WindowSeries::five_minutes;
    UtcTime from{};
    UtcTime until{};
    std::filesystem::path folder;
    bool with_prices = false;
};

// Goes on behind what the folder holds; see WindowLog. Stops at a coin's first window of the last
// day that is not resolved yet: the next call asks again.
int fetch_windows(
    config::EndpointParams const& endpoints,
    WindowRequest const& request,
    std::ostream& out,
    std::ostream& err
);

} // namespace polyquant::app

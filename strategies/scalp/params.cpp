#include "strategies/scalp/params.hpp"

#include <fmt/format.h>

namespace polyquant::strategies {

std::vector<ParamFault>
ScalpParams::scalp_faults(Seconds lead, config::AssetList const& assets) const {
    auto found = sizing_faults();
    if (ask_min > ask_max)
        found.push_back(
            {"ask_min",
             fmt::format("{} is above ask_max = {}", to_string(ask_min), to_string(ask_max))}
        );
    if (margin >= lead)
        found.push_back(
            {"margin",
             fmt::format(
                 "{} is not below lead = {}: the zone is empty",
                 config::print_value(margin),
                 config::print_value(lead)
             )}
        );
    if (assets.empty()) found.push_back({"assets", "must name at least one asset"});
    return found;
}

} // namespace polyquant::strategies

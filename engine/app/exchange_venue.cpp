// Trading at the exchange: until its keys are wired, a run on paper only.

#include "engine/app/live_venue.hpp"

namespace polyquant::app {

Result<std::unique_ptr<LiveVenue>> make_exchange_venue(
    Mode mode,
    net::NetContext,
    config::RunConfig const&,
    std::filesystem::path const&,
    std::filesystem::path const&,
    Engine&,
    LiveVenue::Hooks
) {
    return Failure{
        Fault::invalid, "run", std::string{to_string(mode)} + " mode is not wired yet; use paper"
    };
}

} // namespace polyquant::app

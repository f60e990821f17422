#include "engine/app/live_feeds.hpp"

namespace polyquant::app {

struct LiveFeeds::State {
    net::NetContext context;
    Hooks hooks;
};

LiveFeeds::LiveFeeds(
    net::NetContext context,
    runtime::SidePool&,
    config::RunConfig const&,
    std::filesystem::path const&,
    std::vector<std::string>,
    Hooks hooks
)
    : state_{std::make_unique<State>(std::move(context), std::move(hooks))} {}

LiveFeeds::~LiveFeeds() = default;

void LiveFeeds::start(runtime::Bus&, runtime::Supervisor&) {}

std::optional<Nanos> LiveFeeds::clock_offset() const {
    return std::nullopt;
}

} // namespace polyquant::app

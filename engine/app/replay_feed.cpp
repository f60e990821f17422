#include "engine/app/replay_feed.hpp"

namespace polyquant::app {

void ReplayFeed::publish_one(runtime::Bus& bus) {
    between_(input_.events());
    auto* event = input_.next();
    if (event == nullptr) return;
    auto const* update = std::get_if<BarUpdate>(event);
    if (update == nullptr || !on_history_ || !is_history(*update)) {
        hand_over();
        return bus.publish(std::move(*event));
    }
    if (batch_.asset != update->asset) hand_over();
    batch_.asset = update->asset;
    batch_.received_at = update->at.received_at;
    batch_.bars.push_back(update->bar);
    if (input_.next_at() != batch_.received_at) hand_over();
}

// A coin's first bars, if they came all at once and at least two bars late.
bool ReplayFeed::is_history(BarUpdate const& update) {
    auto const goes_on = !batch_.bars.empty() && batch_.asset == update.asset &&
                         batch_.received_at == update.at.received_at;
    if (goes_on && update.closed) return true;
    auto const is_first = !std::exchange(has_bars_[index_of(update.asset)], true);
    auto const late = update.at.received_at - update.bar.close_time();
    return is_first && update.closed && late >= 2 * update.bar.length;
}

void ReplayFeed::hand_over() {
    if (batch_.bars.empty()) return;
    auto const bars = std::exchange(batch_.bars, {});
    on_history_(batch_.asset, bars);
}

} // namespace polyquant::app

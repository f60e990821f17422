#include "connectors/polymarket/market/lane_merge.hpp"

namespace polyquant::polymarket {

bool LaneMerge::is_first(std::size_t lane, std::uint64_t fingerprint) {
    auto const [at, is_new] = seen_.try_emplace(fingerprint);
    if (is_new) {
        age_.push_back(fingerprint);
        if (age_.size() > remembered_max_) {
            seen_.erase(age_.front());
            age_.pop_front();
        }
    }
    auto& seen = at->second;
    auto const times = ++seen.times[lane];
    if (times <= seen.used) return false;
    seen.used = times;
    return true;
}

} // namespace polyquant::polymarket

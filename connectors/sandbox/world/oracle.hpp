// The settlement oracle: one spot print a second, and time-weighted averages of the last prints.
#pragma once

#include "engine/core/market.hpp"

#include <array>
#include <deque>
#include <optional>
#include <vector>

namespace polyquant::sandbox {

struct OraclePoint {
    UtcTime at{}; // whole seconds
    UsdPrice price;
};

class Oracle {
public:
    // Seconds come one after the other. The prints of the last `kept` seconds are remembered.
    explicit Oracle(std::size_t kept = 4 * 3600) : kept_{kept} {}

    void print(UtcTime at, std::array<UsdPrice, asset_count> const& prices);

    // The value at a whole second: the spot print, or the mean of the `twap_length` prints that end
    // with it, cut off at the eighth decimal. Empty before the prints suffice and once forgotten.
    std::optional<UsdPrice> value(Asset asset, SettlementRule rule, UtcTime at) const;
    // Values in [from, to], oldest first.
    std::vector<OraclePoint>
    history(Asset asset, SettlementRule rule, UtcTime from, UtcTime to) const;
    std::optional<UtcTime> last_print() const;

private:
    // Sums of all prints up to and including each second: a mean is two lookups.
    struct Second {
        std::array<UsdPrice, asset_count> price;
        std::array<__int128, asset_count> sum_e8;
    };

    std::size_t kept_;
    UtcTime first_{};
    std::deque<Second> seconds_;
};

} // namespace polyquant::sandbox

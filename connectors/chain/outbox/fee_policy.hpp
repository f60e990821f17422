// What a transaction may pay. Pure.
#pragma once

#include "connectors/chain/rpc/rpc_values.hpp"
#include "connectors/chain/transaction.hpp"

namespace polyquant::chain {

struct FeePolicy {
    bool legacy = false;
    std::uint64_t tip_min = gwei(30);      // what Polygon's nodes ask for by convention
    std::uint64_t price_cap = gwei(1'000); // never more for a unit of gas
    int raise_percent = 25;                // of a replacement; nodes demand ten
    int gas_margin_percent = 20;           // above the estimate
    int history_blocks = 5;
    int history_percentile = 50;
};

// Tip: the highest of floor, suggestion and the median of what was paid lately. Price: twice the
// next base fee (six full blocks of growth) and the tip. Empty when not even the next block could
// be had below the cap.
std::optional<Fees>
fees_now(FeePolicy const& p, FeeHistory const& history, std::uint64_t suggested);

// For the same nonce: every part raised, and no less than `now` asks. Empty above the cap.
std::optional<Fees> raised(FeePolicy const& p, Fees const& before, std::optional<Fees> const& now);

std::uint64_t gas_limit(FeePolicy const& p, std::uint64_t estimate);

} // namespace polyquant::chain

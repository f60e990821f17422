#include "connectors/chain/outbox/fee_policy.hpp"

#include <algorithm>

namespace polyquant::chain {

namespace {

// Rounded up, so that a raise is never a wei short of what a node demands.
std::uint64_t plus_percent(std::uint64_t value, int percent) {
    auto const wide = Wide{value} * static_cast<unsigned>(100 + percent) + 99;
    return static_cast<std::uint64_t>(wide / 100);
}

std::uint64_t median_of(std::vector<std::uint64_t> tips) {
    if (tips.empty()) return 0;
    auto const middle = tips.begin() + static_cast<std::ptrdiff_t>(tips.size() / 2);
    std::nth_element(tips.begin(), middle, tips.end());
    return *middle;
}

} // namespace

std::optional<Fees>
fees_now(FeePolicy const& p, FeeHistory const& history, std::uint64_t suggested) {
    auto const tip = std::max({p.tip_min, suggested, median_of(history.tips)});
    auto const least = Wide{history.base_fee_next} + tip;
    if (least > p.price_cap) return std::nullopt;
    auto const wanted = Wide{history.base_fee_next} * 2 + tip;
    auto const price = static_cast<std::uint64_t>(std::min<Wide>(wanted, p.price_cap));
    return Fees{p.legacy, p.legacy ? 0 : tip, price};
}

std::optional<Fees> raised(FeePolicy const& p, Fees const& before, std::optional<Fees> const& now) {
    Fees fees = before;
    fees.tip = plus_percent(before.tip, p.raise_percent);
    fees.price_max = plus_percent(before.price_max, p.raise_percent);
    if (now) {
        fees.tip = std::max(fees.tip, now->tip);
        fees.price_max = std::max(fees.price_max, now->price_max);
    }
    if (fees.price_max > p.price_cap) return std::nullopt;
    return fees;
}

std::uint64_t gas_limit(FeePolicy const& p, std::uint64_t estimate) {
    return plus_percent(estimate, p.gas_margin_percent);
}

} // namespace polyquant::chain

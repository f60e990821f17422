#include "connectors/sandbox/world/oracle.hpp"

namespace polyquant::sandbox {

void Oracle::print(UtcTime at, std::array<UsdPrice, asset_count> const& prices) {
    ENSURE(
        seconds_.empty() || at == first_ + Seconds{seconds_.size()},
        "the oracle prints every second once"
    );
    if (seconds_.empty()) first_ = at;
    Second second{prices, {}};
    for (std::size_t a = 0; a < asset_count; ++a)
        second.sum_e8[a] = (seconds_.empty() ? 0 : seconds_.back().sum_e8[a]) + prices[a].e8();
    seconds_.push_back(second);
    if (seconds_.size() <= kept_) return;
    seconds_.pop_front();
    first_ += Seconds{1};
}

std::optional<UsdPrice> Oracle::value(Asset asset, SettlementRule rule, UtcTime at) const {
    if (at < first_ || seconds_.empty()) return std::nullopt;
    auto const index = static_cast<std::size_t>(std::chrono::floor<Seconds>(at - first_).count());
    if (index >= seconds_.size()) return std::nullopt;
    auto const a = index_of(asset);
    if (rule.kind == SettlementRule::Kind::spot) return seconds_[index].price[a];
    auto const length = static_cast<std::size_t>(rule.twap_length.count());
    if (length == 0 || index < length) return std::nullopt;
    auto const sum = seconds_[index].sum_e8[a] - seconds_[index - length].sum_e8[a];
    return UsdPrice::from_e8(static_cast<std::int64_t>(sum / static_cast<std::int64_t>(length)));
}

std::vector<OraclePoint>
Oracle::history(Asset asset, SettlementRule rule, UtcTime from, UtcTime to) const {
    std::vector<OraclePoint> points;
    auto at = std::max(std::chrono::ceil<Seconds>(from), std::chrono::ceil<Seconds>(first_));
    for (UtcTime t{at}; t <= to; t += Seconds{1}) {
        auto const price = value(asset, rule, t);
        if (price)
            points.push_back({t, *price});
        else if (last_print() && t > *last_print())
            break;
    }
    return points;
}

std::optional<UtcTime> Oracle::last_print() const {
    if (seconds_.empty()) return std::nullopt;
    return first_ + Seconds{seconds_.size() - 1};
}

} // namespace polyquant::sandbox

#include "models/features.hpp"

#include "models/fingerprint.hpp"

namespace polyquant::models {

namespace {

constexpr std::array<std::string_view, feature_count> names{
    "ret_1",
    "logret_1",
    "ret_2",
    "logret_2",
    "ret_3",
    "logret_3",
    "ret_5",
    "logret_5",
    "ret_10",
    "logret_10",
    "ret_15",
    "logret_15",
    "ret_20",
    "logret_20",
    "ret_accel",
    "macd",
    "macd_signal",
    "macd_hist",
    "macd_hist_accel",
    "rsi",
    "rsi_norm",
    "bb_zscore",
    "bb_pctb",
    "vwap_dev",
    "rvol_5",
    "gk_vol_5",
    "rvol_15",
    "gk_vol_15",
    "rvol_30",
    "gk_vol_30",
    "rvol_60",
    "gk_vol_60",
    "vol_ratio",
    "atr_14",
    "atr_pct",
    "vol_ratio_ma",
    "taker_buy_ratio",
    "net_taker_flow",
    "vol_weighted_ret_5",
    "obv_slope_10",
    "body_ratio",
    "candle_dir",
    "upper_wick",
    "lower_wick",
    "candle_streak",
    "trades_ratio",
};
static_assert(!names.back().empty(), "a feature has no name");

constexpr bool is_logret(std::size_t i) {
    return names[i].starts_with("logret_");
}

constexpr std::size_t logret_count = [] {
    std::size_t n = 0;
    for (std::size_t i = 0; i < feature_count; ++i)
        n += is_logret(i) ? 1 : 0;
    return n;
}();
static_assert(logret_count == 7);

template <std::size_t N>
constexpr std::array<Feature, N> select(bool with_logret) {
    std::array<Feature, N> chosen{};
    std::size_t n = 0;
    for (std::size_t i = 0; i < feature_count; ++i)
        if (with_logret || !is_logret(i)) chosen[n++] = static_cast<Feature>(i);
    return chosen;
}

constexpr auto all = select<feature_count>(true);
constexpr auto without_logret = select<feature_count - logret_count>(false);

} // namespace

std::string_view to_string(Feature feature) {
    return names[index_of(feature)];
}

std::string_view to_string(FeatureSet set) {
    switch (set) {
    case FeatureSet::all_46: return "all_46";
    case FeatureSet::no_logret_39: return "no_logret_39";
    }
    std::abort();
}

std::optional<FeatureSet> parse_feature_set(std::string_view name) {
    for (auto set : {FeatureSet::all_46, FeatureSet::no_logret_39})
        if (to_string(set) == name) return set;
    return std::nullopt;
}

std::span<Feature const> features_of(FeatureSet set) {
    switch (set) {
    case FeatureSet::all_46: return all;
    case FeatureSet::no_logret_39: return without_logret;
    }
    std::abort();
}

std::string feature_hash(std::span<Feature const> features) {
    Fingerprint print;
    for (auto feature : features) {
        print.add(to_string(feature));
        print.add("\n");
    }
    return print.hex();
}

} // namespace polyquant::models

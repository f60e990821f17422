// The 46 features of the baseline: their names, their order and one row of them. Formulas and NaN
// rules stand at the top of feature_engine.hpp.
#pragma once

#include "engine/core/time.hpp"

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace polyquant::models {

// In column order. A saved model is bound to these names in this order.
enum class Feature : std::uint8_t {
    ret_1,
    logret_1,
    ret_2,
    logret_2,
    ret_3,
    logret_3,
    ret_5,
    logret_5,
    ret_10,
    logret_10,
    ret_15,
    logret_15,
    ret_20,
    logret_20,
    ret_accel,
    macd,
    macd_signal,
    macd_hist,
    macd_hist_accel,
    rsi,
    rsi_norm,
    bb_zscore,
    bb_pctb,
    vwap_dev,
    rvol_5,
    gk_vol_5,
    rvol_15,
    gk_vol_15,
    rvol_30,
    gk_vol_30,
    rvol_60,
    gk_vol_60,
    vol_ratio,
    atr_14,
    atr_pct,
    vol_ratio_ma,
    taker_buy_ratio,
    net_taker_flow,
    vol_weighted_ret_5,
    obv_slope_10,
    body_ratio,
    candle_dir,
    upper_wick,
    lower_wick,
    candle_streak,
    trades_ratio,
};

inline constexpr std::size_t feature_count = static_cast<std::size_t>(Feature::trades_ratio) + 1;

constexpr std::size_t index_of(Feature feature) {
    return static_cast<std::size_t>(feature);
}

std::string_view to_string(Feature feature); // "macd_hist_accel"

// Which columns a model may see. The smaller set drops the seven logret_*, which repeat ret_*.
enum class FeatureSet : std::uint8_t { all_46, no_logret_39 };

std::string_view to_string(FeatureSet set); // "all_46"
std::optional<FeatureSet> parse_feature_set(std::string_view name);

// The set's features in column order.
std::span<Feature const> features_of(FeatureSet set);

// 64 bits over the names in their order, as 16 hex digits: changes when a feature is renamed,
// moved, added or dropped.
std::string feature_hash(std::span<Feature const> features);

// All features of one bar. NaN: look-back not full, divisor zero, or input unknown.
struct FeatureRow {
    UtcTime as_of{}; // close of the bar it was computed at; nothing later went in
    std::array<double, feature_count> values{};

    double operator[](Feature feature) const { return values[index_of(feature)]; }

    double& operator[](Feature feature) { return values[index_of(feature)]; }
};

} // namespace polyquant::models

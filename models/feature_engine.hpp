// The 46 features of the baseline, bar by bar: one code for training, replay and live.
//
// With bars open o, high h, low l, close c, volume v, trades n, taker-buy volume b; row t uses rows
// <= t only; mean_w and sd_w over the last w rows, sd with ddof 1; EMA(span) with alpha
// 2 / (span + 1), seeded with its first value (pandas: adjust=False); year = sqrt(525600):
//   ret_w = c / c[t-w] - 1, logret_w = ln(c / c[t-w])          w in 1 2 3 5 10 15 20
//   ret_accel = ret_1 - ret_1[t-1]
//   macd = EMA12(c) - EMA26(c); macd_signal = EMA9(macd); macd_hist = macd - macd_signal;
//   macd_hist_accel = macd_hist - macd_hist[t-1]
//   rsi = 100 - 100 / (1 + gain / loss), averages with alpha 1/14, from the 14th row on;
//   rsi_norm = (rsi - 50) / 50
//   bb_zscore = (c - mean_20) / sd_20; bb_pctb = (c - (mean_20 - 2 sd_20)) / (4 sd_20)
//   vwap_dev = (c - W) / W, W = sum_60(v (h + l + c) / 3) / sum_60(v)
//   rvol_w = sd_w(logret_1) year; gk_vol_w = sqrt(max(mean_w(g), 0)) year,
//     g = 0.5 ln(h/l)^2 - (2 ln 2 - 1) ln(c/o)^2               w in 5 15 30 60
//   vol_ratio = rvol_5 / rvol_60
//   atr_14 = mean_14(max(h - l, |h - c[t-1]|, |l - c[t-1]|)); atr_pct = atr_14 / c
//   vol_ratio_ma = v / mean_20(v); taker_buy_ratio = b / v; net_taker_flow = taker_buy_ratio - 0.5
//   vol_weighted_ret_5 = ret_5 vol_ratio_ma
//   obv_slope_10 = least-squares slope of the last 10 values of cumsum(sign(c - c[t-1]) v)
//   body_ratio = |c - o| / (h - l); candle_dir = sign(c - o);
//   upper_wick = (h - max(c, o)) / (h - l); lower_wick = (min(c, o) - l) / (h - l)
//   candle_streak = 0 at row 0, then dir if the last dir differs or dir is 0, else streak + dir
//   trades_ratio = n / mean_20(n)
// A look-back that is not full, a divisor of 0 and an unknown input give NaN.
#pragma once

#include "engine/core/market.hpp"
#include "models/features.hpp"
#include "models/rolling.hpp"

namespace polyquant::models {

// Bars a fresh engine needs until every feature whose inputs exist is a number.
inline constexpr std::size_t feature_warm_up_bars = 61;

// Expects bars that bar_defect() accepts. A bar that does not open exactly where the last one
// closed is a gap: all windows and averages start anew at it, because a look-back of "5 bars" over
// a hole would be another feature under the same name. Allocates nothing.
class FeatureEngine {
public:
    // The row stays valid until the next push.
    FeatureRow const& push(Bar const& bar);

    // What push would give for a bar that is still open, without changing anything.
    FeatureRow preview(Bar const& open_bar) const;

    // Forgets every bar, as a gap does.
    void restart();

    // Bars since the start or the last gap.
    std::size_t bars() const { return state_.bars; }

    bool warmed_up() const { return state_.bars >= feature_warm_up_bars; }

    std::size_t gaps() const { return gaps_; }

private:
    // Values that the next bar needs once this one is closed.
    struct Carried {
        double close = not_a_number;
        double ret_1 = not_a_number;
        double macd_hist = not_a_number;
        double ema_fast = not_a_number;
        double ema_slow = not_a_number;
        double ema_signal = not_a_number;
        double average_gain = not_a_number;
        double average_loss = not_a_number;
        double direction = not_a_number;
        double streak = 0;
    };

    // One bar's terms of the rolling windows.
    struct Terms {
        double log_return;
        double garman_klass;
        double typical_volume;
        double true_range;
        double signed_volume;
    };

    // Sums over the closed bars that the next bar's windows still hold, taken once a bar so that a
    // preview only adds its own term.
    struct Ahead {
        std::array<OpenMoments, 4> log_return;
        std::array<double, 4> garman_klass;
        OpenMoments close;
        double typical_volume = not_a_number;
        double volume_60 = not_a_number;
        double volume_20 = not_a_number;
        double trades = not_a_number;
        double true_range = not_a_number;
        double obv_slope = not_a_number;

        Ahead() { garman_klass.fill(not_a_number); }
    };

    struct State {
        std::size_t bars = 0;
        UtcTime next_open{};
        Carried carried;
        Ahead ahead;
        History<32> close;
        History<32> trades;
        History<16> true_range;
        History<16> signed_volume;
        History<64> log_return;
        History<64> garman_klass;
        History<64> typical_volume;
        History<64> volume;
    };

    static void
    compute(State const& state, Bar const& bar, FeatureRow& row, Carried& carried, Terms& terms);
    void look_ahead();

    State state_;
    FeatureRow row_;
    std::size_t gaps_ = 0;
};

} // namespace polyquant::models

// The baseline's hand-made scorer: clipped momentum, reversion and flow signals, averaged and
// pushed through a sigmoid that is shrunk towards 0.5. No training; every threshold is a parameter.
#pragma once

#include "models/features.hpp"
#include "models/rolling.hpp"

#include <vector>

namespace polyquant::models {

// A signal whose feature is NaN is skipped. In order:
//   clip(ret_5_gain ret_5, 2) + clip(ret_1_gain ret_1, 2) + clip(macd_hist / scale, 2)
//   - rsi_gain rsi_norm where |rsi_norm| > rsi_extreme, else 0
//   - zscore_gain bb_zscore where |bb_zscore| > zscore_extreme, else 0
//   + clip(flow_gain net_taker_flow, 2) + clip(volume_gain vol_weighted_ret_5, 2)
// all that times 1.3 where vol_ratio > 1.2 and 0.7 where < 0.8, then + clip(streak_gain
// candle_streak, 1); P(UP) = 0.5 + shrink (sigmoid(score / signals used) - 0.5).
struct HeuristicParams {
    double shrink = 0.6;
    double ret_5_gain = 100;
    double ret_1_gain = 200;
    double rsi_gain = 0.5;
    double rsi_extreme = 0.4;
    double zscore_gain = 0.3;
    double zscore_extreme = 1.5;
    double flow_gain = 4;
    double volume_gain = 50;
    double streak_gain = 0.15;
    double expanding_ratio = 1.2;
    double expanding_factor = 1.3;
    double shrinking_ratio = 0.8;
    double shrinking_factor = 0.7;
    double clip = 2;
    double streak_clip = 1;

    // The scale of macd_hist is its population deviation over the last rows, the scored one
    // included; with fewer than `macd_rows_min` the signal is skipped.
    std::size_t macd_rows = 240;
    std::size_t macd_rows_min = 20;
    // The baseline passed one row at a time when live, so its deviation was 0 and the signal always
    // sat at +-2. Kept for comparison with recorded baseline decisions only.
    bool single_row_macd_scale = false;
    // Fewer signals than this are no opinion. Three means: more than streak and flow alone.
    int signals_min = 3;
};

// The original's live behaviour, defect included.
HeuristicParams baseline_heuristic(double shrink = 0.6);

struct HeuristicScore {
    double up = 0.5;  // P(UP); 0.5 where not usable
    double score = 0; // sum of the signals
    int signals = 0;  // how many had their input
    bool usable = false;
};

// `macd_scale` is the deviation of macd_hist around this row; NaN skips that signal.
HeuristicScore score_row(FeatureRow const& row, double macd_scale, HeuristicParams const& params);

// Scores rows in time order and keeps the rolling scale. Allocates at construction only.
class HeuristicScorer {
public:
    explicit HeuristicScorer(HeuristicParams params = {});

    HeuristicScore push(FeatureRow const& row);
    // What push would give, changing nothing.
    HeuristicScore preview(FeatureRow const& row) const;
    void restart();

private:
    double macd_scale(double newest) const;
    void look_ahead();

    HeuristicParams params_;
    std::vector<double> recent_; // ring of the newest macd_rows - 1 values
    std::size_t next_ = 0;
    std::size_t count_ = 0;
    OpenMoments moments_; // of recent_
};

} // namespace polyquant::models

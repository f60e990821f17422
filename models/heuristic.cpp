#include "models/heuristic.hpp"

#include "engine/core/failure.hpp"

#include <algorithm>
#include <cmath>

namespace polyquant::models {

HeuristicParams baseline_heuristic(double shrink) {
    HeuristicParams params;
    params.shrink = shrink;
    params.single_row_macd_scale = true;
    params.signals_min = 0;
    return params;
}

HeuristicScore score_row(FeatureRow const& row, double macd_scale, HeuristicParams const& params) {
    using enum Feature;
    HeuristicScore result;
    auto const add = [&result](double signal) {
        if (std::isnan(signal)) return;
        result.score += signal;
        ++result.signals;
    };
    // Unlike std::clamp, keeps NaN a NaN by contract.
    auto const clip = [](double x, double limit) {
        return x < -limit ? -limit : x > limit ? limit : x;
    };
    auto const reversion = [](double x, double gain, double extreme) {
        if (std::isnan(x)) return x;
        return std::abs(x) > extreme ? -gain * x : 0.0;
    };

    add(clip(params.ret_5_gain * row[ret_5], params.clip));
    add(clip(params.ret_1_gain * row[ret_1], params.clip));
    add(clip(row[macd_hist] / (macd_scale + 1e-10), params.clip));
    add(reversion(row[rsi_norm], params.rsi_gain, params.rsi_extreme));
    add(reversion(row[bb_zscore], params.zscore_gain, params.zscore_extreme));
    add(clip(params.flow_gain * row[net_taker_flow], params.clip));
    add(clip(params.volume_gain * row[vol_weighted_ret_5], params.clip));
    if (row[vol_ratio] > params.expanding_ratio)
        result.score *= params.expanding_factor;
    else if (row[vol_ratio] < params.shrinking_ratio)
        result.score *= params.shrinking_factor;
    add(clip(params.streak_gain * row[candle_streak], params.streak_clip));

    result.usable = result.signals >= params.signals_min;
    if (!result.usable) return result;
    double const average = result.score / std::max(result.signals, 1);
    result.up = 0.5 + params.shrink * (1 / (1 + std::exp(-average)) - 0.5);
    return result;
}

HeuristicScorer::HeuristicScorer(HeuristicParams params) : params_{params} {
    ENSURE(params_.macd_rows >= 2, "a deviation needs two rows");
    recent_.resize(params_.macd_rows - 1);
}

HeuristicScore HeuristicScorer::push(FeatureRow const& row) {
    auto const result = preview(row);
    recent_[next_] = row[Feature::macd_hist];
    next_ = next_ + 1 == recent_.size() ? 0 : next_ + 1;
    count_ = std::min(count_ + 1, recent_.size());
    if (!params_.single_row_macd_scale) look_ahead();
    return result;
}

HeuristicScore HeuristicScorer::preview(FeatureRow const& row) const {
    return score_row(row, macd_scale(row[Feature::macd_hist]), params_);
}

void HeuristicScorer::restart() {
    next_ = count_ = 0;
    moments_ = {};
}

double HeuristicScorer::macd_scale(double newest) const {
    if (params_.single_row_macd_scale) return 0;
    if (count_ == 0 || count_ + 1 < params_.macd_rows_min) return not_a_number;
    auto const known = static_cast<double>(count_);
    double const delta = newest - moments_.mean;
    return std::sqrt((moments_.deviations + delta * delta * known / (known + 1)) / (known + 1));
}

void HeuristicScorer::look_ahead() {
    std::size_t const newest = next_ == 0 ? recent_.size() - 1 : next_ - 1;
    double const centre = recent_[newest];
    // Until the ring is full its values are the first count_; the order of addition is the ring's,
    // so the last bits may depend on its phase, which is the number of bars since the restart.
    Sums sums;
    std::size_t i = 0;
    for (; i + 16 <= count_; i += 16)
        sums = sums + sums_around<16>(centre, recent_.data() + i);
    for (; i < count_; ++i)
        sums = sums + sums_around<1>(centre, recent_.data() + i);
    moments_ = OpenMoments::from(centre, sums, count_);
}

} // namespace polyquant::models

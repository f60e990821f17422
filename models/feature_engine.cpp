#include "models/feature_engine.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace polyquant::models {

namespace {

constexpr double alpha_of_span(int span) {
    return 2.0 / (span + 1);
}

// pandas' order of operations, its guard for equal values included: a constant series stays so.
double ema(double average, double alpha, double value) {
    if (std::isnan(average)) return value;
    if (average == value) return average;
    return (1 - alpha) * average + alpha * value;
}

double ratio(double a, double b) {
    return b == 0 ? not_a_number : a / b;
}

double sign(double x) {
    if (std::isnan(x)) return x;
    return static_cast<double>((x > 0) - (x < 0));
}

// The slope of a sum of steps over ten rows is a weighted sum of its steps: step j counts in the
// rows j..9, whose centred positions k - 4.5 add up to this, over sum((k - 4.5)^2) = 82.5. The
// oldest step has no weight and is read for its NaN only, as pandas has no value at row 0.
constexpr std::array<double, 10> slope_weights{
    0 / 82.5,
    4.5 / 82.5,
    8 / 82.5,
    10.5 / 82.5,
    12 / 82.5,
    12.5 / 82.5,
    12 / 82.5,
    10.5 / 82.5,
    8 / 82.5,
    4.5 / 82.5
};

// 525600 minutes a year, whatever the bar's length: the baseline's unit.
double const per_year = std::sqrt(525'600.0);

} // namespace

FeatureRow const& FeatureEngine::push(Bar const& bar) {
    if (state_.bars > 0 && bar.open_time != state_.next_open) {
        ++gaps_;
        restart();
    }
    Carried carried;
    Terms terms;
    compute(state_, bar, row_, carried, terms);
    state_.carried = carried;
    state_.close.push(bar.close);
    state_.trades.push(bar.trades);
    state_.volume.push(bar.volume);
    state_.log_return.push(terms.log_return);
    state_.garman_klass.push(terms.garman_klass);
    state_.typical_volume.push(terms.typical_volume);
    state_.true_range.push(terms.true_range);
    state_.signed_volume.push(terms.signed_volume);
    ++state_.bars;
    state_.next_open = bar.close_time();
    look_ahead();
    return row_;
}

FeatureRow FeatureEngine::preview(Bar const& open_bar) const {
    FeatureRow row;
    Carried carried;
    Terms terms;
    if (state_.bars > 0 && open_bar.open_time != state_.next_open)
        compute(State{}, open_bar, row, carried, terms);
    else
        compute(state_, open_bar, row, carried, terms);
    return row;
}

void FeatureEngine::restart() {
    state_ = State{};
}

void FeatureEngine::compute(
    State const& state, Bar const& bar, FeatureRow& row, Carried& carried, Terms& terms
) {
    using enum Feature;
    Carried const& before = state.carried;
    Ahead const& ahead = state.ahead;
    double const o = bar.open, h = bar.high, l = bar.low, c = bar.close, v = bar.volume;
    row.as_of = bar.close_time();
    carried.close = c;

    constexpr std::array<std::size_t, 7> lags{1, 2, 3, 5, 10, 15, 20};
    for (std::size_t i = 0; i < lags.size(); ++i) {
        double const growth = c / state.close.ago(lags[i]);
        row.values[2 * i] = growth - 1;
        row.values[2 * i + 1] = std::log(growth);
    }
    row[ret_accel] = row[ret_1] - before.ret_1;
    carried.ret_1 = row[ret_1];

    carried.ema_fast = ema(before.ema_fast, alpha_of_span(12), c);
    carried.ema_slow = ema(before.ema_slow, alpha_of_span(26), c);
    row[macd] = carried.ema_fast - carried.ema_slow;
    carried.ema_signal = ema(before.ema_signal, alpha_of_span(9), row[macd]);
    row[macd_signal] = carried.ema_signal;
    row[macd_hist] = row[macd] - row[macd_signal];
    row[macd_hist_accel] = row[macd_hist] - before.macd_hist;
    carried.macd_hist = row[macd_hist];

    double const change = c - before.close;
    carried.average_gain = ema(before.average_gain, 1.0 / 14, change > 0 ? change : 0);
    carried.average_loss = ema(before.average_loss, 1.0 / 14, change < 0 ? -change : 0);
    double const strength =
        state.bars >= 13 ? ratio(carried.average_gain, carried.average_loss) : not_a_number;
    row[rsi] = 100 - 100 / (1 + strength);
    row[rsi_norm] = (row[rsi] - 50) / 50;

    double const middle = mean_with<20>(ahead.close, c);
    double const deviation = sd_with<20>(ahead.close, c);
    row[bb_zscore] = ratio(c - middle, deviation);
    row[bb_pctb] = ratio(c - (middle - 2 * deviation), 4 * deviation);

    terms.typical_volume = (h + l + c) / 3 * v;
    double const vwap = ratio(ahead.typical_volume + terms.typical_volume, ahead.volume_60 + v);
    row[vwap_dev] = (c - vwap) / vwap;

    double const log_range = std::log(h / l);
    double const log_body = std::log(c / o);
    terms.log_return = row[logret_1];
    terms.garman_klass =
        0.5 * (log_range * log_range) - (2 * std::numbers::ln2 - 1) * (log_body * log_body);
    auto const gk = [&](std::size_t i, double w) {
        double const mean = (ahead.garman_klass[i] + terms.garman_klass) / w;
        return std::sqrt(mean < 0 ? 0 : mean) * per_year;
    };
    row[rvol_5] = sd_with<5>(ahead.log_return[0], terms.log_return) * per_year;
    row[rvol_15] = sd_with<15>(ahead.log_return[1], terms.log_return) * per_year;
    row[rvol_30] = sd_with<30>(ahead.log_return[2], terms.log_return) * per_year;
    row[rvol_60] = sd_with<60>(ahead.log_return[3], terms.log_return) * per_year;
    row[gk_vol_5] = gk(0, 5);
    row[gk_vol_15] = gk(1, 15);
    row[gk_vol_30] = gk(2, 30);
    row[gk_vol_60] = gk(3, 60);
    row[vol_ratio] = ratio(row[rvol_5], row[rvol_60]);

    terms.true_range = h - l;
    if (state.bars > 0)
        terms.true_range =
            std::max({terms.true_range, std::abs(h - before.close), std::abs(l - before.close)});
    row[atr_14] = (ahead.true_range + terms.true_range) / 14;
    row[atr_pct] = row[atr_14] / c;

    row[vol_ratio_ma] = ratio(v, (ahead.volume_20 + v) / 20);
    row[taker_buy_ratio] = ratio(bar.taker_buy_base, v);
    row[net_taker_flow] = row[taker_buy_ratio] - 0.5;
    row[vol_weighted_ret_5] = row[ret_5] * row[vol_ratio_ma];
    terms.signed_volume = sign(change) * v;
    row[obv_slope_10] = ahead.obv_slope + terms.signed_volume * slope_weights.back();

    double const range = h - l;
    row[body_ratio] = ratio(std::abs(c - o), range);
    row[candle_dir] = sign(c - o);
    row[upper_wick] = ratio(h - std::max(c, o), range);
    row[lower_wick] = ratio(std::min(c, o) - l, range);
    carried.direction = row[candle_dir];
    if (state.bars == 0)
        carried.streak = 0;
    else if (row[candle_dir] == before.direction && row[candle_dir] != 0)
        carried.streak = before.streak + row[candle_dir];
    else
        carried.streak = row[candle_dir];
    row[candle_streak] = carried.streak;
    row[trades_ratio] = ratio(bar.trades, (ahead.trades + bar.trades) / 20);
}

void FeatureEngine::look_ahead() {
    Ahead& ahead = state_.ahead;

    // The windows of 5, 15, 30 and 60 lie within one another: each adds its own older part.
    double const* r = state_.log_return.last(59);
    double const centre = r[58];
    Sums sums = sums_around<4>(centre, r + 55);
    ahead.log_return[0] = OpenMoments::from(centre, sums, 4);
    sums = sums + sums_around<10>(centre, r + 45);
    ahead.log_return[1] = OpenMoments::from(centre, sums, 14);
    sums = sums + sums_around<15>(centre, r + 30);
    ahead.log_return[2] = OpenMoments::from(centre, sums, 29);
    sums = sums + sums_around<30>(centre, r);
    ahead.log_return[3] = OpenMoments::from(centre, sums, 59);

    double const* g = state_.garman_klass.last(59);
    ahead.garman_klass[0] = sum_of<4>(g + 55);
    ahead.garman_klass[1] = ahead.garman_klass[0] + sum_of<10>(g + 45);
    ahead.garman_klass[2] = ahead.garman_klass[1] + sum_of<15>(g + 30);
    ahead.garman_klass[3] = ahead.garman_klass[2] + sum_of<30>(g);

    double const close = state_.carried.close;
    ahead.close = OpenMoments::from(close, sums_around<19>(close, state_.close.last(19)), 19);

    double const* v = state_.volume.last(59);
    ahead.volume_20 = sum_of<19>(v + 40);
    ahead.volume_60 = ahead.volume_20 + sum_of<40>(v);
    ahead.typical_volume = sum_of<59>(state_.typical_volume.last(59));
    ahead.trades = sum_of<19>(state_.trades.last(19));
    ahead.true_range = sum_of<13>(state_.true_range.last(13));

    double const* steps = state_.signed_volume.last(9);
    ahead.obv_slope = 0;
    for (std::size_t j = 0; j < 9; ++j)
        ahead.obv_slope += steps[j] * slope_weights[j];
}

} // namespace polyquant::models

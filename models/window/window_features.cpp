#include "models/window/window_features.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace polyquant::models::window {

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double log_odds_max = 7;
constexpr double return_half_life_minutes = 240;
constexpr std::size_t pairs_min = 60;
constexpr std::size_t bars_min = 90;

constexpr std::array<std::string_view, window_feature_count> names{
    "z",
    "closed_form_log_odds",
    "seconds_left",
    "log_sigma",
    "sigma_short_long",
    "sigma_range_close",
    "move_last_minute",
    "move_last_5_minutes",
    "move_before",
    "range_position",
    "btc_z",
    "btc_move_last_minute",
    "btc_gap",
    "eth_z",
    "eth_move_last_minute",
    "eth_gap",
    "btc_beta",
    "btc_correlation",
    "relative_strength",
    "hour_sin",
    "hour_cos",
};

} // namespace

std::vector<std::string> row_feature_names() {
    std::vector<std::string> all(names.begin(), names.end());
    for (auto const feature : features_of(FeatureSet::all_46))
        all.emplace_back(to_string(feature));
    return all;
}

std::vector<std::size_t> columns_of(Asset asset) {
    using enum WindowFeature;
    constexpr std::array of_btc{
        btc_z, btc_move_last_minute, btc_gap, btc_beta, btc_correlation, relative_strength
    };
    constexpr std::array of_eth{eth_z, eth_move_last_minute, eth_gap};
    std::vector<std::size_t> columns;
    for (std::size_t i = 0; i < row_feature_count; ++i) {
        auto const is = [&](WindowFeature feature) {
            return index_of(feature) == i;
        };
        auto const own = (asset == Asset::btc && std::any_of(of_btc.begin(), of_btc.end(), is)) ||
                         (asset == Asset::eth && std::any_of(of_eth.begin(), of_eth.end(), is));
        if (!own) columns.push_back(i);
    }
    return columns;
}

double log_odds_of(double z, TailShape const& shape) {
    auto const down = shape.cdf(-z);
    return std::clamp(std::log((1 - down) / down), -log_odds_max, log_odds_max);
}

ReturnPair::ReturnPair()
    : own_squared_{return_half_life_minutes}, other_squared_{return_half_life_minutes},
      product_{return_half_life_minutes} {}

void ReturnPair::add(double own, double other) {
    own_squared_.add(own * own);
    other_squared_.add(other * other);
    product_.add(own * other);
    ++count_;
}

double ReturnPair::beta() const {
    if (count_ < pairs_min || other_squared_.mean() <= 0) return nan;
    return product_.mean() / other_squared_.mean();
}

double ReturnPair::correlation() const {
    auto const scale = own_squared_.mean() * other_squared_.mean();
    if (count_ < pairs_min || scale <= 0) return nan;
    return product_.mean() / std::sqrt(scale);
}

WindowFeatureState::WindowFeatureState(Models models, Shapes shapes)
    : models_{std::move(models)}, shapes_{std::move(shapes)} {
    for (auto const& model : models_)
        coins_.emplace_back(model);
}

void WindowFeatureState::on_bar(Asset asset, Bar const& bar) {
    auto& coin = coins_[asset_index(asset)];
    auto const last = coin.count > 0 ? coin.bars[(coin.count - 1) % history] : Bar{};
    if (coin.count > 0 && bar.open_time < last.close_time()) return;
    coin.volatility.on_bar(bar);
    coin.row = coin.features.push(bar);
    coin.bars[coin.count++ % history] = bar;
    coin.price = bar.close;
    coin.last_return = coin.count > 1 && last.close_time() == bar.open_time
                           ? std::log(bar.close / last.close)
                           : nan;
    coin.last_return_at = bar.close_time();
    pair_returns(bar.close_time());
}

// As soon as both coins of a pair have brought their bar of this minute their returns are compared,
// once; a coin without a bar sits out.
void WindowFeatureState::pair_returns(UtcTime closed_at) {
    auto const compare = [&](Coin& own, Coin const& other, ReturnPair& pair, UtcTime& paired_at) {
        if (&own == &other || paired_at == closed_at) return;
        if (own.last_return_at != closed_at || other.last_return_at != closed_at) return;
        paired_at = closed_at;
        if (!std::isnan(own.last_return) && !std::isnan(other.last_return))
            pair.add(own.last_return, other.last_return);
    };
    for (auto& own : coins_) {
        compare(own, coin(Asset::btc), own.with_btc, own.btc_paired_at);
        compare(own, coin(Asset::eth), own.with_eth, own.eth_paired_at);
    }
}

void WindowFeatureState::on_price(Asset asset, double price) {
    coins_[asset_index(asset)].price = price;
}

bool WindowFeatureState::is_ready(Asset asset, UtcTime now) const {
    auto const& own = coin(asset);
    if (own.volatility.bars_seen() < bars_min || own.count == 0) return false;
    auto const closed_at = own.bars[(own.count - 1) % history].close_time();
    return now >= closed_at && now - closed_at < 90s;
}

double WindowFeatureState::sigma(Asset asset, UtcTime from, double seconds) const {
    return models_[asset_index(asset)].sigma(coin(asset).volatility, from, seconds);
}

double WindowFeatureState::close_at(Asset asset, UtcTime t) const {
    auto const& own = coin(asset);
    if (own.count == 0) return nan;
    // Bars are contiguous but for gaps: look where it would be, then walk back over a gap.
    for (std::size_t back = 0; back < std::min(own.count, history); ++back) {
        auto const& bar = own.bars[(own.count - 1 - back) % history];
        if (bar.close_time() == t) return bar.close;
        if (bar.close_time() < t) return nan;
    }
    return nan;
}

double WindowFeatureState::move(Asset asset, UtcTime from, UtcTime to) const {
    return std::log(close_at(asset, to) / close_at(asset, from));
}

WindowFeatureState::Lead WindowFeatureState::lead_of(
    Asset leader, double beta, WindowMoment const& moment, double own_sd
) const {
    auto const& lead = coin(leader);
    if (lead.count == 0) return {nan, nan, nan};
    auto const closed_at = lead.bars[(lead.count - 1) % history].close_time();
    auto const left = moment.state.seconds_left;
    auto const sd = sigma(leader, moment.now, left);
    auto const in_window = std::log(lead.price / close_at(leader, moment.window.start));
    auto const own = std::log(moment.state.spot / moment.state.strike);
    return {
        in_window / (sd * std::sqrt(std::max(left, 1.0))),
        std::log(lead.price / close_at(leader, closed_at - 1min)) / (sd * std::sqrt(60.0)),
        (beta * in_window - own) / own_sd
    };
}

void WindowFeatureState::fill(WindowMoment const& moment, std::span<double> row) const {
    ENSURE(row.size() == row_feature_count, "a row holds every feature");
    std::fill(row.begin(), row.end(), nan);
    auto const& own = coin(moment.asset);
    if (own.count == 0) return;
    auto const set = [&](WindowFeature feature, double value) {
        row[index_of(feature)] = value;
    };
    auto const& state = moment.state;
    auto const left = state.seconds_left;
    auto const walk = std::isnan(moment.walk_seconds)
                          ? effective_seconds(left, state.average_seconds)
                          : moment.walk_seconds;
    // Minutes count by their part in the walk: an average hardly feels the last one.
    auto const s = moment.sigma_factor * sigma(moment.asset, moment.now, walk);
    // The closed form, with the walk that the data's own average has.
    auto const mean = final_value(state, {}).mean;
    auto const own_sd = std::sqrt(s * s * walk + moment.price_noise * moment.price_noise);
    auto const z = (mean - state.strike + 0.5 * moment.grid) / (state.spot * own_sd);
    set(WindowFeature::z, z);
    set(WindowFeature::closed_form_log_odds, log_odds_of(z, shapes_[asset_index(moment.asset)]));
    set(WindowFeature::seconds_left, left);
    set(WindowFeature::log_sigma, std::log(s * 1e4));

    auto const forecasts = own.volatility.forecasts(moment.now, left);
    auto const variance = [&](Estimator estimator) {
        return std::max(forecasts[static_cast<std::size_t>(estimator)], 1e-12);
    };
    set(WindowFeature::sigma_short_long,
        0.5 * std::log(variance(Estimator::ewma_5) / variance(Estimator::ewma_720)));
    set(WindowFeature::sigma_range_close,
        0.5 * std::log(variance(Estimator::garman_klass_15) / variance(Estimator::ewma_15)));

    auto const closed_at = own.bars[(own.count - 1) % history].close_time();
    auto const minutes_sd = [&](double minutes) {
        return s * std::sqrt(60 * minutes);
    };
    set(WindowFeature::move_last_minute,
        std::log(state.spot / close_at(moment.asset, closed_at - 1min)) / minutes_sd(1));
    set(WindowFeature::move_last_5_minutes,
        std::log(state.spot / close_at(moment.asset, closed_at - 5min)) / minutes_sd(5));
    set(WindowFeature::move_before,
        move(moment.asset, moment.window.start - 5min, moment.window.start) / minutes_sd(5));

    double low = state.spot;
    double high = state.spot;
    for (std::size_t back = 0; back < std::min(own.count, history); ++back) {
        auto const& bar = own.bars[(own.count - 1 - back) % history];
        if (bar.open_time < moment.window.start) break;
        low = std::min(low, bar.low);
        high = std::max(high, bar.high);
    }
    set(WindowFeature::range_position, high > low ? (state.spot - low) / (high - low) : 0.5);

    if (moment.asset != Asset::btc) {
        auto const beta = own.with_btc.beta();
        auto const lead = lead_of(Asset::btc, beta, moment, own_sd);
        set(WindowFeature::btc_z, lead.z);
        set(WindowFeature::btc_move_last_minute, lead.last_minute);
        set(WindowFeature::btc_gap, lead.gap);
        set(WindowFeature::btc_beta, beta);
        set(WindowFeature::btc_correlation, own.with_btc.correlation());
        auto const hour_ago = closed_at - 60min;
        set(WindowFeature::relative_strength,
            (move(moment.asset, hour_ago, closed_at) - beta * move(Asset::btc, hour_ago, closed_at)
            ) / minutes_sd(60));
    }
    if (moment.asset != Asset::eth) {
        auto const lead = lead_of(Asset::eth, own.with_eth.beta(), moment, own_sd);
        set(WindowFeature::eth_z, lead.z);
        set(WindowFeature::eth_move_last_minute, lead.last_minute);
        set(WindowFeature::eth_gap, lead.gap);
    }
    auto const day_part = static_cast<double>(unix_seconds(moment.now) % 86'400) / 86'400;
    set(WindowFeature::hour_sin, std::sin(2 * std::numbers::pi * day_part));
    set(WindowFeature::hour_cos, std::cos(2 * std::numbers::pi * day_part));
    std::copy(own.row.values.begin(), own.row.values.end(), row.begin() + window_feature_count);
}

} // namespace polyquant::models::window

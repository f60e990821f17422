// What is known of a window at one moment, bar by bar and for all coins at once: the same code
// feeds training, evaluation and the live engine, so that none of them can know more than another.
#pragma once

#include "models/feature_engine.hpp"
#include "models/window/closed_form.hpp"
#include "models/window/volatility_model.hpp"

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace polyquant::models::window {

// In column order; the 46 bar features of models/features.hpp follow them. Moves are in standard
// deviations of the coin's own forecast.
enum class WindowFeature : std::uint8_t {
    z,                    // of the closed form
    closed_form_log_odds, // ln(p / (1 - p)), within +-7
    seconds_left,
    log_sigma,         // ln of the forecast in 1e-4 per square-root second
    sigma_short_long,  // ln of the 5-minute over the 12-hour EWMA, half: log ratio of sigmas
    sigma_range_close, // the same of range-based over close-based: bars that move and come back
    move_last_minute,
    move_last_5_minutes,
    move_before,    // over the five minutes before the window
    range_position, // of the price within the window's high and low, 0 to 1
    btc_z,          // how far BTC itself has moved in this window
    btc_move_last_minute,
    btc_gap, // beta * BTC's move in the window less the coin's own: what it lags
    eth_z,
    eth_move_last_minute,
    eth_gap,
    btc_beta, // of minute returns, EWMA of 4 hours
    btc_correlation,
    relative_strength, // the coin's hour less beta times BTC's hour
    hour_sin,          // time of day in UTC
    hour_cos,
};
inline constexpr std::size_t window_feature_count = 21;
inline constexpr std::size_t row_feature_count = window_feature_count + feature_count;

constexpr std::size_t index_of(WindowFeature feature) {
    return static_cast<std::size_t>(feature);
}

// All names in column order: the window's, then the 46.
std::vector<std::string> row_feature_names();

// Columns that say nothing for the coin: BTC does not lag itself.
std::vector<std::size_t> columns_of(Asset asset);

// The closed form's log-odds under a tail shape, from z.
double log_odds_of(double z, TailShape const& shape);

struct WindowMoment {
    Asset asset = Asset::btc;
    Window window;
    UtcTime now{};
    WindowState state; // strike, spot, ... ; NaN strike gives NaN features
    double price_noise = 0;
    double grid = 0;
    // Seconds of price walk before the final value; NaN: by the settlement rule in `state`.
    double walk_seconds = std::numeric_limits<double>::quiet_NaN();
    double sigma_factor = 1; // on the volatility forecast: what if it is off
};

// Pearson and slope of minute returns against BTC's or ETH's, exponentially forgotten.
class ReturnPair {
public:
    ReturnPair();
    void add(double own, double other);

    double beta() const;        // NaN before 60 pairs
    double correlation() const; // NaN before 60 pairs

private:
    DecayingMean own_squared_;
    DecayingMean other_squared_;
    DecayingMean product_;
    std::size_t count_ = 0;
};

class WindowFeatureState {
public:
    using Models = std::array<VolatilityModel, asset_count>;
    using Shapes = std::array<TailShape, asset_count>;

    WindowFeatureState(Models models, Shapes shapes);

    // Closed minute bars in order of time per coin; between coins any order within one minute.
    void on_bar(Asset asset, Bar const& bar);

    // The newest price between bars; the coin's own spot in WindowMoment comes from the caller.
    void on_price(Asset asset, double price);

    // An hour and a half of bars seen, and the last one closed less than 90 s before `now`.
    bool is_ready(Asset asset, UtcTime now) const;

    // Forecast per square-root second.
    double sigma(Asset asset, UtcTime from, double seconds) const;

    // Writes row_feature_count values, NaN where unknown. Allocates nothing.
    void fill(WindowMoment const& moment, std::span<double> row) const;

    // The 46 as of the coin's last closed bar.
    FeatureRow const& bar_features(Asset asset) const { return coin(asset).row; }

    VolatilityModel const& volatility_model(Asset asset) const {
        return models_[asset_index(asset)];
    }

private:
    static constexpr std::size_t history = 128; // closes kept, more than the hour that is looked at

    struct Coin {
        explicit Coin(VolatilityModel const& model) : volatility{model.profile} {}

        VolatilityState volatility;
        FeatureEngine features;
        FeatureRow row;
        std::array<Bar, history> bars{};
        std::size_t count = 0;
        double price = std::numeric_limits<double>::quiet_NaN();
        ReturnPair with_btc;
        ReturnPair with_eth;
        double last_return = std::numeric_limits<double>::quiet_NaN();
        UtcTime last_return_at{};
        UtcTime btc_paired_at{}; // the minute whose returns are already compared
        UtcTime eth_paired_at{};
    };

    static std::size_t asset_index(Asset asset) { return polyquant::index_of(asset); }

    Coin const& coin(Asset asset) const { return coins_[asset_index(asset)]; }

    // The close of the bar that ended at `t`; NaN when it is not there.
    double close_at(Asset asset, UtcTime t) const;
    double move(Asset asset, UtcTime from, UtcTime to) const;
    void pair_returns(UtcTime closed_at);

    struct Lead {
        double z;
        double last_minute;
        double gap;
    };

    Lead lead_of(Asset leader, double beta, WindowMoment const& moment, double own_sd) const;

    Models models_;
    Shapes shapes_;
    std::vector<Coin> coins_;
};

} // namespace polyquant::models::window

// Training and test rows from minute bars: every 5-minute window at 240, 180, 120 and 60 seconds
// before its close, with its outcome.
#pragma once

#include "models/validation/rows.hpp"
#include "models/validation/walk_forward.hpp"
#include "models/window/window_features.hpp"

#include <array>
#include <span>
#include <vector>

namespace polyquant::models::window {

// How an outcome is read off bars. Spot: the close of the last minute against the open of the
// first. Average: the mean of open, high, low and close of the minute before each boundary, which
// agrees with the official one-minute average's direction in 94 % of windows (the close in 88 %).
enum class LabelStyle : std::uint8_t { spot, average };
std::string_view to_string(LabelStyle style);

inline constexpr std::array<int, 4> decision_seconds{240, 180, 120, 60};

// Variance, in units of its length, of (open + high + low + close) / 4 of a Brownian minute around
// its open: (Var(c) + Var(h + l) + 2 Cov(c, h + l)) / 16 with E[h^2] = E[l^2] = 1,
// E[h l] = 1 - 2 ln 2 and E[c h] = E[c l] = 1/2 (Garman and Klass 1980): 0.2642. A true average has
// 1/3.
inline constexpr double bar_mean_variance = (1 + 2 * (2 - 2 * 0.69314718055994531) + 2) / 16;

struct WindowRow {
    Asset asset = Asset::btc;
    Window window;
    int seconds_left = 0;
    WindowMoment moment; // what the features were computed from
    double sigma = 0;
    double final_price = 0; // what the strike is compared with
    double outcome = 0;     // 1 Up, 0 Down

    // How far the price went from the decision to the final value, in forecast deviations.
    double standardised_move() const;
};

struct WindowDataset {
    LabelStyle style = LabelStyle::spot;
    std::vector<WindowRow> rows; // by decision time, then window
    validation::RowTable features{row_feature_count};

    std::vector<validation::RowTimes> times() const;
};

struct DatasetOptions {
    LabelStyle style = LabelStyle::spot;
    UtcTime from = UtcTime::min(); // windows that start in [from, to)
    UtcTime to = UtcTime::max();
};

using AssetBars = std::array<std::vector<Bar>, asset_count>;

// The price step Binance quotes the coin in, USD: ties are real there.
double binance_grid(Asset asset);

// One dataset per coin, computed in one pass over all of them, because coins lead each other.
// Windows with a missing bar from an hour and a half before them to their end are left out.
std::array<WindowDataset, asset_count> build_datasets(
    AssetBars const& bars,
    WindowFeatureState::Models const& models,
    WindowFeatureState::Shapes const& shapes,
    DatasetOptions const& options
);

// The same rows of only those columns, for a model that uses some.
validation::RowTable select_columns(validation::Rows rows, std::span<std::size_t const> columns);

} // namespace polyquant::models::window

#include "models/window/window_dataset.hpp"

#include <algorithm>
#include <cmath>

namespace polyquant::models::window {

namespace {

constexpr std::size_t minutes = 5;
constexpr std::size_t bars_before = 90;

double bar_mean(Bar const& bar) {
    return 0.25 * (bar.open + bar.high + bar.low + bar.close);
}

bool is_contiguous(std::vector<Bar> const& bars, std::size_t first, std::size_t last) {
    auto const expected = Seconds{60 * static_cast<std::int64_t>(last - first)};
    return bars[last].open_time - bars[first].open_time == expected;
}

// The rows of one coin that wait for their window's end are made when its bars arrive; the outcome
// is read from the series, the features only from the state fed so far.
class CoinBuilder {
public:
    CoinBuilder(
        Asset asset, std::vector<Bar> const& bars, DatasetOptions const& options, WindowDataset& out
    )
        : asset_{asset}, bars_{bars}, options_{options}, out_{out} {
        out_.style = options.style;
    }

    // `i` is the index of the coin's bar that has just been fed to the state (with all other coins'
    // bars of that minute).
    void after_bar(std::size_t i, WindowFeatureState const& state) {
        auto const now = bars_[i].close_time();
        auto const window = window_at(now);
        auto const elapsed = std::chrono::duration_cast<Seconds>(now - window.start).count();
        auto const left = 300 - elapsed;
        auto const done = static_cast<std::size_t>(elapsed / 60);
        if (window.start < options_.from || window.start >= options_.to) return;
        if (std::find(decision_seconds.begin(), decision_seconds.end(), left) ==
            decision_seconds.end())
            return;
        if (i < bars_before + done || i + minutes - done >= bars_.size()) return;
        auto const first = i + 1 - done; // the window's first bar
        auto const last = first + minutes - 1;
        if (!is_contiguous(bars_, first - bars_before, last)) return;
        if (!state.is_ready(asset_, now)) return;
        add(window, first, last, i, static_cast<int>(left), state);
    }

private:
    void
    add(Window window,
        std::size_t first,
        std::size_t last,
        std::size_t i,
        int left,
        WindowFeatureState const& state) {
        auto const average = options_.style == LabelStyle::average;
        auto const strike = average ? bar_mean(bars_[first - 1]) : bars_[first].open;
        auto const final = average ? bar_mean(bars_[last]) : bars_[last].close;
        auto const grid = binance_grid(asset_);
        WindowRow row{
            .asset = asset_,
            .window = window,
            .seconds_left = left,
            .moment =
                {.asset = asset_,
                 .window = window,
                 .now = bars_[i].close_time(),
                 .state =
                     {.strike = strike,
                      .spot = bars_[i].close,
                      .average_so_far = bars_[i].close,
                      .seconds_left = static_cast<double>(left),
                      .average_seconds = average ? 60.0 : 0.0},
                 .grid = average ? 0.25 * grid : grid},
            .final_price = final,
            // Means of four decimals differ in the last bit where the venue's would be equal.
            .outcome = final >= strike - 1e-9 * strike ? 1.0 : 0.0
        };
        row.moment.walk_seconds = average ? left - 60 + 60 * bar_mean_variance : left;
        row.sigma = state.sigma(asset_, row.moment.now, row.moment.walk_seconds);
        std::array<double, row_feature_count> features;
        state.fill(row.moment, features);
        out_.rows.push_back(row);
        out_.features.add(features);
    }

    Asset asset_;
    std::vector<Bar> const& bars_;
    DatasetOptions const& options_;
    WindowDataset& out_;
};

} // namespace

std::string_view to_string(LabelStyle style) {
    return style == LabelStyle::spot ? "spot" : "average";
}

double WindowRow::standardised_move() const {
    auto const& state = moment.state;
    auto const walk = std::isnan(moment.walk_seconds)
                          ? effective_seconds(state.seconds_left, state.average_seconds)
                          : moment.walk_seconds;
    return (final_price - state.spot) / (state.spot * sigma * std::sqrt(walk));
}

std::vector<validation::RowTimes> WindowDataset::times() const {
    std::vector<validation::RowTimes> all;
    for (auto const& row : rows)
        all.push_back({row.moment.now, row.window.end()});
    return all;
}

double binance_grid(Asset asset) {
    switch (asset) {
    case Asset::btc:
    case Asset::eth:
    case Asset::sol: return 0.01;
    case Asset::xrp: return 0.0001;
    }
    std::abort();
}

std::array<WindowDataset, asset_count> build_datasets(
    AssetBars const& bars,
    WindowFeatureState::Models const& models,
    WindowFeatureState::Shapes const& shapes,
    DatasetOptions const& options
) {
    std::array<WindowDataset, asset_count> datasets;
    WindowFeatureState state{models, shapes};
    std::vector<CoinBuilder> builders;
    for (auto const asset : all_assets)
        builders.emplace_back(asset, bars[index_of(asset)], options, datasets[index_of(asset)]);
    std::array<std::size_t, asset_count> next{};
    for (;;) {
        auto minute = UtcTime::max();
        for (std::size_t a = 0; a < asset_count; ++a)
            if (next[a] < bars[a].size()) minute = std::min(minute, bars[a][next[a]].open_time);
        if (minute == UtcTime::max() || minute >= options.to) return datasets;
        std::array<bool, asset_count> fed{};
        for (std::size_t a = 0; a < asset_count; ++a) {
            if (next[a] >= bars[a].size() || bars[a][next[a]].open_time != minute) continue;
            // Bars long before the first wanted window only cost time.
            if (options.from == UtcTime::min() || minute >= options.from - std::chrono::hours{72}) {
                state.on_bar(all_assets[a], bars[a][next[a]]);
                fed[a] = true;
            }
            ++next[a];
        }
        for (std::size_t a = 0; a < asset_count; ++a)
            if (fed[a]) builders[a].after_bar(next[a] - 1, state);
    }
}

validation::RowTable select_columns(validation::Rows rows, std::span<std::size_t const> columns) {
    validation::RowTable table{columns.size()};
    std::vector<double> cells(columns.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
        auto const row = rows[i];
        for (std::size_t k = 0; k < columns.size(); ++k)
            cells[k] = row[columns[k]];
        table.add(cells);
    }
    return table;
}

} // namespace polyquant::models::window

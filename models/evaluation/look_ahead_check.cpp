#include "models/evaluation/look_ahead_check.hpp"

#include <algorithm>
#include <utility>

namespace polyquant::models::evaluation {

namespace {

using window::AssetBars;
using window::WindowDataset;

// The slowest of what a row remembers is the twelve-hour EWMA.
constexpr std::chrono::hours before{48};
constexpr std::chrono::hours after{1};

std::vector<Bar> cut(std::vector<Bar> const& bars, UtcTime from, UtcTime to) {
    auto const at = [&](UtcTime t) {
        return std::partition_point(bars.begin(), bars.end(), [t](Bar const& bar) {
            return bar.open_time < t;
        });
    };
    return {at(from), at(to)};
}

class Check {
public:
    Check(
        Asset asset,
        window::WindowFeatureState::Models const& models,
        window::WindowFeatureState::Shapes const& shapes,
        window::LabelStyle style
    )
        : asset_{asset}, models_{models}, shapes_{shapes}, style_{style},
          names_{window::row_feature_names()} {
        report_.columns = names_.size();
    }

    void ask(UtcTime window_start, AssetBars const& bars) {
        start_ = window_start;
        bars_ = bars;
        auto const rows = dataset().rows;
        for (auto const changing : all_assets) {
            auto const& own = bars_[index_of(changing)];
            if (own.empty()) continue;
            std::vector<UtcTime> moments;
            for (auto const& row : rows)
                moments.push_back(row.moment.now);
            keep(validation::find_look_ahead(
                [&](auto series, UtcTime at) { return row_at(changing, series, at); },
                own,
                moments,
                names_
            ));
            if (moments.empty()) continue;
            static std::vector<std::string> const parts{"outcome", "final price", "strike"};
            keep(validation::find_look_ahead(
                [&](auto series, UtcTime) { return outcome(changing, series); },
                own,
                std::vector{rows.front().window.end()},
                parts
            ));
        }
        report_.rows += rows.size();
        report_.outcomes += rows.empty() ? 0 : 1;
    }

    LookAheadReport take() { return std::move(report_); }

private:
    WindowDataset dataset() const {
        auto made = window::build_datasets(
            bars_, models_, shapes_, {.style = style_, .from = start_, .to = start_ + Seconds{300}}
        );
        return std::move(made[index_of(asset_)]);
    }

    WindowDataset dataset_with(Asset changing, std::span<Bar const> series) {
        auto& own = bars_[index_of(changing)];
        auto kept = std::exchange(own, std::vector<Bar>{series.begin(), series.end()});
        auto made = dataset();
        own = std::move(kept);
        return made;
    }

    std::vector<double> row_at(Asset changing, std::span<Bar const> series, UtcTime at) {
        auto const made = dataset_with(changing, series);
        for (std::size_t i = 0; i < made.rows.size(); ++i)
            if (made.rows[i].moment.now == at)
                return {made.features[i].begin(), made.features[i].end()};
        return {};
    }

    std::vector<double> outcome(Asset changing, std::span<Bar const> series) {
        auto const made = dataset_with(changing, series);
        if (made.rows.empty()) return {};
        auto const& row = made.rows.front();
        return {row.outcome, row.final_price, row.moment.state.strike};
    }

    void keep(std::vector<validation::LookAheadProblem> more) {
        report_.problems.insert(report_.problems.end(), more.begin(), more.end());
    }

    Asset asset_;
    window::WindowFeatureState::Models const& models_;
    window::WindowFeatureState::Shapes const& shapes_;
    window::LabelStyle style_;
    std::vector<std::string> names_;
    UtcTime start_{};
    AssetBars bars_;
    LookAheadReport report_;
};

} // namespace

LookAheadReport check_look_ahead(
    Asset asset,
    AssetBars const& bars,
    window::WindowFeatureState::Models const& models,
    window::WindowFeatureState::Shapes const& shapes,
    window::DatasetOptions const& options,
    std::size_t windows
) {
    Check check{asset, models, shapes, options.style};
    auto const& own = bars[index_of(asset)];
    if (own.empty() || windows == 0) return check.take();
    auto const first = std::max(options.from, own.front().open_time + before);
    auto const last = std::min(options.to, own.back().close_time() - after);
    for (std::size_t i = 0; i < windows && first < last; ++i) {
        // Odd parts of the span: not always the same minute of the day.
        auto const part = (static_cast<double>(i) + 0.381966) / static_cast<double>(windows);
        auto const seconds = part * std::chrono::duration<double>(last - first).count();
        auto const start = window_at(first + Seconds{static_cast<std::int64_t>(seconds)}).start;
        AssetBars near;
        for (auto const each : all_assets)
            near[index_of(each)] = cut(bars[index_of(each)], start - before, start + after);
        check.ask(start, near);
    }
    return check.take();
}

} // namespace polyquant::models::evaluation

#include "models/evaluation/baseline_predictions.hpp"

#include "models/ensemble.hpp"
#include "models/feature_table.hpp"
#include "models/heuristic.hpp"
#include "models/trainer.hpp"

#include <algorithm>
#include <optional>

namespace polyquant::models::evaluation {

namespace {

std::size_t first_closing_after(std::span<Bar const> bars, UtcTime t) {
    auto const it = std::partition_point(bars.begin(), bars.end(), [&](Bar const& bar) {
        return bar.close_time() <= t;
    });
    return static_cast<std::size_t>(it - bars.begin());
}

} // namespace

Result<BaselinePredictions> predict_at_window_starts(
    std::span<Bar const> bars, std::span<UtcTime const> starts, WalkForward const& walk_forward
) {
    BaselinePredictions predictions;
    if (starts.empty()) return predictions;
    // Features need an hour, the heuristic's scale four: a day before the first training bar.
    auto const train_span = walk_forward.baseline;
    auto const step = Seconds{walk_forward.step}.count();
    auto const from = first_closing_after(
        bars, starts.front() - walk_forward.step - train_span - std::chrono::hours{24}
    );
    auto const used = bars.subspan(from, first_closing_after(bars, starts.back()) - from);
    auto const rows = compute_features(used);
    if (!rows) return rows.error();
    HeuristicScorer scorer;
    std::vector<double> heuristic;
    for (auto const& row : *rows)
        heuristic.push_back(scorer.push(row).up);

    std::optional<Predictor> predictor;
    std::optional<UtcTime> trained_for;
    for (auto const start : starts) {
        auto const block = utc_from_seconds(unix_seconds(start) / step * step);
        if (trained_for != block) {
            trained_for = block;
            auto const last = first_closing_after(used, block - walk_forward.embargo);
            auto const first = first_closing_after(used, block - train_span);
            auto const model = train_on_rows(
                used.subspan(first, last - first), std::span{*rows}.subspan(first, last - first), {}
            );
            predictor = model ? std::optional{Predictor{*model}} : std::nullopt;
        }
        auto const known = first_closing_after(used, start);
        auto const has_bar = known > 0 && used[known - 1].close_time() == start;
        auto const score = has_bar ? heuristic[known - 1] : 0.5;
        auto const learned =
            has_bar && predictor ? predictor->up((*rows)[known - 1]) : std::nullopt;
        predictions.heuristic.push_back(score);
        predictions.ensemble.push_back(blend(learned, score, {}).value_or(0.5));
    }
    return predictions;
}

} // namespace polyquant::models::evaluation

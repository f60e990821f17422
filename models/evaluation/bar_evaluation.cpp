#include "models/evaluation/bar_evaluation.hpp"

#include "models/evaluation/coin_run.hpp"
#include "models/evaluation/pooled_calibration.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <ostream>

namespace polyquant::models::evaluation {

namespace {

using window::WindowDataset;

// Each coin is a job that shares nothing with the others but what it only reads.
Result<void> run_coins(
    window::AssetBars const& bars,
    std::array<WindowDataset, asset_count>& datasets,
    boosting::LightGbm const* lightgbm,
    BarEvaluation& evaluation
) {
    auto const& options = evaluation.options;
    std::atomic<std::size_t> done = 0;
    std::size_t all = 0;
    std::vector<CoinRun> runs;
    for (auto const asset : options.assets) {
        runs.emplace_back(
            asset,
            bars[index_of(asset)],
            datasets[index_of(asset)],
            options,
            lightgbm,
            [&options, &done, &all] {
                auto const now = ++done;
                if (options.progress) options.progress(now, all);
            }
        );
        all += runs.back().pieces();
    }
    std::vector<std::optional<Result<CoinEvaluation>>> results(runs.size());
    auto const job = [&](std::size_t i) {
        results[i].emplace(runs[i].run());
        datasets[index_of(options.assets[i])] = {}; // half a gigabyte a coin on two years of bars
    };
    if (options.run_jobs)
        options.run_jobs(runs.size(), job);
    else
        for (std::size_t i = 0; i < runs.size(); ++i)
            job(i);
    for (auto& result : results) {
        if (!*result) return result->error();
        evaluation.coins.push_back(std::move(**result));
    }
    return boost::system::in_place_value;
}

} // namespace

std::string_view to_string(Member member) {
    switch (member) {
    case Member::heuristic: return "heuristic";
    case Member::baseline: return "baseline ensemble";
    case Member::closed_form: return "closed form";
    case Member::logistic: return "logistic";
    case Member::boosting: return "boosting";
    case Member::recent: return "logistic, recent";
    case Member::stacked: return "stacked";
    }
    std::abort();
}

CoinEvaluation const* BarEvaluation::coin(Asset asset) const {
    auto const found = std::ranges::find(coins, asset, &CoinEvaluation::asset);
    return found == coins.end() ? nullptr : &*found;
}

Result<BarEvaluation> evaluate_bars(
    window::AssetBars const& bars, EvaluationOptions const& options, std::ostream& progress
) {
    if (!(options.train_from < options.tune_from && options.tune_from < options.test_from &&
          options.test_from < options.test_to))
        return Failure{
            Fault::invalid, "evaluation", "train, tune and test must follow each other in time"
        };
    BarEvaluation evaluation;
    evaluation.options = options;
    auto const lightgbm = boosting::LightGbm::open(options.lightgbm);
    evaluation.has_boosting = lightgbm.has_value();
    if (!lightgbm) evaluation.boosting_note = lightgbm.error().detail;

    std::array<std::optional<window::VolatilityFit>, asset_count> fits;
    window::WindowFeatureState::Models models;
    for (auto const asset : all_assets) {
        progress << fmt::format("{}: fitting the volatility forecast ...\n", to_string(asset));
        auto fit = window::fit_volatility(bars[index_of(asset)], options.tune_from);
        auto const is_judged = std::ranges::find(options.assets, asset) != options.assets.end();
        if (!fit && is_judged) return fit.error();
        models[index_of(asset)] = fit ? fit->model : window::VolatilityModel::unfitted();
        if (!fit) continue;
        fits[index_of(asset)] = std::move(*fit);
    }
    progress << "building window rows ...\n";
    auto const normal = window::TailShape::normal();
    auto datasets = window::build_datasets(
        bars,
        models,
        {normal, normal, normal, normal},
        {.style = options.style, .from = options.train_from, .to = options.test_to}
    );
    progress << "training and predicting ...\n";
    progress.flush();
    if (auto const done = run_coins(bars, datasets, lightgbm ? &*lightgbm : nullptr, evaluation);
        !done)
        return done.error();
    constexpr std::size_t windows_asked = 12;
    for (auto& coin : evaluation.coins) {
        coin.volatility = std::move(fits[index_of(coin.asset)]);
        coin.look_ahead = check_look_ahead(
            coin.asset,
            bars,
            models,
            {normal, normal, normal, normal},
            {.style = options.style, .from = options.train_from, .to = options.test_to},
            windows_asked
        );
    }
    calibrate_pooled(evaluation.coins);
    return evaluation;
}

} // namespace polyquant::models::evaluation

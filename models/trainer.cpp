#include "models/trainer.hpp"

#include "models/feature_table.hpp"
#include "models/fingerprint.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace polyquant::models {

namespace {

bool nan_in_every_row(std::span<FeatureRow const> rows, Feature feature) {
    return std::all_of(rows.begin(), rows.end(), [feature](FeatureRow const& row) {
        return std::isnan(row[feature]);
    });
}

void choose_columns(TrainedModel& model, std::span<FeatureRow const> rows) {
    for (auto feature : features_of(model.params.features))
        (nan_in_every_row(rows, feature) ? model.left_out : model.columns).push_back(feature);
}

Sample collect(TrainedModel& model, std::span<Bar const> bars, std::span<FeatureRow const> rows) {
    Sample sample;
    sample.columns = model.columns.size();
    sample.values.reserve(rows.size() * sample.columns);
    sample.up.reserve(rows.size());
    model.rows.bars = bars.size();
    for (std::size_t t = 0; t < rows.size(); ++t) {
        auto const up = target_up(bars, t, model.params.horizon_bars);
        if (!up) {
            ++model.rows.unlabelled;
            continue;
        }
        auto const filled = sample.values.size();
        bool complete = true;
        for (auto feature : model.columns) {
            complete = complete && !std::isnan(rows[t][feature]);
            sample.values.push_back(rows[t][feature]);
        }
        if (!complete) {
            sample.values.resize(filled);
            ++model.rows.incomplete;
            continue;
        }
        sample.up.push_back(*up ? 1 : 0);
        model.rows.up += *up ? 1 : 0;
    }
    model.rows.used = sample.rows();
    return sample;
}

} // namespace

Result<TrainedModel> train(std::span<Bar const> bars, TrainParams const& params) {
    auto rows = compute_features(bars);
    if (!rows) return rows.error();
    return train_on_rows(bars, *rows, params);
}

Result<TrainedModel> train_on_rows(
    std::span<Bar const> bars, std::span<FeatureRow const> rows, TrainParams const& params
) {
    ENSURE(bars.size() == rows.size(), "rows and bars differ in number");
    ENSURE(params.horizon_bars > 0, "a target without a future");
    TrainedModel model;
    model.params = params;
    if (!bars.empty()) {
        model.first_open = bars.front().open_time;
        model.last_close = bars.back().close_time();
    }
    model.data_hash = hash_of(bars);
    choose_columns(model, rows);
    auto sample = collect(model, bars, rows);
    auto const& counts = model.rows;
    if (counts.used < params.rows_min)
        return Failure{
            Fault::invalid,
            "training",
            fmt::format(
                "{} clean rows, {} needed: {} bars, {} without a label, {} with a missing "
                "feature{}",
                counts.used,
                params.rows_min,
                counts.bars,
                counts.unlabelled,
                counts.incomplete,
                model.left_out.empty() ? "" : "; left out: " + names_of(model.left_out)
            )
        };
    model.scaler = StandardScaler::fit(sample);
    model.scaler.apply(sample);
    auto fit = fit_logistic(sample, params.logistic);
    if (!fit) return fit.error();
    if (!fit->converged)
        return Failure{
            Fault::invalid,
            "training",
            fmt::format(
                "no convergence: gradient {} after {} iterations, {} wanted",
                fit->gradient_norm,
                fit->iterations,
                params.logistic.gradient_norm_max
            )
        };
    model.fit = std::move(*fit);
    return model;
}

std::string hash_of(std::span<Bar const> bars) {
    Fingerprint print;
    for (auto const& bar : bars) {
        print.add(std::int64_t{unix_nanos(bar.open_time)});
        print.add(std::int64_t{bar.length.count()});
        for (double x :
             {bar.open, bar.high, bar.low, bar.close, bar.volume, bar.trades, bar.taker_buy_base})
            print.add(x);
    }
    return print.hex();
}

std::optional<bool> target_up(std::span<Bar const> bars, std::size_t t, std::size_t horizon) {
    if (t >= bars.size() || bars.size() - t <= horizon) return std::nullopt;
    auto const& now = bars[t];
    auto const& then = bars[t + horizon];
    if (then.open_time != now.open_time + now.length * static_cast<std::int64_t>(horizon))
        return std::nullopt;
    return then.close > now.close;
}

} // namespace polyquant::models

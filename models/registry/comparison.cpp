#include "models/registry/comparison.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>

namespace polyquant::models::registry {

namespace {

using Key = std::pair<UtcTime, int>; // window start, seconds left

struct Promise {
    double up = 0;
    double outcome = 0;
};

std::map<Key, Promise> promises_of(
    RegisteredModel const& model, window::AssetBars const& bars, ComparisonOptions const& options
) {
    auto const datasets = window::build_datasets(
        bars,
        model.models(),
        model.shapes(),
        {.style = model.style, .from = options.from, .to = options.to}
    );
    auto const& dataset = datasets[index_of(model.asset)];
    std::map<Key, Promise> promises;
    for (std::size_t i = 0; i < dataset.rows.size(); ++i) {
        auto const& row = dataset.rows[i];
        promises[{row.window.start, row.seconds_left}] = {
            model.up_probability(dataset.features[i], row.moment.now).up, row.outcome
        };
    }
    return promises;
}

} // namespace

bool Comparison::is_won() const {
    return gain.blocks >= days_min && gain.low > 0;
}

Result<Comparison> compare(
    RegisteredModel const& challenger,
    RegisteredModel const* reference,
    window::AssetBars const& bars,
    ComparisonOptions const& options
) {
    auto const where = "comparison of " + challenger.name;
    auto const refuse = [&](std::string why) {
        return Failure{Fault::invalid, where, std::move(why)};
    };
    if (reference && (reference->asset != challenger.asset || reference->style != challenger.style))
        return refuse(fmt::format(
            "{} is for {} with {} outcomes, {} for {} with {}",
            challenger.name,
            to_string(challenger.asset),
            window::to_string(challenger.style),
            reference->name,
            to_string(reference->asset),
            window::to_string(reference->style)
        ));
    for (auto const* model : {&challenger, reference})
        if (model && model->external && !model->outside)
            return refuse(fmt::format(
                "{} uses columns of an external file ({}): give --external",
                model->name,
                fmt::join(model->external->names, ", ")
            ));
    auto seen = challenger.trained.last_close;
    if (reference) seen = std::max(seen, reference->trained.last_close);
    if (options.from != UtcTime::min() && options.from < seen)
        return refuse(fmt::format(
            "windows from {} on are wanted, but bars up to {} were used in training: start there "
            "or later",
            format_utc(options.from),
            format_utc(seen)
        ));
    auto held_out = options;
    held_out.from = std::max(options.from, seen);
    auto const own = promises_of(challenger, bars, held_out);
    auto const other = reference ? promises_of(*reference, bars, held_out) : own;

    Comparison result;
    result.challenger = challenger.name;
    result.reference = reference ? reference->name : "nothing (promises 0.5)";
    result.asset = challenger.asset;
    result.style = challenger.style;
    std::vector<double> promised, others, outcomes, gains;
    std::vector<std::int64_t> days;
    std::set<UtcTime> windows;
    for (auto const& [key, promise] : own) {
        auto const it = other.find(key);
        if (it == other.end() || std::isnan(promise.up) || std::isnan(it->second.up)) continue;
        promised.push_back(promise.up);
        others.push_back(reference ? it->second.up : 0.5);
        outcomes.push_back(promise.outcome);
        gains.push_back(
            calibration::log_loss_of(others.back(), promise.outcome) -
            calibration::log_loss_of(promise.up, promise.outcome)
        );
        days.push_back(unix_seconds(key.first) / 86'400);
        windows.insert(key.first);
    }
    if (promised.empty())
        return refuse(fmt::format(
            "no whole window of {} after {} in the bars (each needs an hour and a half of bars "
            "before it)",
            to_string(challenger.asset),
            format_utc(held_out.from)
        ));
    result.first = *windows.begin();
    result.last = *windows.rbegin();
    result.windows = windows.size();
    result.moments = promised.size();
    result.of_challenger = {
        calibration::brier(promised, outcomes), calibration::log_loss(promised, outcomes)
    };
    result.of_reference = {
        calibration::brier(others, outcomes), calibration::log_loss(others, outcomes)
    };
    result.gain = calibration::block_bootstrap(gains, days, options.seed);
    return result;
}

std::string describe(Comparison const& comparison) {
    auto const verdict = [&]() -> std::string {
        if (comparison.is_won()) return fmt::format("{} is better", comparison.challenger);
        if (comparison.gain.blocks < Comparison::days_min)
            return fmt::format(
                "too few days ({}, at least {} needed) to say which is better",
                comparison.gain.blocks,
                Comparison::days_min
            );
        if (comparison.gain.high < 0) return fmt::format("{} is worse", comparison.challenger);
        return "no difference beyond luck";
    }();
    return fmt::format(
        "{} against {}, {} with {} outcomes\n"
        "  {} windows ({} moments) of {} days, {} to {}\n"
        "  log loss {:.5f} against {:.5f}, Brier {:.5f} against {:.5f}\n"
        "  gain in log loss {:+.5f}, 95 % interval [{:+.5f}, {:+.5f}]: {}\n",
        comparison.challenger,
        comparison.reference,
        to_string(comparison.asset),
        window::to_string(comparison.style),
        comparison.windows,
        comparison.moments,
        comparison.gain.blocks,
        format_utc(comparison.first),
        format_utc(comparison.last),
        comparison.of_challenger.log_loss,
        comparison.of_reference.log_loss,
        comparison.of_challenger.brier,
        comparison.of_reference.brier,
        comparison.gain.mean,
        comparison.gain.low,
        comparison.gain.high,
        verdict
    );
}

} // namespace polyquant::models::registry

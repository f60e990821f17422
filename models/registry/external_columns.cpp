#include "models/registry/external_columns.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

namespace polyquant::models::registry {

namespace {

using window::ExternalFeatures;

double log_odds(double p) {
    auto const kept = std::clamp(p, 1e-6, 1 - 1e-6);
    return std::log(kept / (1 - kept));
}

calibration::TrialRows rows_of(
    std::span<ExternalMoment const> moments,
    ExternalFeatures const& values,
    std::span<std::size_t const> columns,
    Nanos age_max
) {
    std::vector<std::string> names;
    for (auto const k : columns)
        for (auto& name : ExternalFeatures::cell_names(values.names()[k]))
            names.push_back(std::move(name));
    calibration::TrialRows rows{std::move(names)};
    std::vector<double> cells;
    for (auto const& moment : moments) {
        cells.clear();
        for (auto const k : columns)
            for (auto const cell :
                 values.cells_at(k, moment.at, age_max, log_odds(moment.promised)))
                cells.push_back(cell);
        rows.columns.add(cells);
        rows.promised.push_back(moment.promised);
        rows.outcome.push_back(moment.outcome);
        rows.window.push_back(unix_seconds(moment.window_start));
        rows.block.push_back(unix_seconds(moment.window_start) / 86'400);
    }
    return rows;
}

} // namespace

ExternalColumns::Answer
ExternalColumns::apply(double promised, ExternalFeatures const& values, UtcTime now) const {
    constexpr auto each = ExternalFeatures::cell_count;
    Answer answer{.up = promised, .fresh = 0};
    double shift = 0;
    for (std::size_t i = 0; i < names.size(); ++i) {
        auto const k = values.column(names[i]);
        if (!k) continue;
        auto const cells = values.cells_at(*k, now, age_max, log_odds(promised));
        if (std::isnan(cells[0])) continue;
        ++answer.fresh;
        for (std::size_t c = 0; c < each; ++c)
            shift += fit.coefficients[i * each + c] * fit.scales[i * each + c](cells[c]);
    }
    if (answer.fresh > 0) answer.up = 1 / (1 + std::exp(-log_odds(promised) - shift));
    return answer;
}

Result<void> ExternalColumns::check(ExternalFeatures const& values, std::string const& file) const {
    if (std::ranges::all_of(names, [&](auto const& name) {
            return values.column(name).has_value();
        }))
        return boost::system::in_place_value;
    return Failure{
        Fault::invalid,
        file,
        fmt::format(
            "lacks columns the model was trained with.\n  the "
            "model's: {}\n  the file's: {}",
            fmt::join(names, ", "),
            fmt::join(values.names(), ", ")
        )
    };
}

Result<std::vector<calibration::ColumnTrial>> try_external(
    std::string const& title,
    std::span<ExternalMoment const> moments,
    ExternalFeatures const& values,
    Nanos age_max,
    std::uint64_t seed
) {
    std::vector<calibration::ColumnTrial> trials;
    for (std::size_t k = 0; k < values.names().size(); ++k) {
        auto trial = calibration::try_columns(
            title,
            rows_of(moments, values, std::span{&k, 1}, age_max),
            calibration::Folding::walk_forward,
            seed
        );
        if (!trial) return trial.error();
        trials.push_back(std::move(*trial));
    }
    return trials;
}

Result<std::optional<ExternalColumns>> fit_external(
    std::span<calibration::ColumnTrial const> trials,
    std::span<ExternalMoment const> moments,
    ExternalFeatures const& values,
    Seconds age_max
) {
    using Fitted = std::optional<ExternalColumns>;
    std::vector<std::size_t> kept;
    ExternalColumns columns;
    columns.age_max = age_max;
    for (std::size_t k = 0; k < trials.size(); ++k)
        if (trials[k].is_kept()) {
            kept.push_back(k);
            columns.names.push_back(values.names()[k]);
        }
    if (kept.empty()) return Fitted{};
    auto fit = calibration::fit_columns(rows_of(moments, values, kept, age_max));
    if (!fit) return fit.error();
    columns.fit = std::move(*fit);
    return Fitted{std::move(columns)};
}

} // namespace polyquant::models::registry

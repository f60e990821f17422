// Columns of an external file on top of a trained model: each is there because
// forecasts of days it was not fitted on were better with it.
#pragma once

#include "models/calibration/column_trial.hpp"
#include "models/window/external_features.hpp"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace polyquant::models::registry {

struct ExternalColumns {
    std::vector<std::string> names; // of the file
    Seconds age_max{};              // an older value is unknown
    calibration::ColumnFit fit;     // the cells of each, in order of the names

    // The promise as it is where every value is unknown: `fresh` is then 0.
    struct Answer {
        double up = 0.5;
        std::size_t fresh = 0; // columns that were known
    };

    Answer apply(double promised, window::ExternalFeatures const& values, UtcTime now) const;

    // Fails with both lists where the file lacks one of the columns.
    Result<void> check(window::ExternalFeatures const& values, std::string const& file) const;
};

// A forecast a column may improve on.
struct ExternalMoment {
    UtcTime window_start{};
    UtcTime at{};
    double promised = 0;
    double outcome = 0;
};

// Every column of the file on its own, walking forward by UTC day; in order of
// the file. Moments in order of time. Fails with rows of too few days.
Result<std::vector<calibration::ColumnTrial>> try_external(
    std::string const& title,
    std::span<ExternalMoment const> moments,
    window::ExternalFeatures const& values,
    Nanos age_max,
    std::uint64_t seed
);

// The columns whose trial was won, fitted together on all moments; none if none
// was.
Result<std::optional<ExternalColumns>> fit_external(
    std::span<calibration::ColumnTrial const> trials,
    std::span<ExternalMoment const> moments,
    window::ExternalFeatures const& values,
    Seconds age_max
);

} // namespace polyquant::models::registry

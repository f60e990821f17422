#include "models/feature_table.hpp"

#include "models/feature_engine.hpp"

#include <fmt/format.h>

namespace polyquant::models {

Result<std::vector<FeatureRow>> compute_features(std::span<Bar const> bars) {
    std::vector<FeatureRow> rows;
    rows.reserve(bars.size());
    FeatureEngine engine;
    for (std::size_t i = 0; i < bars.size(); ++i) {
        auto defect = bar_defect(bars[i]);
        if (defect.empty() && i > 0 && bars[i].open_time < bars[i - 1].close_time())
            defect = "opens before the bar before it closed";
        if (!defect.empty())
            return Failure{
                Fault::invalid,
                fmt::format("bar {} of {}", i, bars.size()),
                fmt::format("{}: {}", format_utc(bars[i].open_time), defect)
            };
        rows.push_back(engine.push(bars[i]));
    }
    return rows;
}

} // namespace polyquant::models

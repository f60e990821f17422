#include "engine/backtest/look_ahead.hpp"

#include "models/feature_table.hpp"
#include "models/trainer.hpp"
#include "models/validation/honesty.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

namespace polyquant::backtest {

namespace {

// Enough for every feature's look-back, and little enough to be asked a thousand times.
constexpr std::size_t look_back = 400;
// A rank correlation that no honest minute feature comes near, and how far it must fall when held
// back by one bar.
constexpr double correlation_suspicious = 0.2;
constexpr double correlation_kept_max = 0.6;

bool same(double a, double b) {
    return a == b || (std::isnan(a) && std::isnan(b));
}

std::size_t closed_by(std::span<Bar const> bars, UtcTime t) {
    return static_cast<std::size_t>(
        std::partition_point(
            bars.begin(), bars.end(), [&](Bar const& bar) { return bar.close_time() <= t; }
        ) -
        bars.begin()
    );
}

std::vector<std::size_t> spread_out(std::size_t size, std::size_t moments, std::size_t horizon) {
    std::vector<std::size_t> at;
    constexpr std::size_t warm_up = 100;
    if (size < warm_up + horizon + 2 || moments == 0) return at;
    auto const room = size - warm_up - horizon - 1;
    for (std::size_t i = 0; i < moments; ++i)
        at.push_back(warm_up + i * room / moments);
    at.erase(std::unique(at.begin(), at.end()), at.end());
    return at;
}

// Places in order of size; equal values share the mean of theirs. Heavy tails make chance
// correlations of the values themselves.
std::vector<double> ranks(std::vector<double> const& values) {
    std::vector<std::size_t> order(values.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return std::tie(values[a], a) < std::tie(values[b], b);
    });
    std::vector<double> out(values.size());
    for (std::size_t i = 0; i < order.size();) {
        auto end = i;
        while (end < order.size() && values[order[end]] == values[order[i]])
            ++end;
        for (auto k = i; k < end; ++k)
            out[order[k]] = static_cast<double>(i + end - 1) / 2;
        i = end;
    }
    return out;
}

// Spearman's, over the pairs whose first is a number.
double correlation(std::vector<double> const& column, std::vector<double> const& future) {
    std::vector<double> x, y;
    for (std::size_t i = 0; i < column.size(); ++i)
        if (std::isfinite(column[i])) {
            x.push_back(column[i]);
            y.push_back(future[i]);
        }
    if (x.size() < 50) return 0;
    x = ranks(x);
    y = ranks(y);
    auto const mean = static_cast<double>(x.size() - 1) / 2;
    double xy = 0, xx = 0, yy = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
        xy += (x[i] - mean) * (y[i] - mean);
        xx += (x[i] - mean) * (x[i] - mean);
        yy += (y[i] - mean) * (y[i] - mean);
    }
    return xx > 0 && yy > 0 ? xy / std::sqrt(xx * yy) : 0;
}

} // namespace

ColumnSource feature_columns() {
    ColumnSource source;
    for (auto const feature : models::features_of(models::FeatureSet::all_46))
        source.names.emplace_back(models::to_string(feature));
    source.row_at = [](std::span<Bar const> bars, UtcTime t) {
        auto const end = closed_by(bars, t);
        auto const from = end > look_back ? end - look_back : 0;
        // The whole of what is there, not only what is closed: a feature that reads on would show.
        auto const to = std::min(end + 5, bars.size());
        auto const rows = models::compute_features(bars.subspan(from, to - from));
        std::vector<double> row;
        for (auto const feature : models::features_of(models::FeatureSet::all_46))
            row.push_back(
                rows && end > from ? (*rows)[end - from - 1][feature]
                                   : std::numeric_limits<double>::quiet_NaN()
            );
        return row;
    };
    return source;
}

LookAheadFindings find_look_ahead(
    ColumnSource const& source, std::span<Bar const> bars, std::size_t moments, std::size_t horizon
) {
    LookAheadFindings found;
    auto const at = spread_out(bars.size(), moments, horizon);
    found.moments = at.size();
    std::map<std::string, std::string> disturbed, truncated;
    std::vector<std::vector<double>> now(source.names.size()), held(source.names.size());
    std::vector<double> future;
    for (auto const t : at) {
        auto const moment = bars[t].close_time();
        // The neighbourhood is all a feature may look at, and the bars behind it all it must not.
        auto const from = t > look_back ? t - look_back : 0;
        auto const part = bars.subspan(from, std::min(bars.size(), t + 50) - from);
        auto const honest = source.row_at(part, moment);
        auto const cut = source.row_at(part.subspan(0, t + 1 - from), moment);
        std::vector<UtcTime> const one{moment};
        for (auto const& problem :
             models::validation::find_look_ahead(source.row_at, part, one, source.names))
            disturbed.try_emplace(
                problem.column,
                fmt::format(
                    "{}: {} became {}", format_utc(moment), problem.honest, problem.disturbed
                )
            );
        auto const before = source.row_at(part, bars[t - 1].close_time());
        for (std::size_t k = 0; k < source.names.size(); ++k) {
            if (!same(honest[k], cut[k]))
                truncated.try_emplace(
                    source.names[k],
                    fmt::format("{}: {} became {}", format_utc(moment), honest[k], cut[k])
                );
            now[k].push_back(honest[k]);
            held[k].push_back(before[k]);
        }
        future.push_back(std::log(bars[t + horizon].close / bars[t].close));
    }
    for (std::size_t k = 0; k < source.names.size(); ++k) {
        auto const fresh = std::abs(correlation(now[k], future));
        auto const late = std::abs(correlation(held[k], future));
        // Five standard errors: a hundred columns are looked at.
        auto const chance = 5 / std::sqrt(static_cast<double>(std::max<std::size_t>(at.size(), 1)));
        if (fresh > std::max(correlation_suspicious, chance) && late < correlation_kept_max * fresh)
            found.suspicious.push_back(
                {source.names[k],
                 fmt::format(
                     "correlates {:.3f} with the next {} bars, {:.3f} when held back by one bar",
                     fresh,
                     horizon,
                     late
                 )}
            );
    }
    for (auto const& [column, what] : disturbed)
        found.disturbed.push_back({column, what});
    for (auto const& [column, what] : truncated)
        found.truncated.push_back({column, what});
    return found;
}

std::vector<std::string>
find_label_look_ahead(std::span<Bar const> bars, std::size_t moments, std::size_t horizon) {
    std::vector<std::string> found;
    for (auto const t : spread_out(bars.size(), moments, horizon)) {
        auto const end = std::min(bars.size(), t + horizon + 20);
        std::vector<Bar> disturbed(bars.begin(), bars.begin() + static_cast<std::ptrdiff_t>(end));
        for (auto i = t + horizon + 1; i < end; ++i)
            disturbed[i].close *= 5;
        if (models::target_up(bars, t, horizon) != models::target_up(disturbed, t, horizon))
            found.push_back(format_utc(bars[t].close_time()));
    }
    return found;
}

} // namespace polyquant::backtest

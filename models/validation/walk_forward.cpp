#include "models/validation/walk_forward.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace polyquant::models::validation {

namespace {

// Rows decided at or after `from` whose outcome is known by `until`.
IndexRange known_between(std::span<RowTimes const> rows, UtcTime from, UtcTime until) {
    auto const first = std::partition_point(rows.begin(), rows.end(), [&](RowTimes const& row) {
        return row.decided_at < from;
    });
    auto const last = std::partition_point(first, rows.end(), [&](RowTimes const& row) {
        return row.outcome_at <= until;
    });
    return {
        static_cast<std::size_t>(first - rows.begin()),
        static_cast<std::size_t>(last - rows.begin())
    };
}

IndexRange decided_between(std::span<RowTimes const> rows, UtcTime from, UtcTime to) {
    auto const position = [&](UtcTime t) {
        auto const it = std::partition_point(rows.begin(), rows.end(), [&](RowTimes const& row) {
            return row.decided_at < t;
        });
        return static_cast<std::size_t>(it - rows.begin());
    };
    return {position(from), position(to)};
}

} // namespace

Result<std::vector<WalkForwardStep>>
walk_forward(std::span<RowTimes const> rows, WalkForwardOptions const& options) {
    auto const refuse = [](std::string why) {
        return Failure{Fault::invalid, "walk_forward", std::move(why)};
    };
    if (options.step <= Seconds{0}) return refuse("the step must be positive");
    if (options.train < Seconds{0} || options.embargo < Seconds{0} || options.tune < Seconds{0})
        return refuse("train, tune and embargo must not be negative");
    if (options.train > Seconds{0} && options.tune >= options.train)
        return refuse("the tuning part must be shorter than the training span");
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (rows[i].outcome_at <= rows[i].decided_at)
            return refuse(fmt::format("row {}: the outcome is known before the decision", i));
        if (i > 0 && (rows[i].decided_at < rows[i - 1].decided_at ||
                      rows[i].outcome_at < rows[i - 1].outcome_at))
            return refuse(fmt::format("row {} is older than the one before it", i));
    }
    std::vector<WalkForwardStep> steps;
    if (rows.empty()) return steps;

    auto const step_seconds = options.step.count();
    auto const history = options.train > Seconds{0} ? options.train : options.step;
    auto const earliest = unix_seconds(rows.front().decided_at) + history.count();
    auto const on_grid = options.first_test == UtcTime::min()
                             ? (earliest + step_seconds - 1) / step_seconds * step_seconds
                             : unix_seconds(options.first_test) / step_seconds * step_seconds;
    for (auto start = utc_from_seconds(on_grid); start <= rows.back().decided_at;
         start += options.step) {
        WalkForwardStep step{.test_start = start};
        auto const begin = options.train > Seconds{0} ? start - options.train : UtcTime::min();
        auto const tune_start = start - options.embargo - options.tune;
        if (options.tune > Seconds{0}) {
            step.train = known_between(rows, begin, tune_start - options.embargo);
            step.tune = known_between(rows, tune_start, start - options.embargo);
        } else {
            step.train = known_between(rows, begin, start - options.embargo);
        }
        step.test = decided_between(rows, start, start + options.step);
        if (step.train.size() >= options.train_rows_min &&
            step.test.size() >= options.test_rows_min)
            steps.push_back(step);
    }
    return steps;
}

} // namespace polyquant::models::validation

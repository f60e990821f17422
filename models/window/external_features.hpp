// Values from outside the markets (transactions a second of a chain, close times of a ledger) as
// optional columns. A value may be used only from the instant it was published, and only as long as
// it is fresh.
//
// CSV:   published_at,sol_tps,xrp_close_s      times in UTC ("2026-04-01T00:00:05Z") or Unix ms
//        2026-04-01T00:00:05Z,2911,
// JSONL: {"published_at":"2026-04-01T00:00:05Z","sol_tps":2911}
//
// An empty or missing cell says nothing new: the value before it lives on until it is stale.
#pragma once

#include "engine/core/failure.hpp"
#include "engine/core/time.hpp"

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace polyquant::models::window {

class ExternalFeatures {
public:
    // Refused with the line: unreadable times or numbers, times out of order or repeated, columns
    // that are not those of the first line, no columns at all.
    static Result<ExternalFeatures> parse(std::string_view text, std::string const& where);

    // A last line without its line end is still being written and is left out: half a number reads
    // like a whole one.
    static Result<ExternalFeatures> read(std::filesystem::path const& path);

    // Of a file that grows, plain text: its first line and what lies in its last `bytes`.
    static Result<ExternalFeatures>
    read_newest(std::filesystem::path const& path, std::uintmax_t bytes);

    std::vector<std::string> const& names() const { return names_; }

    std::optional<std::size_t> column(std::string_view name) const;

    std::size_t values() const;

    // The newest value published at or before `t`; NaN when there is none or it is older than
    // `age_max`. Nothing published after `t` is ever looked at.
    double value_at(std::size_t column, UtcTime t, Nanos age_max) const;

    // What a model may use of a column: its value, its change over five minutes, and its value
    // times the log-odds of the forecast it stands beside. NaN as in value_at().
    static constexpr std::size_t cell_count = 3;
    std::array<double, cell_count>
    cells_at(std::size_t column, UtcTime t, Nanos age_max, double log_odds) const;
    static std::array<std::string, cell_count> cell_names(std::string const& column);

    // A copy that also knows, from `now` on, the newest value `source` published after `seen` and
    // by now; `seen`, one instant a column, follows. What comes late counts from now, when it could
    // be known, and what is older than age_max by then not at all. Columns are matched by name.
    ExternalFeatures with_newer(
        ExternalFeatures const& source, UtcTime now, Nanos age_max, std::vector<UtcTime>& seen
    ) const;

    // A copy of what was published by `now` and still says something at `now` or later.
    ExternalFeatures fresh_at(UtcTime now, Nanos age_max) const;

    // The newest publication of each column; UtcTime::min() of one without values.
    std::vector<UtcTime> newest() const;

    std::string digest() const; // 16 hex digits over the names and values

    // As CSV that parse() reads back to the same values.
    std::string print() const;

    // Fails, naming the column, its newest value and the share, unless each column is fresh at half
    // of these moments or more.
    Result<void> check_fresh(std::vector<UtcTime> const& moments, Nanos age_max) const;

private:
    struct Value {
        UtcTime published_at{};
        double value = 0;
    };

    static Result<ExternalFeatures> parse_csv(std::string_view text, std::string const& where);
    static Result<ExternalFeatures>
    parse_json_lines(std::string_view text, std::string const& where);

    std::vector<std::string> names_;
    std::vector<std::vector<Value>> values_; // by column, rising times
    std::string where_;
};

} // namespace polyquant::models::window

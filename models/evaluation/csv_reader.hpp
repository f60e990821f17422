// Comma-separated text with a heading, as recorded data sets come.
#pragma once

#include "engine/core/failure.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace polyquant::models::evaluation {

// Columns are found by name. The text must outlive the reader. A cell that is not a number is NaN.
class CsvReader {
public:
    CsvReader(std::string where, std::string_view text) : where_{std::move(where)}, rest_{text} {
        heading_ = split(take_line());
    }

    Result<std::size_t> column(std::string_view name) const {
        auto const it = std::find(heading_.begin(), heading_.end(), name);
        if (it == heading_.end())
            return Failure{Fault::parse, where_, fmt::format("has no column '{}'", name)};
        return static_cast<std::size_t>(it - heading_.begin());
    }

    bool next() {
        if (rest_.empty()) return false;
        cells_ = split(take_line());
        return true;
    }

    std::string_view text(std::size_t column) const {
        return column < cells_.size() ? cells_[column] : std::string_view{};
    }

    double number(std::size_t column) const {
        auto const cell = text(column);
        double value = 0;
        auto const [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
        return error == std::errc{} && end == cell.data() + cell.size()
                   ? value
                   : std::numeric_limits<double>::quiet_NaN();
    }

private:
    std::string_view take_line() {
        auto const end = std::min(rest_.find('\n'), rest_.size());
        auto line = rest_.substr(0, end);
        rest_.remove_prefix(std::min(end + 1, rest_.size()));
        if (line.ends_with('\r')) line.remove_suffix(1);
        return line;
    }

    static std::vector<std::string_view> split(std::string_view line) {
        std::vector<std::string_view> cells;
        for (;;) {
            auto const comma = line.find(',');
            cells.push_back(line.substr(0, comma));
            if (comma == std::string_view::npos) return cells;
            line.remove_prefix(comma + 1);
        }
    }

    std::string where_;
    std::string_view rest_;
    std::vector<std::string_view> heading_;
    std::vector<std::string_view> cells_;
};

} // namespace polyquant::models::evaluation

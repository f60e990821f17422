// Rows of a plain CSV: comma, no quotes, columns found by their names in the first row.
#pragma once

#include "engine/core/failure.hpp"

#include <array>
#include <charconv>
#include <cstdint>
#include <istream>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace polyquant::tape {

class CsvReader {
public:
    // `columns` in the order they will be asked for.
    CsvReader(std::istream& in, std::vector<std::string_view> columns);

    // Empty when the first row names every column; else what is missing.
    std::string const& header_problem() const { return problem_; }

    // The next row that is not blank; false at the end.
    bool next();

    // Fields in the order of `columns`; has_fields() is false for a row of another width.
    bool has_fields() const { return complete_; }

    std::string_view operator[](std::size_t column) const { return fields_[places_[column]]; }

    std::string_view line() const { return line_; }

    std::uint64_t line_number() const { return number_; }

private:
    void split();

    std::istream& in_;
    std::string line_;
    std::uint64_t number_ = 0;
    std::string problem_;
    std::vector<std::size_t> places_;
    std::vector<std::string_view> fields_;
    std::size_t width_ = 0;
    bool complete_ = false;
};

template <class T>
std::optional<T> number(std::string_view text) {
    T value{};
    auto const* end = text.data() + text.size();
    auto const [stop, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc{} || stop != end) return std::nullopt;
    return value;
}

} // namespace polyquant::tape

// A table of numbers, row after row: what every fit and every prediction takes.
#pragma once

#include "engine/core/failure.hpp"

#include <cstddef>
#include <span>
#include <vector>

namespace polyquant::models::validation {

// A view; the values stay where they are. size() rows of `columns` numbers each.
struct Rows {
    std::span<double const> values;
    std::size_t columns = 0;

    std::size_t size() const { return columns == 0 ? 0 : values.size() / columns; }

    std::span<double const> operator[](std::size_t row) const {
        return values.subspan(row * columns, columns);
    }

    Rows slice(std::size_t first, std::size_t count) const {
        return {values.subspan(first * columns, count * columns), columns};
    }
};

// The same, owning.
class RowTable {
public:
    explicit RowTable(std::size_t columns) : columns_{columns} {}

    void add(std::span<double const> row) {
        ENSURE(row.size() == columns_, "a row has as many cells as the table has columns");
        values_.insert(values_.end(), row.begin(), row.end());
    }

    std::size_t size() const { return columns_ == 0 ? 0 : values_.size() / columns_; }

    std::size_t columns() const { return columns_; }

    Rows rows() const { return {values_, columns_}; }

    std::span<double const> operator[](std::size_t row) const { return rows()[row]; }

    std::span<double> mutable_row(std::size_t row) {
        return std::span{values_}.subspan(row * columns_, columns_);
    }

private:
    std::size_t columns_;
    std::vector<double> values_;
};

} // namespace polyquant::models::validation

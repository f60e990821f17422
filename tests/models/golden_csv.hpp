// Reads the golden tables: a header line, then numbers; an empty field is NaN.
#pragma once

#include "engine/core/market.hpp"
#include "models/rolling.hpp"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace polyquant::models::golden {

struct Table {
    std::vector<std::string> columns;
    std::vector<std::vector<double>> rows;

    std::size_t column(std::string_view name) const {
        auto const at = std::find(columns.begin(), columns.end(), name);
        if (at == columns.end()) throw std::runtime_error{"no column " + std::string{name}};
        return static_cast<std::size_t>(at - columns.begin());
    }
};

inline std::vector<std::string> split(std::string const& line) {
    std::vector<std::string> fields{""};
    for (char c : line)
        if (c == ',')
            fields.emplace_back();
        else if (c != '\r')
            fields.back() += c;
    return fields;
}

inline double number(std::string const& field) {
    if (field.empty()) return not_a_number;
    double value = 0;
    auto const [stop, error] = std::from_chars(field.data(), field.data() + field.size(), value);
    if (error != std::errc{} || stop != field.data() + field.size())
        throw std::runtime_error{"not a number: " + field};
    return value;
}

inline Table read_path(std::string const& path) {
    std::ifstream in{path};
    if (!in) throw std::runtime_error{"cannot open " + path};
    Table table;
    std::string line;
    std::getline(in, line);
    table.columns = split(line);
    while (std::getline(in, line)) {
        auto& row = table.rows.emplace_back();
        for (auto const& field : split(line))
            row.push_back(number(field));
        if (row.size() != table.columns.size()) throw std::runtime_error{"ragged row in " + path};
    }
    return table;
}

inline Table read(std::string const& name) {
    return read_path(std::string{PQ_SOURCE_DIR} + "/tests/golden/models/" + name);
}

inline std::vector<Bar> bars_of(Table const& table, Seconds length) {
    std::vector<Bar> bars;
    for (auto const& row : table.rows)
        bars.push_back(
            {.open_time =
                 utc_from_millis(static_cast<std::int64_t>(row[table.column("open_time_ms")])),
             .length = length,
             .open = row[table.column("open")],
             .high = row[table.column("high")],
             .low = row[table.column("low")],
             .close = row[table.column("close")],
             .volume = row[table.column("volume")],
             .trades = row[table.column("trades")],
             .taker_buy_base = row[table.column("taker_buy_base")]}
        );
    return bars;
}

inline std::vector<Bar> read_bars(std::string const& name, Seconds length) {
    return bars_of(read(name), length);
}

} // namespace polyquant::models::golden

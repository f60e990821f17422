// What the lists of the Data API have in common. For .cpp files only.
#pragma once

#include "connectors/json/decimal.hpp"
#include "connectors/json/dom.hpp"

#include <string>

namespace polyquant::polymarket {

// Millionths of text, which is exact, or of a number, which carries representation noise beyond the
// sixth decimal. Empty for anything else and for what no amount can be.
inline std::optional<std::int64_t> rounded_micros(json::Element value) {
    std::string_view text;
    std::int64_t micros = 0;
    if (value.get_string().get(text) == simdjson::SUCCESS) {
        if (!json::parse_decimal(text, 6, true, micros)) return std::nullopt;
        return micros;
    }
    double number = 0;
    if (value.get_double().get(number) != simdjson::SUCCESS) return std::nullopt;
    if (!(number >= 0 && number < 9e9)) return std::nullopt;
    return static_cast<std::int64_t>(number * 1e6 + 0.5);
}

// A page of rows, as an array or as {"data":[...],"pagination":{"next_cursor":...}}. One row that
// `read_row` cannot read fails the page.
template <class Page, class ReadRow>
Result<Page> parse_data_page(std::string_view body, std::string_view where, ReadRow read_row) {
    simdjson::dom::parser parser;
    auto const root = json::parse(parser, body, where);
    if (!root) return root.error();
    simdjson::dom::array rows;
    if (root->get_array().get(rows) != simdjson::SUCCESS &&
        (*root)["data"].get_array().get(rows) != simdjson::SUCCESS)
        return Failure{Fault::parse, std::string{where}, "no rows in " + json::excerpt(body)};
    Page page;
    for (auto const element : rows) {
        auto row = read_row(element);
        if (!row) return row.error();
        page.rows.push_back(std::move(*row));
    }
    if (auto const pagination = json::member(*root, "pagination"))
        page.next_cursor = json::text(*pagination, "next_cursor");
    return page;
}

} // namespace polyquant::polymarket

#include "connectors/tape/import_report.hpp"

#include <fmt/format.h>

namespace polyquant::tape {

void ImportReport::bad_row(std::string const& what, std::uint64_t line, std::string_view text) {
    auto& rows_of_kind = bad[what];
    if (rows_of_kind.count++ == 0) {
        rows_of_kind.first_line = line;
        rows_of_kind.first_text = std::string{text.substr(0, 120)};
    }
}

std::uint64_t ImportReport::bad_rows() const {
    std::uint64_t sum = 0;
    for (auto const& [what, rows_of_kind] : bad)
        sum += rows_of_kind.count;
    return sum;
}

std::string describe(ImportReport const& report) {
    auto text = fmt::format(
        "{}: {} rows, {} outside the range, {} left out, {} bad, {} events\n",
        report.input,
        report.rows,
        report.outside,
        report.left_out,
        report.bad_rows(),
        report.events
    );
    for (auto const& [what, rows] : report.bad)
        text += fmt::format(
            "  bad: {} x {}, first in line {}: {}\n",
            rows.count,
            what,
            rows.first_line,
            rows.first_text
        );
    for (auto const& note : report.notes)
        text += fmt::format("  note: {}\n", note);
    return text;
}

} // namespace polyquant::tape

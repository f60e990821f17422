// What an import made of its input: rows used, rows that made no sense and where the first stands.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace polyquant::tape {

struct BadRows {
    std::uint64_t count = 0;
    std::uint64_t first_line = 0; // 1 is the file's first
    std::string first_text;       // shortened
};

struct ImportReport {
    std::string input;
    std::uint64_t rows = 0;    // data rows seen
    std::uint64_t outside = 0; // of them outside the range asked for
    std::uint64_t left_out =
        0; // of them not wanted: another asset, a token not recorded throughout
    std::uint64_t events = 0;
    std::map<std::string, BadRows> bad; // by what is wrong
    std::vector<std::string> notes;

    void bad_row(std::string const& what, std::uint64_t line, std::string_view text);
    std::uint64_t bad_rows() const;
};

// Several lines, the first with the totals.
std::string describe(ImportReport const& report);

} // namespace polyquant::tape

// From recorded files to a tape.
#pragma once

#include "connectors/tape/importers.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace polyquant::tape {

enum class ImportKind : std::uint8_t { bars, book, book_replay, chainlink, gamma };
std::string_view to_string(ImportKind kind);

struct ImportJob {
    ImportKind kind = ImportKind::bars;
    std::vector<std::filesystem::path> inputs;
    std::filesystem::path output;
    bool overwrite = false;
    TimeRange range;
    std::vector<Asset> assets; // empty: all
    BookMarketDefaults book;
    std::optional<std::filesystem::path>
        coverage; // of books; default: coverage.csv beside the input
    bool infer_sides = true;
    std::optional<Outcome> assume_side;
    std::string source;
    std::string attribution;
    std::string notes;
    std::string command; // how the tape was made
};

struct ImportOutcome {
    std::vector<ImportReport> reports; // one an input, with that of the coverage first
    std::uint64_t records = 0;
};

// Writes beside the output and renames at the end: what stands at the output's path is whole. A
// failure when an input cannot be read to its end or gives nothing.
Result<ImportOutcome> run_import(ImportJob const& job);

} // namespace polyquant::tape

// The journal's file format: one line of text a record, readable by eye, comparable byte for byte.
//
//   polyquant-journal 1 config=9f3a tape=77c0 seed=1 code=v0.1.0 ~5d41c3a2
//   1 2026-04-14T00:05:00.000000000Z order btc-updown-5m-1776125100 buy 5 @ 0.93 ~0b12e6f7
//
// Fields are number, UTC time with nanoseconds, kind (no blanks), payload (backslash, line feed and
// carriage return escaped), and the CRC-32C of everything before " ~". Version 1.
#pragma once

#include "engine/core/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace polyquant::runtime {

// What makes two runs the same run. Values without blanks; empty is written as "-".
struct RunIdentity {
    std::string config_hash;
    std::string tape_hash; // "-" for a live feed
    std::uint64_t seed = 0;
    std::string code_version;

    friend bool operator==(RunIdentity const&, RunIdentity const&) = default;
};

struct JournalRecord {
    std::uint64_t seq = 0; // 1, 2, 3 ...
    UtcTime at{};
    std::string kind;
    std::string payload;

    friend bool operator==(JournalRecord const&, JournalRecord const&) = default;
};

// Appends a whole line with its line feed to `out`.
void append_record_line(
    std::string& out, std::uint64_t seq, UtcTime at, std::string_view kind, std::string_view payload
);
std::string header_line(RunIdentity const& identity);

// A line without its line feed. Empty when anything is wrong with it, first of all the checksum.
std::optional<JournalRecord> parse_record_line(std::string_view line);
Result<RunIdentity> parse_header_line(std::string_view line);
// The beginning of every journal of every version.
inline constexpr std::string_view journal_magic = "polyquant-journal ";

// Reads lines of a file descriptor by offset; never moves the descriptor's own position.
class LineReader {
public:
    struct Line {
        std::string_view text; // valid until the next call
        std::uint64_t offset = 0;
        bool complete = false; // ended by a line feed
    };

    LineReader(int fd, std::uint64_t begin, std::uint64_t end) : fd_{fd}, at_{begin}, end_{end} {}

    // Empty at the end; Fault::storage when the file cannot be read.
    Result<std::optional<Line>> next();

private:
    int fd_;
    std::uint64_t at_; // offset of the buffer's first unread byte
    std::uint64_t end_;
    std::string buffer_{};
    std::size_t used_ = 0;
};

} // namespace polyquant::runtime

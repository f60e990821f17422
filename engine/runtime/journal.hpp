// The append-only record of a run: inputs that are not on the tape, decisions and facts.
#pragma once

#include "engine/runtime/journal_line.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace polyquant::runtime {

// What a crash left behind the last whole record.
struct TornTail {
    std::uint64_t offset = 0;
    std::uint64_t bytes = 0;
};

struct JournalScan {
    RunIdentity identity;
    std::uint64_t records = 0;
    std::uint64_t end = 0; // offset behind the last whole record
    std::optional<TornTail> torn{};
};

// Reads without changing anything. Damage with whole records behind it is refused with its offset:
// only a tail may be missing.
Result<JournalScan> scan_journal(
    std::filesystem::path const& path, std::function<void(JournalRecord const&)> const& visit
);

// One writer (the file is locked). After a restart the run is executed again from its inputs: the
// first append() calls are compared with the records already there, and writing begins where they
// end. So a killed run and an undisturbed one leave the same bytes.
//
// Any write error is Fault::storage, and the journal refuses everything from then on: trading must
// halt. Opening sets SIGXFSZ to be ignored where it had its default, so that a file size limit is
// such an error and not the end of the process.
class Journal {
public:
    // Creates the file, or recovers it: cuts a torn tail, refuses a corrupt middle and another run.
    static Result<std::unique_ptr<Journal>>
    open(std::filesystem::path const& path, RunIdentity const& identity);

    ~Journal(); // flushes; call flush() or sync() first to know whether it worked
    Journal(Journal const&) = delete;
    Journal& operator=(Journal const&) = delete;

    // The record's number. `kind` is one word. Fault::invalid when the run being executed again
    // differs from the recorded one; the detail has number, expected and actual text.
    Result<std::uint64_t> append(UtcTime at, std::string_view kind, std::string_view payload);

    // Called after each record that was appended (not for compared ones), with its number.
    void observe_appends(std::function<void(std::uint64_t)> observer) {
        observer_ = std::move(observer);
    }

    Result<void> flush(); // to the operating system
    Result<void> sync();  // to the disk

    // Records of one kind, in order: the control inputs (a reload at input 1234) of the run that is
    // about to be executed again.
    Result<std::vector<JournalRecord>> records_of(std::string_view kind);

    std::uint64_t records() const { return recorded_; } // compared or appended so far

    bool is_re_executing() const { return recorded_ < existing_; }

    std::uint64_t existing() const { return existing_; } // when it was opened

    std::optional<TornTail> const& torn_tail() const { return torn_; }

    std::filesystem::path const& path() const { return path_; }

private:
    Journal(std::filesystem::path path, int fd);

    Result<void> recover(RunIdentity const& identity);
    Result<void> compare();
    Result<void> write_all(std::string_view bytes);
    Failure fail(Failure failure);
    Failure storage_failure(std::string_view action, int code) const;

    std::filesystem::path path_;
    int fd_;
    std::uint64_t existing_ = 0;
    std::uint64_t recorded_ = 0;
    std::uint64_t size_ = 0; // of the file
    std::optional<TornTail> torn_{};
    std::optional<LineReader> expected_{};
    std::string line_{};   // the record being made
    std::string buffer_{}; // not written yet
    std::optional<Failure> failed_{};
    std::function<void(std::uint64_t)> observer_{};
};

} // namespace polyquant::runtime

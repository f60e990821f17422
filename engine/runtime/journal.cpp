#include "engine/runtime/journal.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace polyquant::runtime {

namespace {

constexpr std::size_t buffer_limit = 65'536;

Failure storage(std::filesystem::path const& path, std::string_view action, int code) {
    return {
        Fault::storage,
        "journal " + path.string(),
        fmt::format("{}: {}", action, std::generic_category().message(code))
    };
}

Result<std::uint64_t> size_of(std::filesystem::path const& path, int fd) {
    struct stat info{};
    if (::fstat(fd, &info) != 0) return storage(path, "fstat", errno);
    return static_cast<std::uint64_t>(info.st_size);
}

Failure corrupt(std::filesystem::path const& path, std::uint64_t offset, std::string const& what) {
    return {
        Fault::parse,
        "journal " + path.string(),
        fmt::format(
            "corrupt at byte {}: {}, and whole records follow. Restore the file from a copy, or "
            "move "
            "it away to begin a new run.",
            offset,
            what
        )
    };
}

Failure not_ours(std::filesystem::path const& path, std::string const& why) {
    return {Fault::parse, "journal " + path.string(), why};
}

Result<JournalScan> scan(
    std::filesystem::path const& path,
    int fd,
    std::uint64_t size,
    std::function<void(JournalRecord const&)> const& visit
) {
    LineReader reader{fd, 0, size};
    JournalScan found;
    auto line = reader.next();
    if (!line) return line.error();
    if (!*line) return found;
    auto const header = (*line)->text;
    if (!(*line)->complete) {
        // Died while creating it. Anything that does not begin like a journal is somebody's file.
        auto const n = std::min(header.size(), journal_magic.size());
        if (header.substr(0, n) != journal_magic.substr(0, n)) {
            return not_ours(path, "this is not a polyquant journal");
        }
        found.torn = TornTail{0, size};
        return found;
    }
    auto identity = parse_header_line(header);
    if (!identity) return not_ours(path, identity.error().detail);
    found.identity = std::move(*identity);
    found.end = header.size() + 1;

    std::optional<std::uint64_t> bad_at;
    for (;;) {
        line = reader.next();
        if (!line) return line.error();
        if (!*line) break;
        auto const record =
            (*line)->complete ? parse_record_line((*line)->text) : std::optional<JournalRecord>{};
        if (!record) {
            if (!bad_at) bad_at = (*line)->offset;
            continue;
        }
        if (bad_at) {
            return corrupt(
                path, *bad_at, fmt::format("record {} is not readable", found.records + 1)
            );
        }
        if (record->seq != found.records + 1) {
            auto const what =
                fmt::format("record {} expected, {} found", found.records + 1, record->seq);
            return corrupt(path, (*line)->offset, what);
        }
        ++found.records;
        found.end = (*line)->offset + (*line)->text.size() + 1;
        if (visit) visit(*record);
    }
    if (bad_at) found.torn = TornTail{*bad_at, size - *bad_at};
    return found;
}

std::optional<Failure>
difference(std::filesystem::path const& path, RunIdentity const& recorded, RunIdentity const& now) {
    auto const differs = [&](std::string_view what, auto const& a, auto const& b) {
        return Failure{
            Fault::invalid,
            "journal " + path.string(),
            fmt::format(
                "it belongs to another run: {} is {} there and {} now. Use the old {}, or another "
                "state directory.",
                what,
                a,
                b,
                what
            )
        };
    };
    auto const dashed = [](std::string const& s) {
        return s.empty() ? std::string{"-"} : s;
    };
    if (recorded.config_hash != dashed(now.config_hash)) {
        return differs("config", recorded.config_hash, dashed(now.config_hash));
    }
    if (recorded.tape_hash != dashed(now.tape_hash)) {
        return differs("tape", recorded.tape_hash, dashed(now.tape_hash));
    }
    if (recorded.seed != now.seed) return differs("seed", recorded.seed, now.seed);
    if (recorded.code_version != dashed(now.code_version)) {
        return differs("code", recorded.code_version, dashed(now.code_version));
    }
    return std::nullopt;
}

void survive_file_size_limit() {
    struct sigaction current{};
    if (::sigaction(SIGXFSZ, nullptr, &current) == 0 && current.sa_handler == SIG_DFL) {
        ::signal(SIGXFSZ, SIG_IGN);
    }
}

// A new file's name is durable only when its folder is.
void sync_folder(std::filesystem::path const& path) {
    auto const folder = path.has_parent_path() ? path.parent_path() : std::filesystem::path{"."};
    auto const fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return;
    ::fsync(fd);
    ::close(fd);
}

} // namespace

Result<JournalScan> scan_journal(
    std::filesystem::path const& path, std::function<void(JournalRecord const&)> const& visit
) {
    auto const fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return storage(path, "open", errno);
    auto const size = size_of(path, fd);
    auto found = size ? scan(path, fd, *size, visit) : Result<JournalScan>{size.error()};
    ::close(fd);
    return found;
}

Result<std::unique_ptr<Journal>>
Journal::open(std::filesystem::path const& path, RunIdentity const& identity) {
    for (auto const* value : {&identity.config_hash, &identity.tape_hash, &identity.code_version}) {
        if (value->find_first_of(" \n\r\\") != std::string::npos) {
            return Failure{
                Fault::invalid, "journal", "a run's identity has no blanks: \"" + *value + "\""
            };
        }
    }
    survive_file_size_limit();
    auto const fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (fd < 0) return storage(path, "open", errno);
    std::unique_ptr<Journal> journal{new Journal{path, fd}};
    if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
        auto const code = errno;
        if (code != EWOULDBLOCK) return storage(path, "lock", code);
        return Failure{
            Fault::storage,
            "journal " + path.string(),
            "another process is writing it; stop that one"
        };
    }
    if (auto recovered = journal->recover(identity); !recovered) return recovered.error();
    return journal;
}

Journal::Journal(std::filesystem::path path, int fd) : path_{std::move(path)}, fd_{fd} {}

Journal::~Journal() {
    (void)flush();
    ::close(fd_);
}

Result<void> Journal::recover(RunIdentity const& identity) {
    auto const size = size_of(path_, fd_);
    if (!size) return size.error();
    auto const found = scan(path_, fd_, *size, nullptr);
    if (!found) return found.error();
    if (found->end > 0) {
        if (auto wrong = difference(path_, found->identity, identity)) return *wrong;
    }
    torn_ = found->torn;
    if (torn_ && ::ftruncate(fd_, static_cast<off_t>(found->end)) != 0) {
        return fail(storage_failure("cut the torn tail", errno));
    }
    size_ = found->end;
    existing_ = found->records;
    if (found->end > 0) {
        expected_.emplace(fd_, 0, size_);
        if (auto skipped = expected_->next(); !skipped) return fail(skipped.error());
        return {};
    }
    buffer_ = header_line(identity);
    if (auto synced = sync(); !synced) return synced;
    sync_folder(path_);
    return {};
}

Result<std::uint64_t> Journal::append(UtcTime at, std::string_view kind, std::string_view payload) {
    if (failed_) return *failed_;
    line_.clear();
    append_record_line(line_, recorded_ + 1, at, kind, payload);
    if (is_re_executing()) {
        if (auto same = compare(); !same) return same.error();
        return ++recorded_;
    }
    buffer_ += line_;
    ++recorded_;
    if (buffer_.size() >= buffer_limit) {
        if (auto flushed = flush(); !flushed) return flushed.error();
    }
    if (observer_) observer_(recorded_);
    return recorded_;
}

Result<void> Journal::compare() {
    auto const line = expected_->next();
    if (!line) return fail(line.error());
    auto const expected = *line ? (*line)->text : std::string_view{};
    auto const actual = std::string_view{line_}.substr(0, line_.size() - 1);
    if (expected == actual) return {};
    return fail(
        {Fault::invalid,
         "journal " + path_.string(),
         fmt::format(
             "executing the run again gave something else at record {}: expected \"{}\", got "
             "\"{}\"",
             recorded_ + 1,
             expected,
             actual
         )}
    );
}

Result<void> Journal::flush() {
    if (failed_) return *failed_;
    if (buffer_.empty()) return {};
    auto const written = write_all(buffer_);
    buffer_.clear();
    return written;
}

Result<void> Journal::sync() {
    if (auto flushed = flush(); !flushed) return flushed;
    // EINVAL: not a file that can be synced (a pipe, a device). After any other error the kernel
    // may have dropped the pages, so trying again would prove nothing.
    if (::fdatasync(fd_) != 0 && errno != EINVAL) return fail(storage_failure("fdatasync", errno));
    return {};
}

Result<void> Journal::write_all(std::string_view bytes) {
    while (!bytes.empty()) {
        auto const n = ::write(fd_, bytes.data(), bytes.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return fail(storage_failure("write", errno));
        bytes.remove_prefix(static_cast<std::size_t>(n));
        size_ += static_cast<std::uint64_t>(n);
    }
    return {};
}

Result<std::vector<JournalRecord>> Journal::records_of(std::string_view kind) {
    if (auto flushed = flush(); !flushed) return flushed.error();
    std::vector<JournalRecord> records;
    auto const found = scan(path_, fd_, size_, [&](JournalRecord const& record) {
        if (record.kind == kind) records.push_back(record);
    });
    if (!found) return found.error();
    return records;
}

Failure Journal::fail(Failure failure) {
    failed_ = failure;
    buffer_.clear();
    return failure;
}

Failure Journal::storage_failure(std::string_view action, int code) const {
    return storage(path_, action, code);
}

} // namespace polyquant::runtime

#include "engine/runtime/record_file.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <optional>
#include <sstream>
#include <unistd.h>
#include <utility>

namespace polyquant::runtime {

namespace {

// FNV-1a: it guards against torn writes, not against people.
std::uint64_t checksum(std::string_view text) {
    std::uint64_t hash = 14'695'981'039'346'656'037ULL;
    for (char const c : text)
        hash = (hash ^ static_cast<unsigned char>(c)) * 1'099'511'628'211ULL;
    return hash;
}

// "checksum<TAB>record\n"
std::optional<std::string_view> record_of(std::string_view line) {
    if (line.size() < 17 || line[16] != '\t') return std::nullopt;
    std::uint64_t sum = 0;
    auto const [end, error] = std::from_chars(line.data(), line.data() + 16, sum, 16);
    auto const record = line.substr(17);
    if (error != std::errc{} || end != line.data() + 16 || sum != checksum(record))
        return std::nullopt;
    return record;
}

Failure disk(std::filesystem::path const& path, std::string_view what, int code) {
    return {Fault::storage, path.string(), fmt::format("{}: {}", what, std::strerror(code))};
}

struct Contents {
    std::vector<std::string> records;
    std::size_t whole = 0; // bytes
};

Result<Contents> read_whole(std::filesystem::path const& path) {
    Contents contents;
    std::ifstream in{path, std::ios::binary};
    if (!in) return contents;
    std::stringstream buffer;
    buffer << in.rdbuf();
    auto const text = buffer.str();
    while (contents.whole < text.size()) {
        auto const end = text.find('\n', contents.whole);
        auto const record =
            end == std::string::npos
                ? std::nullopt
                : record_of(std::string_view{text}.substr(contents.whole, end - contents.whole));
        if (!record) {
            if (end != std::string::npos && end + 1 < text.size())
                return Failure{
                    Fault::storage,
                    fmt::format("{} at byte {}", path.string(), contents.whole),
                    "damaged in the middle: restore it from a copy, or move it aside after "
                    "checking the account"
                };
            break;
        }
        contents.records.emplace_back(*record);
        contents.whole = end + 1;
    }
    return contents;
}

// The name itself must survive as well.
Result<void> sync_folder(std::filesystem::path const& folder) {
    int const opened = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (opened < 0) return disk(folder, "cannot open", errno);
    auto const synced = ::fsync(opened);
    auto const code = errno;
    ::close(opened);
    if (synced != 0) return disk(folder, "fsync", code);
    return Result<void>{};
}

} // namespace

RecordFile::RecordFile(std::filesystem::path path, int file, std::vector<std::string> earlier)
    : path_{std::move(path)}, file_{file}, earlier_{std::move(earlier)} {}

RecordFile::RecordFile(RecordFile&& other) noexcept
    : path_{std::move(other.path_)}, file_{std::exchange(other.file_, -1)},
      earlier_{std::move(other.earlier_)}, failed_{other.failed_} {}

RecordFile::~RecordFile() {
    if (file_ >= 0) ::close(file_);
}

Result<std::vector<std::string>> RecordFile::read(std::filesystem::path const& path) {
    auto contents = read_whole(path);
    if (!contents) return contents.error();
    return std::move(contents->records);
}

Result<RecordFile> RecordFile::open(std::filesystem::path const& path) {
    auto const parent = path.has_parent_path() ? path.parent_path() : std::filesystem::path{"."};
    std::error_code error;
    std::filesystem::create_directories(parent, error);
    if (error) return disk(parent, "cannot make", error.value());
    auto contents = read_whole(path);
    if (!contents) return contents.error();
    int const file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (file < 0) return disk(path, "cannot open", errno);
    RecordFile opened{path, file, std::move(contents->records)};
    if (::ftruncate(file, static_cast<off_t>(contents->whole)) != 0)
        return disk(path, "cannot cut its torn end", errno);
    if (auto const synced = sync_folder(parent); !synced) return synced.error();
    return opened;
}

Result<void> RecordFile::append(std::string_view record) {
    ENSURE(record.find('\n') == std::string_view::npos, "a record is one line");
    if (failed_) return Failure{Fault::storage, path_.string(), "an earlier write failed"};
    auto const line = fmt::format("{:016x}\t{}\n", checksum(record), record);
    std::string_view rest = line;
    failed_ = true;
    while (!rest.empty()) {
        auto const n = ::write(file_, rest.data(), rest.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return disk(path_, "write", errno);
        rest.remove_prefix(static_cast<std::size_t>(n));
    }
    if (::fdatasync(file_) != 0) return disk(path_, "fdatasync", errno);
    failed_ = false;
    return Result<void>{};
}

} // namespace polyquant::runtime

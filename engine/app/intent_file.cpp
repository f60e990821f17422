#include "engine/app/intent_file.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <sstream>
#include <unistd.h>

namespace polyquant::app {

namespace {

// FNV-1a: it guards against torn writes, not against people.
std::uint64_t checksum(std::string_view text) {
    std::uint64_t hash = 14'695'981'039'346'656'037ULL;
    for (char const c : text)
        hash = (hash ^ static_cast<unsigned char>(c)) * 1'099'511'628'211ULL;
    return hash;
}

std::string describe_intent(PlaceOrder const& order) {
    return fmt::format(
        "{} {} {} of {} at {} {} market {} decided {}",
        order.strategy.text,
        to_string(order.side),
        to_string(order.size),
        to_string(order.token),
        to_string(order.limit),
        to_string(order.tif),
        to_string(order.market),
        format_utc(order.decided_at)
    );
}

// "checksum<TAB>id<TAB>intent<TAB>bytes\n"; neither part holds a tab or a line end.
std::string line_of(PreparedOrder const& order) {
    auto const text =
        fmt::format("{}\t{}\t{}", to_string(order.id), describe_intent(order.intent), order.bytes);
    return fmt::format("{:016x}\t{}\n", checksum(text), text);
}

std::optional<KeptIntent> parse_line(std::string_view line) {
    if (line.size() < 18 || line[16] != '\t') return std::nullopt;
    std::uint64_t sum = 0;
    auto const [end, error] = std::from_chars(line.data(), line.data() + 16, sum, 16);
    auto const text = line.substr(17);
    if (error != std::errc{} || end != line.data() + 16 || sum != checksum(text))
        return std::nullopt;
    auto const first = text.find('\t');
    auto const second = text.find('\t', first + 1);
    if (first == std::string_view::npos || second == std::string_view::npos) return std::nullopt;
    auto const id = parse_order_id(text.substr(0, first));
    if (!id) return std::nullopt;
    return KeptIntent{
        *id,
        std::string{text.substr(first + 1, second - first - 1)},
        std::string{text.substr(second + 1)}
    };
}

struct Contents {
    std::vector<KeptIntent> intents;
    std::uint64_t whole_bytes = 0;
};

Result<Contents> read_contents(std::filesystem::path const& path) {
    Contents contents;
    std::ifstream in{path, std::ios::binary};
    if (!in) return contents;
    std::stringstream buffer;
    buffer << in.rdbuf();
    auto const text = buffer.str();
    std::size_t at = 0;
    while (at < text.size()) {
        auto const end = text.find('\n', at);
        auto intent = end == std::string::npos
                          ? std::nullopt
                          : parse_line(std::string_view{text}.substr(at, end - at));
        if (!intent) {
            // Only what a crash cut off at the very end may be missing.
            auto const more = end != std::string::npos && end + 1 < text.size();
            if (more)
                return Failure{
                    Fault::storage,
                    fmt::format("{} at byte {}", path.string(), at),
                    "damaged in the middle: restore it from a copy, or move it aside after "
                    "checking the account"
                };
            break;
        }
        contents.intents.push_back(std::move(*intent));
        at = end + 1;
    }
    contents.whole_bytes = at;
    return contents;
}

Failure storage_failure(std::filesystem::path const& path, std::string_view what, int code) {
    return {Fault::storage, path.string(), fmt::format("{}: {}", what, std::strerror(code))};
}

} // namespace

struct IntentFile::File {
    std::filesystem::path path;
    int fd = -1;

    ~File() {
        if (fd >= 0) ::close(fd);
    }

    Result<void> append(std::string_view bytes) const {
        while (!bytes.empty()) {
            auto const n = ::write(fd, bytes.data(), bytes.size());
            if (n < 0 && errno == EINTR) continue;
            if (n < 0) return storage_failure(path, "write", errno);
            bytes.remove_prefix(static_cast<std::size_t>(n));
        }
        if (::fdatasync(fd) != 0) return storage_failure(path, "fdatasync", errno);
        return {};
    }
};

IntentFile::IntentFile(std::shared_ptr<File> file, runtime::SidePool& pool)
    : file_{std::move(file)}, pool_{pool} {}

IntentFile::~IntentFile() = default;

Result<std::vector<KeptIntent>> IntentFile::read(std::filesystem::path const& path) {
    auto contents = read_contents(path);
    if (!contents) return contents.error();
    return std::move(contents->intents);
}

Result<std::unique_ptr<IntentFile>>
IntentFile::open(std::filesystem::path const& path, runtime::SidePool& pool) {
    auto const contents = read_contents(path);
    if (!contents) return contents.error();
    auto file = std::make_shared<File>();
    file->path = path;
    file->fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (file->fd < 0) return storage_failure(path, "cannot open", errno);
    if (::ftruncate(file->fd, static_cast<off_t>(contents->whole_bytes)) != 0)
        return storage_failure(path, "cannot cut its torn end", errno);
    // The name itself must survive as well.
    auto const parent = path.has_parent_path() ? path.parent_path() : std::filesystem::path{"."};
    if (int const folder = ::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        folder >= 0) {
        auto const synced = ::fsync(folder);
        ::close(folder);
        if (synced != 0) return storage_failure(parent, "fsync", errno);
    }
    return std::unique_ptr<IntentFile>{new IntentFile{std::move(file), pool}};
}

Task<Result<void>> IntentFile::keep(PreparedOrder const& order) {
    if (failed_) co_return *failed_;
    auto const written = co_await pool_.submit<bool>(
        "keep an intent",
        [file = file_, line = line_of(order)]() -> Result<bool> {
            if (auto const done = file->append(line); !done) return done.error();
            return true;
        }
    );
    if (!written) {
        // A cancelled wait says nothing about the disk.
        if (written.error().fault != Fault::cancelled) failed_ = written.error();
        co_return written.error();
    }
    ++kept_;
    co_return Result<void>{};
}

} // namespace polyquant::app

#include "connectors/tape/file.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace polyquant::tape {

namespace {

std::string words_for(int error) {
    return std::error_code{error, std::generic_category()}.message();
}

} // namespace

Result<File> File::create(std::filesystem::path const& path) {
    auto const handle = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (handle < 0)
        return Failure{Fault::storage, path.string(), "cannot be created: " + words_for(errno)};
    return File{handle, path.string()};
}

Result<File> File::open(std::filesystem::path const& path) {
    auto const handle = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (handle < 0)
        return Failure{Fault::invalid, path.string(), "cannot be read: " + words_for(errno)};
    return File{handle, path.string()};
}

Result<File> File::open_for_repair(std::filesystem::path const& path) {
    auto const handle = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
    if (handle < 0)
        return Failure{Fault::storage, path.string(), "cannot be opened: " + words_for(errno)};
    return File{handle, path.string()};
}

File::File(File&& other) noexcept
    : handle_{std::exchange(other.handle_, -1)}, path_{std::move(other.path_)} {}

File& File::operator=(File&& other) noexcept {
    if (this == &other) return *this;
    close();
    handle_ = std::exchange(other.handle_, -1);
    path_ = std::move(other.path_);
    return *this;
}

File::~File() {
    close();
}

Result<void> File::write(std::string_view bytes) {
    while (!bytes.empty()) {
        auto const written = ::write(handle_, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return failure("cannot be written", errno);
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
}

Result<void> File::read(std::uint64_t offset, std::size_t size, std::string& into) const {
    into.resize(size);
    std::size_t have = 0;
    while (have < size) {
        auto const got =
            ::pread(handle_, into.data() + have, size - have, static_cast<off_t>(offset + have));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return failure("cannot be read", errno);
        if (got == 0) break;
        have += static_cast<std::size_t>(got);
    }
    into.resize(have);
    return {};
}

Result<std::uint64_t> File::size() const {
    struct stat status{};
    if (::fstat(handle_, &status) != 0) return failure("has no size", errno);
    return static_cast<std::uint64_t>(status.st_size);
}

void File::truncate(std::uint64_t size) {
    // Where even this fails, the torn tail stays and every reader reports it.
    [[maybe_unused]] auto const result = ::ftruncate(handle_, static_cast<off_t>(size));
    ::lseek(handle_, static_cast<off_t>(size), SEEK_SET);
}

Result<void> File::sync() {
    if (::fdatasync(handle_) != 0) return failure("cannot be synced", errno);
    return {};
}

void File::close() {
    if (handle_ >= 0) ::close(handle_);
    handle_ = -1;
}

Failure File::failure(std::string_view what, int error) const {
    return Failure{Fault::storage, path_, fmt::format("{}: {}", what, words_for(error))};
}

} // namespace polyquant::tape

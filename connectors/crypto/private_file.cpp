#include "connectors/crypto/private_file.hpp"

#include "connectors/crypto/random.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace polyquant::crypto {

namespace {

constexpr off_t file_size_max = 64 * 1024;

class FileDescriptor {
public:
    explicit FileDescriptor(int fd) : fd_{fd} {}

    FileDescriptor(FileDescriptor const&) = delete;
    FileDescriptor& operator=(FileDescriptor const&) = delete;

    ~FileDescriptor() {
        if (fd_ >= 0) close(fd_);
    }

    int get() const { return fd_; }

private:
    int fd_;
};

Failure system_failure(std::filesystem::path const& path, std::string_view doing) {
    auto const fault = errno == EEXIST || errno == ENOENT ? Fault::invalid : Fault::storage;
    return Failure{
        fault,
        path.string(),
        fmt::format("cannot {}: {}", doing, std::generic_category().message(errno))
    };
}

Result<void> check_access(std::filesystem::path const& path, struct stat const& status) {
    auto const is_directory = S_ISDIR(status.st_mode);
    if (status.st_uid != geteuid())
        return Failure{Fault::invalid, path.string(), "belongs to another user"};
    if ((status.st_mode & 077) != 0)
        return Failure{
            Fault::invalid,
            path.string(),
            fmt::format(
                "mode {:04o} lets others in: run chmod {} {} and consider its contents known",
                status.st_mode & 07777,
                is_directory ? "700" : "600",
                path.string()
            )
        };
    return {};
}

bool write_all(int fd, std::string_view text) {
    while (!text.empty()) {
        auto const n = write(fd, text.data(), text.size());
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        text.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
}

bool sync_directory(std::filesystem::path const& path) {
    FileDescriptor const directory{open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    return directory.get() >= 0 && fsync(directory.get()) == 0;
}

} // namespace

Result<std::string> read_private_file(std::filesystem::path const& path) {
    FileDescriptor const file{open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    if (file.get() < 0) return system_failure(path, "open");
    struct stat status{};
    if (fstat(file.get(), &status) != 0) return system_failure(path, "inspect");
    if (!S_ISREG(status.st_mode))
        return Failure{Fault::invalid, path.string(), "is not a regular file"};
    if (auto const access = check_access(path, status); !access) return access.error();
    if (status.st_size > file_size_max)
        return Failure{Fault::invalid, path.string(), "is too large for a keystore"};

    std::string text(static_cast<std::size_t>(status.st_size), '\0');
    std::size_t have = 0;
    while (have < text.size()) {
        auto const n = read(file.get(), text.data() + have, text.size() - have);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return system_failure(path, "read");
        if (n == 0) break;
        have += static_cast<std::size_t>(n);
    }
    text.resize(have);
    return text;
}

Result<void>
write_private_file(std::filesystem::path const& path, std::string_view text, bool replace) {
    auto temporary = path;
    temporary += ".tmp-" + random_uuid();
    {
        FileDescriptor const file{
            open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)
        };
        if (file.get() < 0) return system_failure(path, "create");
        if (!write_all(file.get(), text) || fsync(file.get()) != 0) {
            auto failure = system_failure(path, "write");
            unlink(temporary.c_str());
            return failure;
        }
    }
    // link() refuses an existing name where rename() would silently take its place.
    auto const moved = replace ? rename(temporary.c_str(), path.c_str()) == 0
                               : link(temporary.c_str(), path.c_str()) == 0;
    if (!moved) {
        auto failure = system_failure(path, "write");
        unlink(temporary.c_str());
        return failure;
    }
    if (!replace) unlink(temporary.c_str());
    if (!sync_directory(path.parent_path())) return system_failure(path.parent_path(), "sync");
    return {};
}

Result<void> ensure_private_directory(std::filesystem::path const& path) {
    std::error_code error;
    if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path(), error);
    if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return system_failure(path, "create");
    struct stat status{};
    if (stat(path.c_str(), &status) != 0) return system_failure(path, "inspect");
    if (!S_ISDIR(status.st_mode))
        return Failure{Fault::invalid, path.string(), "is not a directory"};
    return check_access(path, status);
}

} // namespace polyquant::crypto

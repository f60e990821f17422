#include "engine/core/replace_file.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <fcntl.h>
#include <system_error>
#include <unistd.h>

namespace polyquant {

namespace {

Failure storage_failure(std::filesystem::path const& path, std::string_view what) {
    return Failure{
        Fault::storage,
        path.string(),
        fmt::format("{}: {}", what, std::generic_category().message(errno))
    };
}

} // namespace

Result<void> replace_file(std::filesystem::path const& path, std::string_view text) {
    auto beside = path;
    beside += ".tmp";
    int const file = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (file < 0) return storage_failure(beside, "cannot create");
    std::size_t done = 0;
    while (done < text.size()) {
        auto const n = ::write(file, text.data() + done, text.size() - done);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) break;
        done += static_cast<std::size_t>(n);
    }
    bool const written = done == text.size() && ::fsync(file) == 0;
    auto failure = storage_failure(beside, "cannot write");
    bool const closed = ::close(file) == 0;
    if (!written || !closed) {
        ::unlink(beside.c_str());
        return failure;
    }
    if (::rename(beside.c_str(), path.c_str()) != 0) {
        auto refused = storage_failure(path, "cannot replace");
        ::unlink(beside.c_str());
        return refused;
    }
    return {};
}

} // namespace polyquant

#include "engine/ledger/ledger_lock.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

namespace polyquant::ledger {

namespace {

std::string read_holder(int descriptor) {
    char text[32] = {};
    auto const n = ::pread(descriptor, text, sizeof text - 1, 0);
    std::string holder{text, n > 0 ? static_cast<std::size_t>(n) : 0};
    while (!holder.empty() && holder.back() == '\n')
        holder.pop_back();
    return holder.empty() ? "another process" : "process " + holder;
}

} // namespace

Result<LedgerLock>
LedgerLock::acquire(std::filesystem::path const& lock_file, std::string_view holds) {
    auto const failed = [&](std::string_view what, int code) {
        return Failure{
            Fault::storage, lock_file.string(), fmt::format("{}: {}", what, std::strerror(code))
        };
    };
    int const descriptor = ::open(lock_file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor < 0) return failed("cannot open the lock file", errno);
    LedgerLock lock{descriptor};
    if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK) return failed("cannot lock", errno);
        return Failure{
            Fault::invalid, lock_file.string(), fmt::format("{} {}", read_holder(descriptor), holds)
        };
    }
    auto const pid = fmt::format("{}\n", ::getpid());
    if (::ftruncate(descriptor, 0) != 0 ||
        ::pwrite(descriptor, pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size()))
        return failed("cannot write the process id", errno);
    return lock;
}

LedgerLock::~LedgerLock() {
    // The file stays: unlinking it would let two processes lock two files of the same name.
    if (descriptor_ >= 0) ::close(descriptor_);
}

} // namespace polyquant::ledger

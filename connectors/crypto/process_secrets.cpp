#include "connectors/crypto/process_secrets.hpp"

#include <cerrno>
#include <cstring>
#include <sys/prctl.h>
#include <sys/resource.h>

namespace polyquant::crypto {

Result<void> forbid_memory_dumps() {
    auto const failed = [] {
        return Failure{Fault::invalid, "process", std::strerror(errno)};
    };
    rlimit const none{0, 0};
    if (::setrlimit(RLIMIT_CORE, &none) != 0) return failed();
    if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return failed();
    return {};
}

} // namespace polyquant::crypto

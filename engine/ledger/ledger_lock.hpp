// One writer per ledger: an advisory lock (flock) on a file beside it, which holds the writer's
// process id for whoever is refused. The kernel drops the lock when the process dies, so a crash
// leaves nothing to clean up.
#pragma once

#include "engine/core/failure.hpp"

#include <filesystem>
#include <string_view>

namespace polyquant::ledger {

class LedgerLock {
public:
    // `holds`: what the refusal says the holder does, and what to do about it.
    static Result<LedgerLock> acquire(
        std::filesystem::path const& lock_file,
        std::string_view holds =
            "writes this ledger already; stop it or use another state directory"
    );

    LedgerLock(LedgerLock&& other) noexcept : descriptor_{std::exchange(other.descriptor_, -1)} {}

    LedgerLock& operator=(LedgerLock&& other) noexcept {
        std::swap(descriptor_, other.descriptor_);
        return *this;
    }

    ~LedgerLock();

private:
    explicit LedgerLock(int descriptor) : descriptor_{descriptor} {}

    int descriptor_;
};

} // namespace polyquant::ledger

// What a process that holds keys does to itself before it reads them.
#pragma once

#include "engine/core/failure.hpp"

namespace polyquant::crypto {

// No core file, and no debugger or other process of the same user that reads our memory. Secrets
// are left out of dumps page by page as well; this covers the copies that libraries make.
Result<void> forbid_memory_dumps();

} // namespace polyquant::crypto

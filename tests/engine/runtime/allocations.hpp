// How often the test program has asked for memory so far.
#pragma once

#include <cstdint>

namespace polyquant::runtime::testing {

std::uint64_t allocations();

} // namespace polyquant::runtime::testing

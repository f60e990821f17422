// XXH64: the checksum of tape blocks and the run identity of inputs. Not for secrets.
// https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md
#pragma once

#include <cstdint>
#include <string_view>

namespace polyquant::tape {

std::uint64_t hash64(std::string_view bytes, std::uint64_t seed = 0);

} // namespace polyquant::tape

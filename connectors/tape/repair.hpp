// Closes a tape whose writer was killed, so that it is whole up to its last complete block.
#pragma once

#include "engine/core/failure.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>

namespace polyquant::tape {

struct Repair {
    std::uint64_t records = 0;   // kept
    std::uint64_t bytes_cut = 0; // of a block that was not finished
};

// Empty when the tape is whole already. Nobody else may be writing it. Only a torn end is mended:
// damage before the last block is refused (Fault::invalid) and the file left as it is. A file too
// short for a header holds nothing and is refused likewise.
Result<std::optional<Repair>> repair_tape(std::filesystem::path const& path);

} // namespace polyquant::tape

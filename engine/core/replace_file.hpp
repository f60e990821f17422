// Writing a whole file so that a reader sees the old one or the new one, never a part.
#pragma once

#include "engine/core/failure.hpp"

#include <filesystem>
#include <string_view>

namespace polyquant {

// Writes beside the target, syncs and renames. Blocks. Fault::storage with the system's words.
Result<void> replace_file(std::filesystem::path const& path, std::string_view text);

} // namespace polyquant

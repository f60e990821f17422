// Files only their owner may read.
#pragma once

#include "engine/core/failure.hpp"

#include <filesystem>
#include <string>
#include <string_view>

namespace polyquant::crypto {

// Refuses files that group or others can touch, that another user owns, or that are implausibly
// large, naming the chmod that helps.
Result<std::string> read_private_file(std::filesystem::path const& path);

// Whole or not at all, on disk when it returns (fsync of file and directory), mode 0600.
// With `replace` false an existing file makes it fail and stays as it is.
Result<void>
write_private_file(std::filesystem::path const& path, std::string_view text, bool replace);

// Creates the directory with mode 0700 or checks that it has it.
Result<void> ensure_private_directory(std::filesystem::path const& path);

} // namespace polyquant::crypto

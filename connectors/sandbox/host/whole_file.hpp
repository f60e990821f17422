#pragma once

#include "engine/core/failure.hpp"

#include <filesystem>
#include <string_view>

namespace polyquant::sandbox {

// As a whole or not at all: readers never see half a file.
Result<void> write_whole_file(std::filesystem::path const& path, std::string_view text);

} // namespace polyquant::sandbox

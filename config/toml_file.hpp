// TOML text to raw values. toml++ is included by toml_file.cpp alone: it costs seconds to compile.
#pragma once

#include "config/raw_value.hpp"

#include <filesystem>
#include <optional>
#include <string>

namespace polyquant::config {

// The file's text; a problem when it is missing, not a file, unreadable or absurdly large.
std::optional<std::string> read_text(std::filesystem::path const& file, ConfigProblems& problems);

// The root table. Syntax errors carry line and column; a text that is not UTF-8 or sets nothing is
// a problem too.
std::optional<RawValue>
parse_toml(std::string const& text, std::string const& name, ConfigProblems& problems);

} // namespace polyquant::config

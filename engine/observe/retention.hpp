// What a run leaves behind, and what of it may go. Choosing is pure; names sort by time.
#pragma once

#include "engine/core/time.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace polyquant::observe {

struct StoredFile {
    std::filesystem::path path;
    std::uintmax_t bytes = 0;
    UtcTime changed_at{};
};

// Files of `directory` whose names begin and end so, the oldest first (by change, then name). A
// directory that cannot be read has none.
std::vector<StoredFile> stored_files(
    std::filesystem::path const& directory, std::string_view prefix, std::string_view suffix
);

std::vector<StoredFile> all_but_newest(std::vector<StoredFile> files, std::size_t kept);

struct KeepRules {
    std::optional<Seconds> age_max;        // empty: age is no reason
    std::uintmax_t bytes_to_free = 0;      // more than by age, where the disk is short
    std::size_t newest_kept = 2;           // always
    UtcTime in_use_since = UtcTime::max(); // changed since then: being written
};

// Those that go, the oldest first.
std::vector<StoredFile>
expired(std::vector<StoredFile> const& files, KeepRules const& rules, UtcTime now);

} // namespace polyquant::observe

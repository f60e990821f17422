// What the system says of this process and its disk.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

namespace polyquant::metrics {

// Empty where the system does not say.
struct ProcessFigures {
    std::optional<std::uint64_t> resident_bytes;
    std::optional<std::uint64_t> virtual_bytes;
    std::optional<double> cpu_seconds;
    std::optional<double> start_time_seconds; // Unix time
    std::optional<std::uint64_t> open_files;
    std::optional<std::uint64_t> max_files;
    std::optional<std::uint64_t> disk_free_bytes; // for this user, where `directory` lies
    std::optional<std::uint64_t> disk_size_bytes;
};

ProcessFigures read_process(std::filesystem::path const& directory);

} // namespace polyquant::metrics

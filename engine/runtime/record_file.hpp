// Append-only lines that are on the disk when append() returns: what must be known before something
// irrevocable is done.
#pragma once

#include "engine/core/failure.hpp"

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace polyquant::runtime {

// Lines carry a checksum; one that a crash cut off is dropped at the next start, damage before the
// end is refused. 0600. Blocks for a disk sync (0.2 to 5 ms): for programs and moments where that
// is no matter.
class RecordFile {
public:
    // Makes the file and its folder where they are missing.
    static Result<RecordFile> open(std::filesystem::path const& path);

    RecordFile(RecordFile&& other) noexcept;
    RecordFile& operator=(RecordFile&&) = delete;
    ~RecordFile();

    // All whole records of a file, oldest first; none where there is no file.
    static Result<std::vector<std::string>> read(std::filesystem::path const& path);

    // What earlier processes wrote, oldest first; once.
    std::vector<std::string> take_earlier() { return std::exchange(earlier_, {}); }

    // One record, without line ends. Every failure is final: nothing is appended after it.
    Result<void> append(std::string_view record);

private:
    RecordFile(std::filesystem::path path, int file, std::vector<std::string> earlier);

    std::filesystem::path path_;
    int file_ = -1;
    std::vector<std::string> earlier_;
    bool failed_ = false;
};

} // namespace polyquant::runtime

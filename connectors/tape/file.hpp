// A file descriptor with an owner, and whole reads and writes.
#pragma once

#include "engine/core/failure.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace polyquant::tape {

class File {
public:
    // Refuses a path that exists already, so that no recording is overwritten.
    static Result<File> create(std::filesystem::path const& path);
    static Result<File> open(std::filesystem::path const& path);
    // For reading and writing what exists.
    static Result<File> open_for_repair(std::filesystem::path const& path);

    File() = default;
    File(File&& other) noexcept;
    File& operator=(File&& other) noexcept;
    ~File();

    Result<void> write(std::string_view bytes);
    // Up to `size` bytes at `offset`; fewer only where the file ends.
    Result<void> read(std::uint64_t offset, std::size_t size, std::string& into) const;
    Result<std::uint64_t> size() const;
    // Cuts off what a failed write left behind.
    void truncate(std::uint64_t size);
    // Hands the data to the disk, not only to the kernel.
    Result<void> sync();
    void close();

    bool is_open() const { return handle_ >= 0; }

private:
    File(int handle, std::string path) : handle_{handle}, path_{std::move(path)} {}

    Failure failure(std::string_view what, int error) const;

    int handle_ = -1;
    std::string path_;
};

} // namespace polyquant::tape

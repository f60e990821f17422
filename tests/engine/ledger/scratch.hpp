#pragma once

#include <filesystem>
#include <stdexcept>
#include <stdlib.h>
#include <string>
#include <unistd.h>

namespace polyquant::testing {

// A directory of its own that goes away with the test.
class Scratch {
public:
    Scratch() : Scratch{std::filesystem::temp_directory_path()} {}

    explicit Scratch(std::filesystem::path const& parent) {
        auto name = (parent / "pq-ledger-XXXXXX").string();
        if (!::mkdtemp(name.data())) throw std::runtime_error{"no scratch directory"};
        path_ = name;
    }

    // In memory where the system offers it: for tests that make hundreds of files and are not about
    // the disk.
    static std::filesystem::path fast() {
        std::filesystem::path const shared{"/dev/shm"};
        bool const usable = ::access(shared.c_str(), W_OK | X_OK) == 0;
        return usable ? shared : std::filesystem::temp_directory_path();
    }

    Scratch(Scratch const&) = delete;
    Scratch& operator=(Scratch const&) = delete;

    ~Scratch() { std::filesystem::remove_all(path_); }

    std::filesystem::path operator/(char const* name) const { return path_ / name; }

private:
    std::filesystem::path path_;
};

} // namespace polyquant::testing

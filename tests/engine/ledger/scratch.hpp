#pragma once

#include <filesystem>
#include <stdexcept>
#include <stdlib.h>
#include <string>

namespace polyquant::testing {

// A directory of its own that goes away with the test.
class Scratch {
public:
    Scratch() {
        auto name = (std::filesystem::temp_directory_path() / "pq-ledger-XXXXXX").string();
        if (!::mkdtemp(name.data())) throw std::runtime_error{"no scratch directory"};
        path_ = name;
    }

    Scratch(Scratch const&) = delete;
    Scratch& operator=(Scratch const&) = delete;

    ~Scratch() { std::filesystem::remove_all(path_); }

    std::filesystem::path operator/(char const* name) const { return path_ / name; }

private:
    std::filesystem::path path_;
};

} // namespace polyquant::testing

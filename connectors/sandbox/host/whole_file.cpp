#include "connectors/sandbox/host/whole_file.hpp"

#include <fstream>

namespace polyquant::sandbox {

Result<void> write_whole_file(std::filesystem::path const& path, std::string_view text) {
    auto fresh = path;
    fresh += ".new";
    std::ofstream file{fresh, std::ios::binary | std::ios::trunc};
    file << text;
    file.close();
    std::error_code error;
    if (file) std::filesystem::rename(fresh, path, error);
    if (!file || error) {
        return Failure{
            Fault::storage,
            path.string(),
            "cannot write it" + (error ? ": " + error.message() : std::string{})
        };
    }
    return Result<void>{};
}

} // namespace polyquant::sandbox

#include "engine/app/build_info.hpp"

#include "engine/app/build_version.hpp"

#include <fmt/format.h>

namespace polyquant::app {

std::string build_info() {
    return fmt::format(
        "{} (git {}, clang {}, {})", PQ_VERSION, PQ_GIT, __clang_version__, PQ_BUILD_TYPE
    );
}

std::string code_version() {
    return fmt::format("{}+{}", PQ_VERSION, PQ_GIT);
}

} // namespace polyquant::app

#include "engine/app/process_owner.hpp"

#include <fmt/format.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <unistd.h>

namespace polyquant::app {

namespace {

std::string host() {
    std::array<char, 256> name{};
    if (::gethostname(name.data(), name.size() - 1) != 0) return "host";
    return name.data();
}

// Field 22 of /proc/PID/stat: clock ticks since boot. The name in field 2 may hold blanks.
std::string started(std::string const& pid) {
    std::ifstream in{"/proc/" + pid + "/stat"};
    std::string line;
    if (!std::getline(in, line)) return {};
    auto at = line.rfind(')');
    if (at == std::string::npos) return {};
    for (int field = 2; field < 22 && at != std::string::npos; ++field)
        at = line.find(' ', at + 1);
    if (at == std::string::npos) return {};
    return line.substr(at + 1, line.find(' ', at + 1) - at - 1);
}

} // namespace

std::string this_process() {
    auto const pid = std::to_string(::getpid());
    return fmt::format("{}/{}/{}", host(), pid, started(pid));
}

bool is_gone(std::string const& owner) {
    auto const first = owner.find('/');
    auto const second = owner.find('/', first == std::string::npos ? first : first + 1);
    if (second == std::string::npos || owner.substr(0, first) != host()) return false;
    auto const pid = owner.substr(first + 1, second - first - 1);
    return started(pid) != owner.substr(second + 1);
}

} // namespace polyquant::app

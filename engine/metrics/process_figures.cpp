#include "engine/metrics/process_figures.hpp"

#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include <vector>

namespace polyquant::metrics {

namespace {

std::string read_all(char const* path) {
    std::ifstream file{path};
    return {std::istreambuf_iterator<char>{file}, {}};
}

// Fields of /proc/self/stat behind the program's name, which may hold blanks (proc(5)); the first
// of them is number 3.
std::vector<std::string> stat_fields() {
    auto const text = read_all("/proc/self/stat");
    auto const end_of_name = text.rfind(')');
    if (end_of_name == std::string::npos) return {};
    std::istringstream rest{text.substr(end_of_name + 1)};
    return {std::istream_iterator<std::string>{rest}, {}};
}

std::optional<double> boot_time() {
    std::istringstream lines{read_all("/proc/stat")};
    std::string word;
    double value = 0;
    while (lines >> word)
        if (word == "btime" && lines >> value) return value;
    return std::nullopt;
}

void read_stat(ProcessFigures& figures) {
    constexpr std::size_t first = 3, user = 14, system = 15, start = 22, size = 23, resident = 24;
    auto const fields = stat_fields();
    if (fields.size() <= resident - first) return;
    auto const ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
    auto const page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    auto const number = [&](std::size_t n) {
        return std::stod(fields[n - first]);
    };
    figures.cpu_seconds = (number(user) + number(system)) / ticks;
    figures.virtual_bytes = std::stoull(fields[size - first]);
    figures.resident_bytes = std::stoull(fields[resident - first]) * page;
    if (auto const boot = boot_time()) figures.start_time_seconds = *boot + number(start) / ticks;
}

} // namespace

ProcessFigures read_process(std::filesystem::path const& directory) {
    ProcessFigures figures;
    read_stat(figures);
    std::error_code error;
    std::filesystem::directory_iterator const files{"/proc/self/fd", error};
    if (!error) figures.open_files = static_cast<std::uint64_t>(std::distance(files, {}));
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) figures.max_files = limit.rlim_cur;
    struct statvfs disk{};
    if (::statvfs(directory.c_str(), &disk) == 0) {
        figures.disk_free_bytes = std::uint64_t{disk.f_bavail} * disk.f_frsize;
        figures.disk_size_bytes = std::uint64_t{disk.f_blocks} * disk.f_frsize;
    }
    return figures;
}

} // namespace polyquant::metrics

#include "engine/observe/retention.hpp"

#include <algorithm>

namespace polyquant::observe {

namespace fs = std::filesystem;

std::vector<StoredFile>
stored_files(fs::path const& directory, std::string_view prefix, std::string_view suffix) {
    std::vector<StoredFile> files;
    std::error_code error;
    for (auto const& entry : fs::directory_iterator{directory, error}) {
        auto const name = entry.path().filename().string();
        if (!name.starts_with(prefix) || !name.ends_with(suffix)) continue;
        std::error_code gone;
        auto const bytes = entry.file_size(gone);
        auto const changed = entry.last_write_time(gone);
        if (gone) continue;
        auto const utc = std::chrono::file_clock::to_sys(changed);
        files.push_back({entry.path(), bytes, std::chrono::time_point_cast<Nanos>(utc)});
    }
    std::ranges::sort(files, [](StoredFile const& a, StoredFile const& b) {
        return a.changed_at != b.changed_at ? a.changed_at < b.changed_at : a.path < b.path;
    });
    return files;
}

std::vector<StoredFile> all_but_newest(std::vector<StoredFile> files, std::size_t kept) {
    files.resize(files.size() - std::min(files.size(), kept));
    return files;
}

std::vector<StoredFile>
expired(std::vector<StoredFile> const& files, KeepRules const& rules, UtcTime now) {
    std::vector<StoredFile> gone;
    std::uintmax_t freed = 0;
    for (auto const& file : all_but_newest(files, rules.newest_kept)) {
        if (file.changed_at >= rules.in_use_since) continue;
        auto const is_old = rules.age_max && now - file.changed_at > *rules.age_max;
        if (!is_old && freed >= rules.bytes_to_free) continue;
        freed += file.bytes;
        gone.push_back(file);
    }
    return gone;
}

} // namespace polyquant::observe

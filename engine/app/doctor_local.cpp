#include "engine/app/doctor_local.hpp"

#include "connectors/crypto/keystore.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

namespace polyquant::app {

namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t gigabyte = 1'000'000'000;
constexpr auto open_to_others = fs::perms::group_all | fs::perms::others_all;

std::string defect_of_writing(fs::path const& directory) {
    auto const probe = directory / fmt::format(".doctor-{}", ::getpid());
    std::ofstream file{probe};
    file << "probe";
    file.close();
    bool const good = file.good();
    std::error_code ignored;
    fs::remove(probe, ignored);
    return good ? std::string{} : "cannot be written to";
}

} // namespace

CheckOutcome check_state_directory(fs::path const& directory) {
    std::error_code error;
    bool const is_new = fs::create_directories(directory, error);
    if (error)
        return failed(
            fmt::format("{}: {}", directory.string(), error.message()),
            "set [run] state_dir to a directory that you may write to"
        );
    // Balances are nobody else's business.
    if (is_new) ::chmod(directory.c_str(), 0700);
    if (auto const defect = defect_of_writing(directory); !defect.empty())
        return failed(
            fmt::format("{} {}", directory.string(), defect),
            fmt::format("chown it to your user, or free its disk: df -h {}", directory.string())
        );
    auto const space = fs::space(directory, error);
    if (error) return failed(directory.string() + ": " + error.message(), "check the disk");
    auto const room = fmt::format(
        "{}, {:.1f} GB free",
        directory.string(),
        static_cast<double>(space.available) / static_cast<double>(gigabyte)
    );
    if (space.available < gigabyte)
        return failed(room, "free at least 1 GB: a full disk halts trading");
    auto const mode = fs::status(directory, error).permissions();
    if ((mode & open_to_others) != fs::perms::none)
        return warned(
            room + ", readable by other users", fmt::format("chmod 700 {}", directory.string())
        );
    if (space.available < 5 * gigabyte)
        return warned(room, "recordings take some GB a week: free space or rotate them");
    return passed(room);
}

fs::path default_keystore() {
    // NOLINTBEGIN(concurrency-mt-unsafe): start-up only
    auto const* const own = std::getenv("POLYQUANT_HOME");
    if (own != nullptr && *own != '\0') return fs::path{own} / "keys";
    auto const* const home = std::getenv("HOME");
    // NOLINTEND(concurrency-mt-unsafe)
    return fs::path{home != nullptr ? home : "."} / ".polyquant" / "keys";
}

CheckOutcome check_keystore(fs::path const& directory) {
    std::error_code error;
    if (!fs::exists(directory, error))
        return skipped("no keys; trading on paper needs none (polyquant keys create NAME)");
    auto const store = crypto::Keystore::open(directory);
    if (!store)
        return failed(describe(store.error()), fmt::format("chmod 700 {}", directory.string()));
    auto const keys = store->list();
    if (!keys) return failed(describe(keys.error()), "check the keystore's files");
    if (keys->empty()) return skipped("no keys; trading on paper needs none");
    std::size_t with_credentials = 0;
    for (auto const& key : *keys) {
        if (!key.defect.empty())
            return failed(
                fmt::format("key {}: {}", key.name, key.defect),
                fmt::format("chmod 600 {}/*.json, or restore the file", directory.string())
            );
        if (key.has_credentials) ++with_credentials;
    }
    auto const count =
        fmt::format("{} keys, {} with API credentials", keys->size(), with_credentials);
    if (with_credentials == 0)
        return warned(count, "without API credentials prices come from RTDS: polyquant keys api");
    return passed(count);
}

} // namespace polyquant::app

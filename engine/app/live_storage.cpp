#include "engine/app/live_storage.hpp"

#include "engine/app/build_info.hpp"
#include "engine/app/recovery.hpp"
#include "engine/core/replace_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <sys/stat.h>
#include <vector>

namespace polyquant::app {

namespace {

namespace fs = std::filesystem;

Failure storage_failure(fs::path const& path, std::error_code const& error) {
    return {Fault::storage, "run", path.string() + ": " + error.message()};
}

Result<void> make_private(fs::path const& directory) {
    std::error_code error;
    fs::create_directories(directory, error);
    if (error) return storage_failure(directory, error);
    // Balances are nobody else's business.
    ::chmod(directory.c_str(), 0700);
    return {};
}

// "20261123T031500Z": sorts as it happened.
std::string session_name(UtcTime now) {
    auto text = format_utc(utc_from_seconds(unix_seconds(now)));
    std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
    return text;
}

Result<std::vector<fs::path>> journals_in(fs::path const& directory) {
    std::vector<fs::path> found;
    std::error_code error;
    for (auto const& entry : fs::directory_iterator{directory, error})
        if (entry.path().extension() == ".log") found.push_back(entry.path());
    if (error) return storage_failure(directory, error);
    std::ranges::sort(found);
    return found;
}

// The newest is enough: each start books what the one before left, before it writes anything.
Result<std::uint64_t> recover(std::vector<fs::path> const& journals, ledger::Ledger& ledger) {
    if (journals.empty()) return std::uint64_t{0};
    return book_missing_facts(journals.back(), ledger);
}

// Further starts within one second sort behind the first: '_' comes after '.', and '-' does not.
fs::path free_name(fs::path const& directory, std::string const& name) {
    auto path = directory / (name + ".log");
    for (int i = 2; fs::exists(path); ++i)
        path = directory / fmt::format("{}_{:02}.log", name, i);
    return path;
}

} // namespace

Result<LiveStorage>
open_live_storage(fs::path const& directory, config::RunConfig const& config, UtcTime now) {
    for (auto const& folder : {directory, directory / "journal"})
        if (auto const made = make_private(folder); !made) return made.error();
    LiveStorage storage;
    storage.directory = directory;
    ledger::LedgerOptions options;
    options.durability = ledger::Durability::full;
    auto ledger = ledger::Ledger::open(directory / "ledger.sqlite", options);
    if (!ledger) return ledger.error();
    auto const journals = journals_in(directory / "journal");
    if (!journals) return journals.error();
    auto const recovered = recover(*journals, *ledger);
    if (!recovered) return recovered.error();
    storage.facts_recovered = *recovered;
    storage.facts_known = ledger->applied_seq();

    runtime::RunIdentity const identity{
        fmt::format("{:016x}", config.hash()),
        "-",
        static_cast<std::uint64_t>(config.run.seed),
        code_version()
    };
    auto journal =
        runtime::Journal::open(free_name(directory / "journal", session_name(now)), identity);
    if (!journal) return journal.error();
    storage.journal = std::move(*journal);
    storage.ledger = std::make_shared<ledger::Ledger>(std::move(*ledger));
    if (auto const kept = replace_file(directory / "config.toml", config.print()); !kept)
        return kept.error();
    return storage;
}

} // namespace polyquant::app

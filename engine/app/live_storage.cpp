#include "engine/app/live_storage.hpp"

#include "engine/app/build_info.hpp"
#include "engine/app/recovery.hpp"
#include "engine/core/replace_file.hpp"
#include "models/registry/registry.hpp"

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
    auto const file = free_name(directory / "journal", session_name(now));
    storage.name = file.stem().string();
    auto journal = runtime::Journal::open(file, identity);
    if (!journal) return journal.error();
    storage.journal = std::move(*journal);
    storage.ledger = std::make_shared<ledger::Ledger>(std::move(*ledger));
    if (auto const kept = replace_file(directory / "config.toml", config.print()); !kept)
        return kept.error();
    return storage;
}

Result<void> keep_models(
    LiveStorage const& storage,
    config::RunConfig const& config,
    std::string const& name,
    UtcTime now
) {
    if (storage.trained.empty() && !storage.blend) return {};
    auto const folder = fs::absolute(storage.directory / "models" / name);
    if (auto const made = make_private(folder); !made) return made;
    auto kept = config;
    if (!storage.trained.empty()) {
        models::registry::Registry const copies{folder};
        for (auto const& model : storage.trained) {
            if (auto const added = copies.add(model); !added) return added;
            auto const promoted = copies.promote(
                model.name,
                {.at = now,
                 .comparison = {},
                 .why_no_comparison = "copied by a run that used it",
                 .forced = true}
            );
            if (!promoted) return promoted;
        }
        kept.model.trained_models = folder.string();
        if (auto const outside = outside_of(storage.trained)) {
            auto const file = folder / "external.csv";
            if (auto const done = replace_file(file, outside->print()); !done) return done;
            kept.model.external_file = file.string();
        }
    }
    if (storage.blend) {
        auto const file = folder / "blend.json";
        if (auto const done = replace_file(file, to_text(*storage.blend)); !done) return done;
        kept.model.market_blend_file = file.string();
    }
    // A later set of the same start is for whoever asks for it; the run began with the first.
    if (name != storage.name) return {};
    return replace_file(storage.directory / "config.toml", kept.print());
}

} // namespace polyquant::app

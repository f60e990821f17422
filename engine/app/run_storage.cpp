#include "engine/app/run_storage.hpp"

#include "engine/app/quote_anchor.hpp"
#include "engine/app/quote_table.hpp"

#include <fmt/format.h>

#include <fstream>
#include <sys/stat.h>

namespace polyquant::app {

namespace {

// Moves an earlier run aside, over the one that was aside before.
Result<void> set_aside(std::filesystem::path const& directory) {
    std::error_code error;
    if (!std::filesystem::exists(directory, error)) return {};
    auto aside = directory;
    aside += ".old";
    std::filesystem::remove_all(aside, error);
    if (!error) std::filesystem::rename(directory, aside, error);
    if (!error) return {};
    return Failure{
        Fault::storage, "replay", fmt::format("{}: {}", directory.string(), error.message())
    };
}

Result<void> make_directory(std::filesystem::path const& directory) {
    std::error_code error;
    std::filesystem::create_directories(directory, error);
    if (error)
        return Failure{
            Fault::storage, "replay", fmt::format("{}: {}", directory.string(), error.message())
        };
    // Balances are nobody else's business.
    ::chmod(directory.c_str(), 0700);
    return {};
}

Result<TrainedModels>
trained_models(config::RunConfig const& config, ReplayPlan const& plan, runtime::Journal& journal) {
    if (config.model.kind != config::ModelKind::trained) return TrainedModels{};
    auto const records = journal.records_of("trained");
    if (!records) return records.error();
    if (!records->empty()) return recall_trained(plan.directory, records->front().payload);
    auto models = load_trained(config);
    if (!models) return models;
    if (auto const kept = keep_trained(plan.directory, *models); !kept) return kept.error();
    return models;
}

} // namespace

Result<ReplaySession::Storage> open_storage(ReplayPlan const& plan, bool fresh) {
    if (fresh)
        if (auto const moved = set_aside(plan.directory); !moved) return moved.error();
    if (auto const made = make_directory(plan.directory); !made) return made.error();
    auto journal = runtime::Journal::open(plan.directory / "journal.log", plan.identity);
    if (!journal) {
        auto failure = journal.error();
        if (failure.fault == Fault::invalid)
            failure.detail += "; use --fresh to move the earlier run aside";
        return failure;
    }
    auto ledger = ledger::Ledger::open(plan.directory / "ledger.sqlite");
    if (!ledger) return ledger.error();
    ReplaySession::Storage storage;
    storage.journal = std::move(*journal);
    storage.ledger = std::make_shared<ledger::Ledger>(std::move(*ledger));
    return storage;
}

Result<void> open_models(
    config::RunConfig const& config, ReplayPlan const& plan, ReplaySession::Storage& storage
) {
    auto quotes = read_quote_table(config.learning.quote_table);
    if (!quotes) return quotes.error();
    storage.quote_table = std::move(*quotes);
    auto trained = trained_models(config, plan, *storage.journal);
    if (!trained) return trained.error();
    storage.trained = std::move(*trained);
    auto blend = load_blend(config.model, storage.trained);
    if (!blend) return blend.error();
    storage.blend = std::move(*blend);
    return {};
}

Result<void> keep_config(config::RunConfig config, ReplayPlan const& plan) {
    auto const file = plan.directory / "config.toml";
    if (std::filesystem::exists(file)) return {};
    config.feed.tapes.clear();
    for (auto const& tape : plan.tapes)
        config.feed.tapes.push_back(std::filesystem::absolute(tape).string());
    std::ofstream out{file};
    out << config.print();
    out.close();
    if (out) return {};
    return Failure{Fault::storage, "run", file.string() + ": cannot be written"};
}

ExitCode exit_for(Failure const& failure) {
    switch (failure.fault) {
    case Fault::storage: return ExitCode::storage;
    case Fault::parse: return ExitCode::bad_data;
    default: return ExitCode::usage;
    }
}

} // namespace polyquant::app

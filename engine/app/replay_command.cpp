#include "engine/app/replay_command.hpp"

#include "engine/app/quote_table.hpp"
#include "engine/app/replay_session.hpp"
#include "strategies/catalog.hpp"

#include <fmt/format.h>

#include <fstream>
#include <sys/stat.h>

namespace polyquant::app {

namespace {

int refuse(std::FILE* err, std::string const& text, ExitCode code) {
    std::fputs((text + "\n").c_str(), err);
    return app::code(code);
}

void lay_over(config::RunConfig& config, ReplayOptions const& options) {
    if (!options.tapes.empty()) {
        config.feed.tapes.clear();
        for (auto const& tape : options.tapes)
            config.feed.tapes.push_back(std::filesystem::absolute(tape).string());
    }
    if (options.speed) config.feed.speed = *options.speed;
    if (options.seed) config.run.seed = *options.seed;
    if (options.from) config.feed.from = *options.from;
    if (options.until) config.feed.until = *options.until;
}

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

// What the run began with, so that it can go on after its files were edited. Written once: a reload
// on the way is in the journal.
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
    return Failure{Fault::storage, "replay", file.string() + ": cannot be written"};
}

// A run that goes on begins with the models it began with.
Result<TrainedModels>
models_of(config::RunConfig const& config, ReplayPlan const& plan, runtime::Journal& journal) {
    if (config.model.kind != config::ModelKind::trained) return TrainedModels{};
    auto const records = journal.records_of("trained");
    if (!records) return records.error();
    if (!records->empty()) return recall_trained(plan.directory, records->front().payload);
    auto models = load_trained(config);
    if (!models) return models;
    if (auto const kept = keep_trained(plan.directory, *models); !kept) return kept.error();
    return models;
}

ExitCode exit_for(Failure const& failure) {
    switch (failure.fault) {
    case Fault::storage: return ExitCode::storage;
    case Fault::parse: return ExitCode::bad_data;
    default: return ExitCode::usage;
    }
}

} // namespace

int run_replay(ReplayOptions const& options, std::FILE* out, std::FILE* err) {
    ConfigLoader const loader = [&options] {
        auto loaded = config::load_run_config(options.configs, strategies::strategy_kinds());
        if (loaded) lay_over(*loaded, options);
        return loaded;
    };
    auto config = loader();
    if (!config) return refuse(err, config::to_string(config.error()), ExitCode::usage);
    if (auto const faults = config->feed.faults(); !faults.empty())
        return refuse(
            err, fmt::format("--{}: {}", faults.front().key, faults.front().text), ExitCode::usage
        );
    if (auto const unsound = config::unsound_strategies(*config); !unsound.empty())
        return refuse(err, config::to_string(unsound), ExitCode::usage);

    auto plan = plan_replay(*config, options.directory);
    if (!plan) return refuse(err, describe(plan.error()), exit_for(plan.error()));
    std::vector<tape::TapeSource> sources;
    for (auto const& path : plan->tapes)
        sources.push_back({path, plan->start, plan->until});
    auto tape = tape::TapeFeed::open(sources);
    if (!tape) return refuse(err, describe(tape.error()), exit_for(tape.error()));
    auto storage = open_storage(*plan, options.fresh);
    if (!storage) return refuse(err, describe(storage.error()), exit_for(storage.error()));
    auto quotes = read_quote_table(config->learning.quote_table);
    if (!quotes) return refuse(err, describe(quotes.error()), exit_for(quotes.error()));
    storage->quote_table = std::move(*quotes);
    auto trained = models_of(*config, *plan, *storage->journal);
    if (!trained) return refuse(err, describe(trained.error()), exit_for(trained.error()));
    storage->trained = std::move(*trained);
    if (auto const kept = keep_config(*config, *plan); !kept)
        return refuse(err, describe(kept.error()), exit_for(kept.error()));

    ReplaySession session{
        options,
        std::move(*plan),
        std::move(*config),
        loader,
        std::move(*tape),
        std::move(*storage),
        out
    };
    return code(session.run());
}

} // namespace polyquant::app

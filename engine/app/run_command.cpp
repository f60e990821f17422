#include "engine/app/run_command.hpp"

#include "engine/app/live_session.hpp"
#include "engine/app/quote_anchor.hpp"
#include "engine/app/quote_table.hpp"
#include "strategies/catalog.hpp"

#include <fmt/format.h>

namespace polyquant::app {

namespace {

int refuse(std::FILE* err, std::string const& text, ExitCode exit) {
    std::fputs((text + "\n").c_str(), err);
    return code(exit);
}

ExitCode exit_for(Failure const& failure) {
    return failure.fault == Fault::storage ? ExitCode::storage : ExitCode::usage;
}

} // namespace

std::string_view to_string(Mode mode) {
    switch (mode) {
    case Mode::paper: return "paper";
    case Mode::sandbox: return "sandbox";
    case Mode::live: return "live";
    }
    std::abort();
}

int run_engine(RunOptions const& options, std::FILE* out, std::FILE* err) {
    if (options.mode == Mode::live)
        return refuse(
            err, "live mode is not in this version; use --mode paper or sandbox", ExitCode::usage
        );
    auto files = options.configs;
    if (options.mode == Mode::sandbox) {
        auto const endpoints = options.sandbox / "endpoints.toml";
        if (!std::filesystem::exists(endpoints))
            return refuse(
                err,
                fmt::format(
                    "{}: no sandbox is running there; start one with `polyquant sandbox --dir {}`",
                    endpoints.string(),
                    options.sandbox.string()
                ),
                ExitCode::usage
            );
        files.push_back(endpoints);
    }
    ConfigLoader const loader = [files] {
        return config::load_run_config(files, strategies::strategy_kinds());
    };
    auto config = loader();
    if (!config) return refuse(err, config::to_string(config.error()), ExitCode::usage);
    if (auto const unsound = config::unsound_strategies(*config); !unsound.empty())
        return refuse(err, config::to_string(unsound), ExitCode::usage);

    LiveSession::Outside outside{
        std::make_unique<asio::io_context>(1), make_clock(config->endpoints)
    };
    auto const directory = options.directory.value_or(
        std::filesystem::path{config->run.state_dir} / to_string(options.mode)
    );
    auto storage = open_live_storage(directory, *config, outside.clock->utc_now());
    if (!storage) return refuse(err, describe(storage.error()), exit_for(storage.error()));
    auto quotes = read_quote_table(config->learning.quote_table);
    if (!quotes) return refuse(err, describe(quotes.error()), exit_for(quotes.error()));
    storage->quote_table = std::move(*quotes);
    auto trained = load_trained(*config);
    if (!trained) return refuse(err, describe(trained.error()), exit_for(trained.error()));
    storage->trained = std::move(*trained);
    auto blend = load_blend(config->model, storage->trained);
    if (!blend) return refuse(err, describe(blend.error()), exit_for(blend.error()));
    storage->blend = std::move(*blend);
    auto const kept = keep_models(*storage, *config, storage->name, outside.clock->utc_now());
    if (!kept) return refuse(err, describe(kept.error()), exit_for(kept.error()));
    LiveSession session{
        options, std::move(*config), loader, std::move(*storage), std::move(outside), out
    };
    return code(session.run());
}

} // namespace polyquant::app

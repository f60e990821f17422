#include "engine/app/replay_command.hpp"

#include "engine/app/replay_session.hpp"
#include "engine/app/run_storage.hpp"
#include "strategies/catalog.hpp"

#include <fmt/format.h>

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
    if (auto const opened = open_models(*config, *plan, *storage); !opened)
        return refuse(err, describe(opened.error()), exit_for(opened.error()));
    if (auto const kept = keep_config(*config, *plan); !kept)
        return refuse(err, describe(kept.error()), exit_for(kept.error()));

    ReplaySession session{
        options,
        std::move(*plan),
        std::move(*config),
        loader,
        std::make_unique<TapeInput>(std::move(*tape)),
        std::move(*storage),
        out
    };
    return code(session.run());
}

} // namespace polyquant::app

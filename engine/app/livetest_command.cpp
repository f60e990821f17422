#include "engine/app/livetest_command.hpp"

#include "engine/app/live_session.hpp"
#include "engine/app/livetest.hpp"
#include "engine/app/venue_endpoints.hpp"
#include "strategies/catalog.hpp"

#include <fmt/format.h>

namespace polyquant::app {

namespace {

// Bounds that a livetest may be given: below the first nothing can be bought.
constexpr Usdc least_bound = usd(1);
constexpr Usdc greatest_bound = usd(25);

int refuse(std::FILE* err, std::string const& text, ExitCode exit) {
    std::fputs((text + "\n").c_str(), err);
    return code(exit);
}

ExitCode exit_for(Failure const& failure) {
    return failure.fault == Fault::storage ? ExitCode::storage : ExitCode::usage;
}

} // namespace

int run_livetest(LivetestOptions const& options, std::FILE* out, std::FILE* err) {
    auto const most = parse_usdc(options.most);
    if (!most || *most < least_bound || *most > greatest_bound)
        return refuse(
            err,
            fmt::format(
                "--max-usd {}: must be {} to {}",
                options.most,
                to_cents_text(least_bound),
                to_cents_text(greatest_bound)
            ),
            ExitCode::usage
        );
    ConfigLoader const loader = [files = options.configs] {
        return config::load_run_config(files, strategies::strategy_kinds());
    };
    auto loaded = loader();
    if (!loaded) return refuse(err, config::to_string(loaded.error()), ExitCode::usage);
    auto const config = livetest_config(*loaded, *most);
    auto live = open_live_account(config, options.live.key);
    if (!live) return refuse(err, live.error().text, live.error().exit);
    auto const directory =
        options.directory.value_or(std::filesystem::path{config.run.state_dir} / "live");
    auto const now = make_clock(config.endpoints)->utc_now();
    auto storage = open_live_storage(directory, config, now);
    if (!storage) return refuse(err, describe(storage.error()), exit_for(storage.error()));

    for (auto const& line : foreign_endpoints(config.endpoints))
        std::fputs(("WARNING not the venue's own: " + line + "\n").c_str(), err);
    auto needed = money_needed(config, *storage->ledger);
    if (!needed) return refuse(err, describe(needed.error()), exit_for(needed.error()));
    auto const reports = pass_doctor(config, options.live.key, live->account, *needed + *most, err);
    if (!reports) return refuse(err, reports.error().text, reports.error().exit);
    live->account.forget_passphrase();
    auto const agreed = confirm(
        confirmation_text("livetest", *most),
        fmt::format(
            "one round trip of the smallest size with real money at {}; at stake at most {} USD",
            config.endpoints.clob,
            to_cents_text(*most)
        ),
        options.live.confirm
    );
    if (!agreed) return refuse(err, agreed.error().text, agreed.error().exit);

    RunOptions run;
    run.configs = options.configs;
    run.mode = Mode::live;
    run.record = false;
    LiveSession session{
        run,
        config,
        loader,
        std::move(*storage),
        {std::make_unique<asio::io_context>(1),
         make_clock(config.endpoints),
         ExchangeAccount{live->account.for_session(), std::move(live->wallet)}},
        out
    };
    LivetestLimits limits;
    limits.most = *most;
    Livetest
        test{session.engine(), session.venue(), session.clock(), limits, [&](std::string const& s) {
                 session.say(s);
             }};
    session.do_errand([&]() -> Task<ExitCode> {
        auto const result = co_await test.run();
        if (!result.passed) co_return ExitCode::failed;
        auto const kept = write_livetest(
            live->account, config.endpoints, session.clock().utc_now(), result.remained
        );
        if (!kept) {
            session.say("the result could not be kept: " + describe(kept.error()));
            co_return ExitCode::storage;
        }
        co_return ExitCode::ok;
    });
    return code(session.run());
}

} // namespace polyquant::app

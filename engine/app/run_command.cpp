#include "engine/app/run_command.hpp"

#include "engine/app/live_session.hpp"
#include "engine/app/quote_anchor.hpp"
#include "engine/app/quote_table.hpp"
#include "engine/app/venue_endpoints.hpp"
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

// Key and wallet lock of live mode; of a sandbox, its own.
struct Accounts {
    std::optional<ExchangeAccount> exchange;
    std::optional<LiveAccount> live;
};

Gate<Accounts> open_accounts(RunOptions const& options, config::RunConfig const& config) {
    Accounts accounts;
    if (options.mode == Mode::sandbox) {
        auto account = sandbox_account(options.sandbox);
        if (!account) return Refused{exit_for(account.error()), describe(account.error())};
        accounts.exchange = std::move(*account);
    }
    if (options.mode == Mode::live) {
        auto account = open_live_account(config, options.live.key);
        if (!account) return account.error();
        accounts.live.emplace(std::move(*account));
    }
    return accounts;
}

// Everything after the key and the locks, cheapest last: a human is asked when all else is right.
Gate<void> pass_gates(
    RunOptions const& options,
    config::RunConfig const& config,
    ledger::Ledger const& ledger,
    LiveAccount& live,
    std::FILE* err
) {
    auto const by_storage = [](Failure const& failure) {
        return Refused{exit_for(failure), describe(failure)};
    };
    auto const risk = money_at_risk(config, ledger);
    if (!risk) return by_storage(risk.error());
    auto const needed = money_needed(config, ledger);
    if (!needed) return by_storage(needed.error());
    auto const foreign = foreign_endpoints(config.endpoints);
    for (auto const& line : foreign)
        std::fputs(("WARNING not the venue's own: " + line + "\n").c_str(), err);
    auto const reports = pass_doctor(config, options.live.key, live.account, *needed, err);
    if (!reports) return reports.error();
    if (options.live.without_livetest) {
        std::fputs("WARNING without a livetest of this wallet and version\n", err);
    } else if (auto const tested = pass_livetest(live.account, config.endpoints); !tested) {
        return tested.error();
    }
    live.account.forget_passphrase();
    return confirm(
        confirmation_text("trade", *risk),
        fmt::format(
            "{} strategies will trade real money at {}; at risk: {} USD",
            config.strategies.size(),
            config.endpoints.clob,
            to_cents_text(*risk)
        ),
        options.live.confirm
    );
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
    auto accounts = open_accounts(options, *config);
    if (!accounts) return refuse(err, accounts.error().text, accounts.error().exit);

    auto const directory = options.directory.value_or(
        std::filesystem::path{config->run.state_dir} / to_string(options.mode)
    );
    auto storage = open_live_storage(directory, *config, make_clock(config->endpoints)->utc_now());
    if (!storage) return refuse(err, describe(storage.error()), exit_for(storage.error()));
    auto quotes = read_quote_table(config->learning.quote_table);
    if (!quotes) return refuse(err, describe(quotes.error()), exit_for(quotes.error()));
    storage->quote_table = std::move(*quotes);
    auto trained = load_trained(*config);
    if (!trained) return refuse(err, describe(trained.error()), exit_for(trained.error()));
    storage->trained = std::move(*trained);
    forget_stale_outside(storage->trained, make_clock(config->endpoints)->utc_now());
    auto blend = load_blend(config->model, storage->trained);
    if (!blend) return refuse(err, describe(blend.error()), exit_for(blend.error()));
    storage->blend = std::move(*blend);
    if (accounts->live) {
        auto const passed = pass_gates(options, *config, *storage->ledger, *accounts->live, err);
        if (!passed) return refuse(err, passed.error().text, passed.error().exit);
        accounts->exchange = ExchangeAccount{
            accounts->live->account.for_session(), std::move(accounts->live->wallet)
        };
    }
    LiveSession::Outside outside{
        std::make_unique<asio::io_context>(1),
        make_clock(config->endpoints),
        std::move(accounts->exchange)
    };
    auto const kept = keep_models(*storage, *config, storage->name, outside.clock->utc_now());
    if (!kept) return refuse(err, describe(kept.error()), exit_for(kept.error()));
    LiveSession session{
        options, std::move(*config), loader, std::move(*storage), std::move(outside), out
    };
    return code(session.run());
}

} // namespace polyquant::app

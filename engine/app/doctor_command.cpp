#include "engine/app/doctor_command.hpp"

#include "connectors/net/net_stack.hpp"
#include "engine/app/build_info.hpp"
#include "engine/app/doctor_local.hpp"
#include "engine/app/doctor_venue.hpp"
#include "engine/app/exit_code.hpp"
#include "engine/app/live_session.hpp"
#include "engine/app/trading_account.hpp"
#include "engine/app/venue_endpoints.hpp"
#include "engine/runtime/deadline.hpp"
#include "strategies/catalog.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace polyquant::app {

namespace {

constexpr std::size_t lookup_threads = 4;

// The configuration checks schemes only; what an address may look like the network knows.
std::string url_defects(config::EndpointParams const& endpoints) {
    std::string text;
    config::for_each_param<config::EndpointParams>([&]<class Row>(Row const& row) {
        if constexpr (std::is_same_v<typename Row::Value, std::string>) {
            if (row.unit != "URL") return;
            if (auto const url = net::parse_url(endpoints.*row.member); !url)
                text += fmt::format(
                    "{}endpoints.{}: {}", text.empty() ? "" : "; ", row.name, describe(url.error())
                );
        }
    });
    return text;
}

CheckOutcome check_endpoints(config::EndpointParams const& endpoints) {
    if (auto const defects = url_defects(endpoints); !defects.empty())
        return failed(defects, "mend the URLs of [endpoints]");
    auto const foreign = foreign_endpoints(endpoints);
    if (foreign.empty()) return passed("the venue's own");
    return warned(
        "NOT THE VENUE'S OWN: " + fmt::format("{}", fmt::join(foreign, "; ")),
        "right for a sandbox or a proxy of yours; for the venue itself remove them from [endpoints]"
    );
}

struct Round {
    runtime::Clock& clock;
    runtime::Supervisor& supervisor;
    std::vector<DoctorCheck> checks;
    Nanos limit;
    std::vector<CheckReport>& reports; // of the checks, from `first` on
    std::size_t first = 0;
    std::size_t running = 0;
};

Task<void> examine(Round& round, std::size_t number) {
    auto& clock = round.clock;
    auto const& check = round.checks[number];
    auto const began = clock.now();
    auto const deadline = began + round.limit;
    auto answer =
        co_await runtime::within<CheckOutcome>(clock, deadline, check.name, check.run(deadline));
    auto& report = round.reports[round.first + number];
    report.took = clock.now() - began;
    report.outcome = answer ? std::move(*answer) : failed(describe(answer.error()), check.fix);
    --round.running;
}

Task<void> examine_all(Round& round) {
    auto& clock = round.clock;
    for (std::size_t number = 0; number < round.checks.size(); ++number)
        if (round.supervisor.start_job(
                runtime::Stage::strategies,
                "doctor." + round.checks[number].name,
                examine(round, number)
            ))
            ++round.running;
    auto const latest = clock.now() + round.limit + Seconds{2};
    while (round.running > 0 && clock.now() < latest) {
        auto const rang = co_await clock.wait_until(clock.now() + Millis{20});
        if (!rang) break;
    }
    co_await round.supervisor.stop();
}

} // namespace

std::string_view to_string(CheckState state) {
    switch (state) {
    case CheckState::ok: return "ok";
    case CheckState::warning: return "WARN";
    case CheckState::failed: return "FAIL";
    case CheckState::skipped: return "skip";
    }
    std::abort();
}

std::string doctor_text(std::vector<CheckReport> const& reports) {
    std::size_t width = 0;
    for (auto const& report : reports)
        width = std::max(width, report.name.size());
    std::string text;
    for (auto const& report : reports) {
        auto const& outcome = report.outcome;
        text += fmt::format(
            "{:<4}  {:<{}}  {}\n", to_string(outcome.state), report.name, width, outcome.detail
        );
        if (!outcome.fix.empty())
            text += fmt::format("      {:<{}}  -> {}\n", "", width, outcome.fix);
    }
    auto const count = [&](CheckState state) {
        return std::ranges::count_if(reports, [&](CheckReport const& report) {
            return report.outcome.state == state;
        });
    };
    return text + fmt::format(
                      "{} ok, {} warnings, {} failed, {} skipped\n",
                      count(CheckState::ok),
                      count(CheckState::warning),
                      count(CheckState::failed),
                      count(CheckState::skipped)
                  );
}

std::string doctor_json(std::vector<CheckReport> const& reports) {
    boost::json::array checks;
    for (auto const& report : reports) {
        static constexpr std::array names{"ok", "warning", "failed", "skipped"};
        checks.push_back(boost::json::object{
            {"name", report.name},
            {"state", names[static_cast<std::size_t>(report.outcome.state)]},
            {"detail", report.outcome.detail},
            {"fix", report.outcome.fix},
            {"took_ms", std::chrono::duration_cast<Millis>(report.took).count()}
        });
    }
    boost::json::object const all{{"ok", !any_failed(reports)}, {"checks", std::move(checks)}};
    return boost::json::serialize(all) + "\n";
}

DoctorHooks hooks_of(TradingAccount& account, KeySource const& source, std::FILE* err) {
    DoctorHooks hooks;
    hooks.credentials = [&account] {
        return account.credentials();
    };
    hooks.account = [&account] {
        return account.for_session();
    };
    hooks.new_credentials = [&account, source, err](crypto::ApiCredentials made) {
        if (auto const kept = account.adopt(source, std::move(made)); !kept)
            std::fputs(
                fmt::format(
                    "API credentials were made but not stored: {}\n", describe(kept.error())
                )
                    .c_str(),
                err
            );
    };
    return hooks;
}

bool any_failed(std::vector<CheckReport> const& reports) {
    return std::ranges::any_of(reports, [](CheckReport const& report) {
        return report.outcome.state == CheckState::failed;
    });
}

std::vector<CheckReport> examine(
    config::RunConfig const& config,
    DoctorOptions const& options,
    DoctorHooks const& hooks,
    std::FILE* err
) {
    std::vector<CheckReport> reports;
    auto const unsound = config::unsound_strategies(config);
    reports.push_back(
        {"configuration",
         unsound.empty()
             ? passed(fmt::format("{} strategies", config.strategies.size()))
             : failed(config::to_string(unsound), "polyquant params shows the break-even tables")}
    );
    reports.push_back({"state directory", check_state_directory(config.run.state_dir)});
    reports.push_back({"keystore", check_keystore(options.keystore.value_or(default_keystore()))});
    reports.push_back({"endpoints", check_endpoints(config.endpoints)});
    if (reports.back().outcome.state == CheckState::failed) return reports;

    asio::io_context io{1};
    auto const clock = make_clock(config.endpoints);
    runtime::SidePool names{io, lookup_threads, runtime::Delivery::as_ready};
    runtime::Supervisor supervisor{
        io.get_executor(),
        *clock,
        [err](std::string const& name, Failure const& failure) {
            std::fputs(fmt::format("{} ended: {}\n", name, describe(failure)).c_str(), err);
        }
    };
    auto const net = net::NetStack::create(
        io,
        *clock,
        {config.endpoints.ca_file, "polyquant/" + code_version()},
        [](std::string const&, BreakerState) {}
    );
    if (!net) {
        reports.push_back(
            {"network",
             failed(describe(net.error()), "mend [endpoints] ca_file or the proxy variables")}
        );
        return reports;
    }
    auto context = (*net)->context(supervisor);
    VenueChecks venue{context, names, config, net::Resolver::system_lookup, hooks.credentials};
    auto checks = venue.all();
    std::optional<AccountChecks> account;
    if (hooks.account) {
        account.emplace(
            context, config, hooks.account(), hooks.needs.value_or(wallet_needs(config))
        );
        std::ranges::move(account->all(), std::back_inserter(checks));
    }
    auto const first = reports.size();
    for (auto const& check : checks)
        reports.push_back({check.name, failed("it did not end in time", check.fix)});
    if (!account)
        reports.push_back(
            {"account", skipped("no unlocked key: balances were not read (--account asks for it)")}
        );
    // Time of the venue's clock: as many real seconds as the option says.
    auto const factor = std::max(1.0, config.endpoints.clock_factor);
    auto const limit =
        Nanos{static_cast<std::int64_t>(static_cast<double>(Nanos{options.limit}.count()) * factor)
        };
    Round round{*clock, supervisor, std::move(checks), limit, reports, first};
    asio::co_spawn(io, examine_all(round), [](std::exception_ptr const&) {});
    io.run();
    if (account && hooks.new_credentials)
        if (auto made = account->new_credentials()) hooks.new_credentials(std::move(*made));
    return reports;
}

int run_doctor(
    DoctorOptions const& options, std::FILE* out, std::FILE* err, DoctorHooks const& given
) {
    auto const config = config::load_run_config(options.configs, strategies::strategy_kinds());
    if (!config) {
        std::fputs(config::to_string(config.error()).c_str(), err);
        return code(ExitCode::usage);
    }
    auto hooks = given;
    std::optional<TradingAccount> account;
    if (options.key) {
        auto unlocked = unlock_account(config->wallet, *options.key);
        if (!unlocked) {
            std::fputs((describe(unlocked.error()) + "\n").c_str(), err);
            return code(ExitCode::usage);
        }
        account.emplace(std::move(*unlocked));
        hooks = hooks_of(*account, *options.key, err);
    }
    auto const reports = examine(*config, options, hooks, err);
    std::fputs((options.json ? doctor_json(reports) : doctor_text(reports)).c_str(), out);
    return code(any_failed(reports) ? ExitCode::failed : ExitCode::ok);
}

} // namespace polyquant::app

#include "engine/app/alert_command.hpp"

#include "config/run_config.hpp"
#include "connectors/json/writer.hpp"
#include "engine/alerts/sender.hpp"
#include "engine/app/exit_code.hpp"
#include "engine/app/network_job.hpp"
#include "strategies/catalog.hpp"

#include <CLI/CLI.hpp>

#include <ostream>

namespace polyquant::app {

namespace {

struct AlertTest {
    std::vector<std::filesystem::path> configs;
    std::string channel;
    bool json = false;
};

struct Answer {
    std::string channel;
    std::string trouble; // empty: it arrived
};

Task<ExitCode>
send_all(alerts::Sender& sender, UtcTime now, std::string only, std::vector<Answer>& answers) {
    alerts::Notice notice;
    notice.kind = alerts::AlertKind::test;
    notice.text = "asked for by a human; nothing is wrong";
    notice.at = now;
    for (std::size_t i = 0; i < sender.channels(); ++i) {
        auto const name = std::string{sender.name(i)};
        if (!only.empty() && name != only) continue;
        auto const sent = co_await sender.send_now(i, notice);
        answers.push_back({name, sent ? std::string{} : describe(sent.error())});
    }
    co_return ExitCode::ok;
}

void print(std::vector<Answer> const& answers, bool as_json, std::ostream& out) {
    if (!as_json) {
        for (auto const& a : answers)
            out << a.channel << ": " << (a.trouble.empty() ? "delivered" : a.trouble) << '\n';
        return;
    }
    json::Writer writer;
    writer.begin_object().key("channels").begin_array();
    for (auto const& a : answers) {
        writer.begin_object().text("channel", a.channel);
        writer.flag("delivered", a.trouble.empty()).text("trouble", a.trouble).end_object();
    }
    writer.end_array().end_object();
    out << writer.take() << '\n';
}

int test_channels(AlertTest const& options, std::ostream& out, std::ostream& err) {
    auto config = config::load_run_config(options.configs, strategies::strategy_kinds());
    if (!config) {
        err << config::to_string(config.error());
        return code(ExitCode::usage);
    }
    auto const fail = [&](Failure const& failure) {
        err << describe(failure) << '\n';
        return code(ExitCode::usage);
    };
    auto channels = alerts::read_channels(config->alerts);
    if (!channels) return fail(channels.error());
    // A message to people travels in people's time, whatever the sandbox's clock does.
    auto endpoints = config->endpoints;
    endpoints.clock_real_anchor.clear();
    auto job = NetworkJob::create(endpoints, err);
    if (!job) return fail(job.error());
    alerts::Sender::Options how;
    how.engine = config->alerts.name;
    alerts::Sender
        sender{(*job)->context(), std::move(*channels), std::move(how), [](std::string const&) {
               }};
    std::vector<Answer> answers;
    auto const ended =
        (*job)->run(send_all(sender, (*job)->clock().utc_now(), options.channel, answers));
    if (ended != ExitCode::ok) return code(ended);
    if (answers.empty()) {
        err << (options.channel.empty() ? "no channel is configured"
                                        : options.channel + " is not configured")
            << ": set slack_url_file, discord_url_file, webhook_url_file or telegram_token_file in "
               "[alerts], or their variables\n";
        return code(ExitCode::usage);
    }
    print(answers, options.json, out);
    auto const is_bad = [](Answer const& a) {
        return !a.trouble.empty();
    };
    return code(std::ranges::any_of(answers, is_bad) ? ExitCode::failed : ExitCode::ok);
}

} // namespace

int run_alert(std::vector<std::string> const& args, std::ostream& out, std::ostream& err) {
    CLI::App app{"Alerts of a running engine", "polyquant alert"};
    app.require_subcommand(1);
    AlertTest options;
    auto* const test =
        app.add_subcommand("test", "Send one message through every configured channel");
    test->add_option("config", options.configs, "Configuration files; several are merged")
        ->required()
        ->check(CLI::ExistingFile);
    test->add_option("--channel", options.channel, "Only this one")
        ->check(CLI::IsMember({"slack", "discord", "telegram", "webhook"}));
    test->add_flag("--json", options.json, "As one JSON object");
    try {
        // CLI11 takes its arguments from the end.
        app.parse(std::vector<std::string>{args.rbegin(), args.rend()});
    } catch (CLI::ParseError const& error) {
        auto const answered = app.exit(error, out, err) == 0;
        return code(answered ? ExitCode::ok : ExitCode::usage);
    }
    return test_channels(options, out, err);
}

} // namespace polyquant::app

#include "engine/app/live_start.hpp"

#include "connectors/crypto/keccak.hpp"
#include "connectors/net/url.hpp"
#include "engine/app/build_info.hpp"
#include "engine/app/doctor_command.hpp"
#include "engine/core/replace_file.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

namespace polyquant::app {

namespace {

Refused refused_by(Failure const& failure) {
    auto const exit = failure.fault == Fault::storage ? ExitCode::storage : ExitCode::usage;
    return {exit, describe(failure)};
}

std::string hash_of(TradingAccount const& account) {
    auto const text = fmt::format("{} {}", crypto::to_string(account.funder()), account.chain_id());
    return crypto::to_hex(crypto::keccak256(text)).substr(0, 16);
}

std::string venue_of(config::EndpointParams const& endpoints) {
    auto const url = net::parse_url(endpoints.clob);
    return url ? url->authority() : endpoints.clob;
}

Result<std::map<std::string, ledger::Bankroll>> bankrolls_of(ledger::Ledger const& ledger) {
    auto const known = ledger.bankrolls();
    if (!known) return known.error();
    std::map<std::string, ledger::Bankroll> by_name;
    for (auto const& bankroll : *known)
        by_name.emplace(bankroll.strategy.text, bankroll);
    return by_name;
}

// A line from the terminal itself, so that a pipe on standard input cannot confirm anything.
std::optional<std::string> ask_terminal(std::string const& question) {
    auto const terminal = ::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    if (terminal < 0) return std::nullopt;
    [[maybe_unused]] auto const shown = ::write(terminal, question.data(), question.size());
    std::string line;
    char c = 0;
    while (line.size() < 200 && ::read(terminal, &c, 1) == 1 && c != '\n')
        line += c;
    ::close(terminal);
    return line;
}

} // namespace

void throw_exception_from_error(Refused const& refused, boost::source_location const&) {
    throw std::logic_error{"unchecked refusal: " + refused.text};
}

Gate<LiveAccount> open_live_account(config::RunConfig const& config, KeySource const& source) {
    auto account = unlock_account(config.wallet, source);
    if (!account) return refused_by(account.error());
    auto lock = lock_wallet(home_directory() / "locks", account->funder(), account->chain_id());
    if (!lock) return refused_by(lock.error());
    return LiveAccount{std::move(*account), std::move(*lock)};
}

Result<Usdc> money_at_risk(config::RunConfig const& config, ledger::Ledger const& ledger) {
    auto const known = bankrolls_of(ledger);
    if (!known) return known.error();
    Usdc sum;
    for (auto const& strategy : config.strategies) {
        if (!strategy.header.enabled) continue;
        auto const at = known->find(strategy.header.name);
        sum += at == known->end() ? strategy.header.bankroll : at->second.equity();
    }
    return sum;
}

Result<Usdc> money_needed(config::RunConfig const& config, ledger::Ledger const& ledger) {
    auto const known = bankrolls_of(ledger);
    if (!known) return known.error();
    Usdc sum;
    // Strategies that left the configuration still own their money.
    for (auto const& [name, bankroll] : *known)
        sum += bankroll.cash + bankroll.reserved;
    for (auto const& strategy : config.strategies)
        if (strategy.header.enabled && !known->contains(strategy.header.name))
            sum += strategy.header.bankroll;
    return sum;
}

Gate<std::vector<CheckReport>> pass_doctor(
    config::RunConfig const& config,
    KeySource const& source,
    TradingAccount& account,
    Usdc needed,
    std::FILE* err
) {
    DoctorOptions options;
    if (!source.directory.empty()) options.keystore = source.directory;
    auto hooks = hooks_of(account, source, err);
    hooks.needs = wallet_needs(config);
    hooks.needs->money = needed;
    auto reports = examine(config, options, hooks, err);
    if (!any_failed(reports)) return reports;
    std::string text = "doctor found what must be mended before real money is traded:\n";
    for (auto const& report : reports)
        if (report.outcome.state == CheckState::failed)
            text += fmt::format(
                "  {}: {}\n    -> {}\n", report.name, report.outcome.detail, report.outcome.fix
            );
    return Refused{ExitCode::halted, text + "nothing was started"};
}

std::string confirmation_text(std::string_view verb, Usdc money) {
    return fmt::format("{} {} USD", verb, to_cents_text(money));
}

Gate<void> confirm(
    std::string const& wanted, std::string const& why, std::optional<std::string> const& given
) {
    auto const typed =
        given ? given : ask_terminal(fmt::format("{}\nType exactly  {}  to go on: ", why, wanted));
    if (typed == wanted) return {};
    return Refused{
        ExitCode::halted,
        fmt::format(
            "{}\nnot confirmed{}: type it at the terminal, or give --confirm \"{}\"",
            why,
            typed ? fmt::format(" (\"{}\" is another text)", *typed) : std::string{},
            wanted
        )
    };
}

std::filesystem::path
livetest_file(TradingAccount const& account, config::EndpointParams const& endpoints) {
    auto const venue = crypto::to_hex(crypto::keccak256(venue_of(endpoints))).substr(0, 8);
    return home_directory() / "livetests" / fmt::format("{}-{}.txt", hash_of(account), venue);
}

Result<void> write_livetest(
    TradingAccount const& account,
    config::EndpointParams const& endpoints,
    UtcTime at,
    std::string const& result
) {
    auto const path = livetest_file(account, endpoints);
    std::error_code error;
    std::filesystem::create_directories(path.parent_path(), error);
    if (error) return Failure{Fault::storage, path.parent_path().string(), error.message()};
    ::chmod(path.parent_path().c_str(), 0700);
    return replace_file(
        path,
        fmt::format(
            "wallet {}\nvenue {}\nversion {}\nat {}\nresult {}\n",
            hash_of(account),
            venue_of(endpoints),
            code_version(),
            format_utc(at),
            result
        )
    );
}

Gate<LivetestRecord>
pass_livetest(TradingAccount const& account, config::EndpointParams const& endpoints) {
    auto const path = livetest_file(account, endpoints);
    auto const again = [&](std::string const& why) {
        return Refused{
            ExitCode::halted,
            why + "\n  -> polyquant livetest CONFIG makes one round trip of the smallest size; "
                  "--without-livetest goes on without it"
        };
    };
    std::ifstream in{path};
    if (!in) return again("this wallet has made no livetest at " + venue_of(endpoints));
    LivetestRecord record;
    std::string line;
    while (std::getline(in, line)) {
        auto const blank = line.find(' ');
        if (blank == std::string::npos) continue;
        auto const name = line.substr(0, blank);
        auto const value = line.substr(blank + 1);
        if (name == "wallet") record.wallet = value;
        if (name == "venue") record.venue = value;
        if (name == "version") record.version = value;
        if (name == "at")
            if (auto const at = parse_utc(value)) record.at = *at;
        if (name == "result") record.result = value;
    }
    if (record.wallet != hash_of(account) || record.venue != venue_of(endpoints))
        return again(path.string() + " is damaged");
    if (record.version != code_version())
        return again(fmt::format(
            "the livetest of this wallet was made by version {}, this is {}",
            record.version,
            code_version()
        ));
    return record;
}

} // namespace polyquant::app

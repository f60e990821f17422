// What stands between `--mode live` and the first order: key, wallet lock, doctor, livetest, and a
// confirmation that names the money at risk. Each gate refuses by itself, with what to do about it.
#pragma once

#include "config/run_config.hpp"
#include "engine/app/doctor_check.hpp"
#include "engine/app/exit_code.hpp"
#include "engine/app/keys_store.hpp"
#include "engine/app/trading_account.hpp"
#include "engine/ledger/ledger.hpp"

#include <cstdio>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace polyquant::app {

struct LiveOptions {
    KeySource key;
    std::optional<std::string> confirm; // the whole text, for services without a terminal
    bool without_livetest = false;
};

// Why nothing was started.
struct Refused {
    ExitCode exit = ExitCode::halted;
    std::string text;
};

template <class T>
using Gate = boost::system::result<T, Refused>;

[[noreturn]] void throw_exception_from_error(Refused const& refused, boost::source_location const&);

// The unlocked account and the wallet's lock, which lasts as long as this lives.
struct LiveAccount {
    TradingAccount account;
    ledger::LedgerLock wallet;
};

// Key and funder as [wallet] says; a second instance is refused with the holder's process id.
Gate<LiveAccount> open_live_account(config::RunConfig const& config, KeySource const& source);

// What all strategies of the configuration own: by the ledger, or what a new one starts with.
// Shares count at cost.
Result<Usdc> money_at_risk(config::RunConfig const& config, ledger::Ledger const& ledger);
// Of it, what must lie in the wallet as pUSD.
Result<Usdc> money_needed(config::RunConfig const& config, ledger::Ledger const& ledger);

// Every check of the doctor, the account's too. Refused with each failure and its remedy.
Gate<std::vector<CheckReport>> pass_doctor(
    config::RunConfig const& config,
    KeySource const& source,
    TradingAccount& account,
    Usdc needed,
    std::FILE* err
);

// "trade 100 USD"
std::string confirmation_text(std::string_view verb, Usdc money);

// `given` must equal `wanted`; without it a terminal is asked.
Gate<void>
confirm(std::string const& wanted, std::string const& why, std::optional<std::string> const& given);

// A successful round trip of this wallet, at this venue, by this version of the program.
struct LivetestRecord {
    std::string wallet; // hash of the address
    std::string venue;  // authority of the CLOB
    std::string version;
    UtcTime at{};
    std::string result; // "flat", or what remained
};

// $POLYQUANT_HOME/livetests/HASH.txt
std::filesystem::path livetest_file(TradingAccount const& account, config::EndpointParams const&);
Result<void> write_livetest(
    TradingAccount const& account,
    config::EndpointParams const& endpoints,
    UtcTime at,
    std::string const& result
);
Gate<LivetestRecord>
pass_livetest(TradingAccount const& account, config::EndpointParams const& endpoints);

} // namespace polyquant::app

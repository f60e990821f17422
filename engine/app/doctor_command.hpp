// `polyquant doctor`: is everything in place to trade? Each check with its result and its fix.
#pragma once

#include "config/run_config.hpp"
#include "connectors/net/net_context.hpp"
#include "connectors/polymarket/prices/oracle_feed.hpp"
#include "engine/app/account_checks.hpp"
#include "engine/app/doctor_check.hpp"
#include "engine/app/keys_store.hpp"

#include <cstdio>
#include <filesystem>
#include <optional>
#include <vector>

namespace polyquant::app {

struct DoctorOptions {
    std::vector<std::filesystem::path> configs;
    std::optional<std::filesystem::path> keystore; // instead of the default directory
    Seconds limit{15};                             // of each check, in real time
    bool json = false;
    std::optional<KeySource> key{}; // to unlock, so that the account is checked too
};

// What only somebody with an unlocked key can add: the account's standing, money and approvals.
struct DoctorHooks {
    polymarket::OracleFeed::Credentials credentials = [] {
        return std::optional<crypto::ApiCredentials>{};
    };
    std::function<polymarket::ClobAccount()> account{}; // empty: the account is not looked at
    std::optional<WalletNeeds> needs{};                 // else what the configuration starts with
    // Told of credentials that the venue gave meanwhile, to be stored.
    std::function<void(crypto::ApiCredentials)> new_credentials{};
};

// All checks run at the same time, each with a deadline of its own. Exit code 0 when none failed
// (warnings are allowed), 1 when one did, 2 when the configuration or the key cannot be read.
int run_doctor(
    DoctorOptions const& options, std::FILE* out, std::FILE* err, DoctorHooks const& hooks = {}
);

// The checks of run_doctor() for a configuration that was read already; `err` hears of tasks that
// end by themselves.
std::vector<CheckReport> examine(
    config::RunConfig const& config,
    DoctorOptions const& options,
    DoctorHooks const& hooks,
    std::FILE* err
);

// To look at an unlocked account, and to keep the credentials that the venue may give. `account`
// outlives the hooks.
class TradingAccount;
DoctorHooks hooks_of(TradingAccount& account, KeySource const& source, std::FILE* err);

bool any_failed(std::vector<CheckReport> const& reports);
std::string doctor_text(std::vector<CheckReport> const& reports);
std::string doctor_json(std::vector<CheckReport> const& reports);

} // namespace polyquant::app

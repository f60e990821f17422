// `polyquant doctor`: is everything in place to trade? Each check with its result and its fix.
#pragma once

#include "config/run_config.hpp"
#include "connectors/net/net_context.hpp"
#include "connectors/polymarket/prices/oracle_feed.hpp"
#include "engine/app/doctor_check.hpp"

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
};

// What only somebody with keys can add: balances, approvals, the account's standing.
struct DoctorHooks {
    polymarket::OracleFeed::Credentials credentials = [] {
        return std::optional<crypto::ApiCredentials>{};
    };
    std::function<std::vector<DoctorCheck>(net::NetContext&, config::RunConfig const&)>
        account_checks{};
};

// All checks run at the same time, each with a deadline of its own. Exit code 0 when none failed
// (warnings are allowed), 1 when one did, 2 when the configuration cannot be read.
int run_doctor(
    DoctorOptions const& options, std::FILE* out, std::FILE* err, DoctorHooks const& hooks = {}
);

std::string doctor_text(std::vector<CheckReport> const& reports);
std::string doctor_json(std::vector<CheckReport> const& reports);

} // namespace polyquant::app

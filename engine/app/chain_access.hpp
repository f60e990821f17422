// What the commands that touch the chain share: options, key, lock, node, the redeemer.
#pragma once

#include "config/run_config.hpp"
#include "connectors/chain/redeemer/redeemer.hpp"
#include "engine/app/keys_store.hpp"
#include "engine/app/network_job.hpp"

#include <CLI/CLI.hpp>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace polyquant::app {

struct ChainOptions {
    std::vector<std::filesystem::path> configs;
    std::filesystem::path sandbox; // its folder; empty: the real chain
    std::string second_rpc;
    std::int64_t rpc_rate = 40; // calls a second to each node
    std::string key;
    std::string passphrase_variable;
    std::optional<int> passphrase_descriptor;
    std::string wallet = "eoa";
    std::filesystem::path state; // the nonce stream's folder; default beside the key
    std::int64_t confirmations = 5;
    double tip_min_gwei = 30;
    double price_cap_gwei = 1'000;
    std::int64_t stuck_s = 45;
    bool legacy = false;
    bool relayer = false;
    std::string relayer_key_variable = "POLYQUANT_RELAYER_KEY";
};

void declare(CLI::App& app, ChainOptions& options);

// One account on one chain, for as long as it lives: nobody else on this machine sends for it.
class ChainAccess {
public:
    // Asks for the key's passphrase where it must. Fault::invalid names the option to mend.
    static Result<std::unique_ptr<ChainAccess>>
    open(ChainOptions const& options, settlement::RedeemLimits const& limits, std::ostream& err);

    NetworkJob& job() { return *job_; }

    chain::ChainRpc& rpc() { return chain_; }

    chain::Redeemer& redeemer() { return *redeemer_; }

    chain::OwnedWallet const& wallet() const { return wallet_; }

    config::RunConfig const& config() const { return config_; }

    net::NetContext& context() { return context_; }

    chain::RpcClient& client() { return *client_; }

private:
    ChainAccess(
        config::RunConfig config,
        std::unique_ptr<NetworkJob> job,
        ledger::LedgerLock lock,
        chain::OwnedWallet wallet,
        chain::RpcClient::Options rpc
    );

    config::RunConfig config_;
    std::unique_ptr<NetworkJob> job_;
    ledger::LedgerLock lock_;
    chain::OwnedWallet wallet_;
    net::NetContext context_;
    std::unique_ptr<chain::RpcClient> client_;
    chain::ChainRpc chain_;
    std::unique_ptr<chain::Redeemer> redeemer_;
};

} // namespace polyquant::app

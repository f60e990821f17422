#include "engine/app/chain_access.hpp"

#include "connectors/crypto/keccak.hpp"
#include "strategies/catalog.hpp"

#include <fmt/format.h>

#include <ostream>

namespace polyquant::app {

namespace {

constexpr std::uint64_t polygon = 137;

std::uint64_t wei_of_gwei(double gwei) {
    return static_cast<std::uint64_t>(gwei * 1e9 + 0.5);
}

Result<TradingKey> key_of(ChainOptions const& o) {
    if (!o.sandbox.empty()) return sandbox_trading_key(o.sandbox);
    KeySource source;
    source.name = o.key;
    source.passphrase.environment = o.passphrase_variable;
    source.passphrase.descriptor = o.passphrase_descriptor;
    return unlock_trading_key(source);
}

std::filesystem::path state_of(ChainOptions const& o) {
    if (!o.state.empty()) return o.state;
    return o.sandbox.empty() ? home_directory() / "chain" : o.sandbox / "chain";
}

// A hash stands for the account: addresses are nobody's business.
std::string account_name(crypto::Address const& owner) {
    auto const text = fmt::format("chain {} {}", crypto::to_string(owner), polygon);
    return crypto::to_hex(crypto::keccak256(text)).substr(0, 16);
}

Result<chain::RpcClient::Options> nodes_of(config::RunConfig const& config, ChainOptions const& o) {
    chain::RpcClient::Options rpc;
    auto const first = net::parse_url(config.endpoints.polygon_rpc);
    if (!first) return Failure{Fault::invalid, "endpoints.polygon_rpc", describe(first.error())};
    rpc.first = *first;
    rpc.rate = {100, Nanos{1'000'000'000 / o.rpc_rate}};
    if (o.second_rpc.empty()) return rpc;
    auto const second = net::parse_url(o.second_rpc);
    if (!second) return Failure{Fault::invalid, "--second-rpc", describe(second.error())};
    rpc.second = *second;
    return rpc;
}

// The variable is wiped and removed, so that no child inherits it.
Result<chain::RelayerClient::Options>
relayer_of(config::RunConfig const& config, ChainOptions const& o, crypto::Address const& owner) {
    auto const url = net::parse_url(config.endpoints.relayer);
    if (!url) return Failure{Fault::invalid, "endpoints.relayer", describe(url.error())};
    crypto::PassphraseSource source;
    source.environment = o.relayer_key_variable;
    source.prompt = "Relayer API key: ";
    auto key = crypto::read_passphrase(source);
    if (!key) return key.error();
    return chain::RelayerClient::Options{
        *url, {std::make_shared<crypto::SecretBytes const>(std::move(*key)), owner}
    };
}

} // namespace

void declare(CLI::App& app, ChainOptions& o) {
    app.add_option("-c,--config", o.configs, "Configuration files with [endpoints]")
        ->check(CLI::ExistingFile)
        ->allow_extra_args(false);
    app.add_option("--sandbox", o.sandbox, "Folder of a running sandbox: its chain, its key");
    app.add_option("--rpc-rate", o.rpc_rate, "Calls a second that a node serves (40)")
        ->check(CLI::Range{1, 10'000});
    app.add_option("--second-rpc", o.second_rpc, "URL of a node for when the first fails");
    app.add_option("--key", o.key, "Name of the key; needed where there are several");
    app.add_option(
        "--passphrase-env", o.passphrase_variable, "Variable that holds the key's passphrase"
    );
    app.add_option(
        "--passphrase-fd", o.passphrase_descriptor, "File descriptor to read the passphrase from"
    );
    app.add_option("--wallet", o.wallet, "What holds the shares")
        ->check(CLI::IsMember({"eoa", "proxy", "safe", "deposit"}))
        ->capture_default_str();
    app.add_option("--state", o.state, "Folder of the record of transactions");
    app.add_option("--confirmations", o.confirmations, "Blocks on top before a receipt counts")
        ->check(CLI::Range(0, 200))
        ->capture_default_str();
    app.add_option("--tip-min", o.tip_min_gwei, "Least tip, gwei")
        ->check(CLI::Range(0.0, 10'000.0))
        ->capture_default_str();
    app.add_option("--gas-cap", o.price_cap_gwei, "Most for a unit of gas, gwei")
        ->check(CLI::Range(1.0, 100'000.0))
        ->capture_default_str();
    app.add_option("--stuck-after", o.stuck_s, "Seconds until a transaction is replaced")
        ->check(CLI::Range(1, 3'600))
        ->capture_default_str();
    app.add_flag(
        "--relayer", o.relayer, "The venue's relayer pays the gas; not for plain accounts"
    );
    app.add_option(
           "--relayer-key-env", o.relayer_key_variable, "Variable that holds the relayer's API key"
    )
        ->capture_default_str();
    app.add_flag("--legacy", o.legacy, "Transactions of the old kind, with one gas price");
}

ChainAccess::ChainAccess(
    config::RunConfig config,
    std::unique_ptr<NetworkJob> job,
    ledger::LedgerLock lock,
    chain::OwnedWallet wallet,
    chain::RpcClient::Options rpc
)
    : config_{std::move(config)}, job_{std::move(job)}, lock_{std::move(lock)},
      wallet_{std::move(wallet)}, context_{job_->context()},
      client_{std::make_unique<chain::RpcClient>(context_, std::move(rpc))}, chain_{*client_} {}

Result<std::unique_ptr<ChainAccess>> ChainAccess::open(
    ChainOptions const& o, settlement::RedeemLimits const& limits, std::ostream& err
) {
    auto configs = o.configs;
    if (!o.sandbox.empty()) configs.push_back(o.sandbox / "endpoints.toml");
    auto config = config::load_run_config(configs, strategies::strategy_kinds());
    if (!config) return Failure{Fault::invalid, "configuration", config::to_string(config.error())};
    auto rpc = nodes_of(*config, o);
    if (!rpc) return rpc.error();
    auto key = key_of(o);
    if (!key) return key.error();
    auto const owner = key->signer->address();
    auto const state = state_of(o);
    std::error_code error;
    std::filesystem::create_directories(state, error);
    if (error) return Failure{Fault::storage, state.string(), error.message()};
    auto lock = ledger::LedgerLock::acquire(
        state / (account_name(owner) + ".lock"),
        "sends this account's transactions already; stop it first"
    );
    if (!lock) return lock.error();
    auto file = runtime::RecordFile::open(state / (account_name(owner) + ".log"));
    if (!file) return file.error();
    auto job = NetworkJob::create(config->endpoints, err);
    if (!job) return job.error();
    chain::RedeemerOptions options;
    options.wallet = chain::wallet_of(key->signer, *chain::parse_wallet_kind(o.wallet));
    options.limits = limits;
    options.stream.confirmations = static_cast<std::uint64_t>(o.confirmations);
    options.stream.stuck_after = Seconds{o.stuck_s};
    options.fees.legacy = o.legacy;
    options.fees.tip_min = wei_of_gwei(o.tip_min_gwei);
    options.fees.price_cap = wei_of_gwei(o.price_cap_gwei);
    options.tell = [&err](std::string const& text) {
        err << text << std::endl;
    };
    std::unique_ptr<ChainAccess> access{new ChainAccess{
        std::move(*config), std::move(*job), std::move(*lock), options.wallet, std::move(*rpc)
    }};
    if (o.relayer) {
        auto relayer = relayer_of(access->config_, o, owner);
        if (!relayer) return relayer.error();
        options.relayer =
            std::make_shared<chain::RelayerClient>(access->context_, std::move(*relayer));
    }
    auto made = chain::Redeemer::create(
        access->chain_, access->job_->clock(), std::move(*file), std::move(options)
    );
    if (!made) return made.error();
    access->redeemer_ = std::move(*made);
    return access;
}

} // namespace polyquant::app

#include "engine/app/keys_commands.hpp"

#include "config/endpoint_params.hpp"
#include "connectors/crypto/process_secrets.hpp"
#include "connectors/net/net_stack.hpp"
#include "connectors/polymarket/clob/clob_session.hpp"
#include "engine/app/exit_code.hpp"
#include "engine/app/keys_store.hpp"

#include <CLI/CLI.hpp>
#include <boost/asio/co_spawn.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <ostream>

namespace polyquant::app {

namespace {

using crypto::Keystore;
using crypto::SecretBytes;

struct Arguments {
    std::filesystem::path directory;
    std::string name;
    std::optional<int> passphrase_fd;
    std::string passphrase_env;
    std::filesystem::path file;
    std::string key_env;
    bool allow_plaintext = false;
    std::string clob = config::EndpointParams{}.clob;
    std::string ca_file;
    std::uint64_t nonce = 0;
};

struct Output {
    std::ostream& out;
    std::ostream& err;
};

int refuse(Output const& output, Failure const& failure) {
    output.err << describe(failure) << "\n";
    auto const mistaken = failure.fault == Fault::invalid || failure.fault == Fault::auth;
    return code(
        failure.fault == Fault::storage ? ExitCode::storage
        : mistaken                      ? ExitCode::usage
                                        : ExitCode::failed
    );
}

crypto::PassphraseSource passphrase_of(Arguments const& a, bool is_new) {
    crypto::PassphraseSource source;
    source.descriptor = a.passphrase_fd;
    source.environment = a.passphrase_env;
    source.confirm = is_new;
    if (is_new) source.prompt = "New passphrase: ";
    return source;
}

Result<Keystore> open_store(Arguments const& a) {
    return Keystore::open(a.directory.empty() ? home_directory() / "keys" : a.directory);
}

void print(Output const& output, crypto::KeyEntry const& key) {
    output.out << fmt::format(
        "{:<16} {}  {}{}\n",
        key.name,
        key.address ? crypto::to_string(*key.address) : std::string(42, '-'),
        key.has_credentials ? "API credentials" : "no API credentials",
        key.defect.empty() ? "" : "  UNUSABLE: " + key.defect
    );
}

int create(Arguments const& a, Output const& output) {
    auto store = open_store(a);
    if (!store) return refuse(output, store.error());
    auto const passphrase = crypto::read_passphrase(passphrase_of(a, true));
    if (!passphrase) return refuse(output, passphrase.error());
    auto const made = store->create(a.name, *passphrase);
    if (!made) return refuse(output, made.error());
    print(output, *made);
    output.out << "Back up " << (store->directory() / (a.name + ".json")).string()
               << ": without this file and its passphrase the money is lost.\n";
    return code(ExitCode::ok);
}

Result<SecretBytes> private_key(Arguments const& a, Output const& output) {
    if (!a.key_env.empty()) {
        if (a.allow_plaintext)
            output.err << "WARNING: a private key in the environment can be read by every process "
                          "of this user; remove it from your shell's history and profile.\n";
        return crypto::private_key_from_environment(a.key_env, a.allow_plaintext);
    }
    crypto::PassphraseSource source;
    source.prompt = "Private key (64 hex digits, not shown): ";
    auto const text = crypto::read_passphrase(source);
    if (!text) return text.error();
    return crypto::parse_private_key(text->reveal_text());
}

int import_key(Arguments const& a, Output const& output) {
    auto store = open_store(a);
    if (!store) return refuse(output, store.error());
    if (!a.file.empty()) {
        auto const passphrase = crypto::read_passphrase(passphrase_of(a, false));
        if (!passphrase) return refuse(output, passphrase.error());
        auto const made = store->import_file(a.name, a.file, *passphrase);
        if (!made) return refuse(output, made.error());
        print(output, *made);
        return code(ExitCode::ok);
    }
    auto const key = private_key(a, output);
    if (!key) return refuse(output, key.error());
    auto const passphrase = crypto::read_passphrase(passphrase_of(a, true));
    if (!passphrase) return refuse(output, passphrase.error());
    auto const made = store->import_key(a.name, *key, *passphrase);
    if (!made) return refuse(output, made.error());
    print(output, *made);
    return code(ExitCode::ok);
}

int list(Arguments const& a, Output const& output) {
    auto const store = open_store(a);
    if (!store) return refuse(output, store.error());
    auto const keys = store->list();
    if (!keys) return refuse(output, keys.error());
    for (auto const& key : *keys)
        print(output, key);
    if (keys->empty())
        output.out << "no keys in " << store->directory().string()
                   << "; make one with: polyquant keys create NAME\n";
    return code(ExitCode::ok);
}

// Asks the venue for the account's API credentials: makes them, or derives those it has.
Result<crypto::ApiCredentials>
ask_venue(std::shared_ptr<crypto::Signer const> signer, Arguments const& a) {
    auto const base = net::parse_url(a.clob);
    if (!base) return base.error();
    runtime::LiveClock clock;
    asio::io_context io{1};
    auto net = net::NetStack::create(io, clock, {a.ca_file, "polyquant"}, {});
    if (!net) return net.error();
    runtime::Supervisor supervisor{
        io.get_executor(),
        clock,
        [](std::string const&, Failure const&) {
        }
    };
    polymarket::ClobAccount account;
    account.signer = std::move(signer);
    account.api_nonce = a.nonce;
    polymarket::ClobOptions options;
    options.base = *base;
    auto session =
        polymarket::ClobSession::create((*net)->context(supervisor), std::move(account), options);
    if (!session) return session.error();
    Result<void> opened{Failure{Fault::cancelled, "keys derive-api", "never ran"}};
    asio::co_spawn(
        io,
        (*session)->open(clock.now() + Seconds{20}),
        [&opened](std::exception_ptr error, Result<void> result) {
            opened = error ? Result<void>{Failure{Fault::invalid, "keys derive-api", "threw"}}
                           : std::move(result);
        }
    );
    io.run();
    if (!opened) return opened.error();
    return (*session)->credentials().clone();
}

int derive_api(Arguments const& a, Output const& output) {
    auto store = open_store(a);
    if (!store) return refuse(output, store.error());
    auto const passphrase = crypto::read_passphrase(passphrase_of(a, false));
    if (!passphrase) return refuse(output, passphrase.error());
    auto signer = store->unlock(a.name, *passphrase);
    if (!signer) return refuse(output, signer.error());
    auto const credentials =
        ask_venue(std::make_shared<crypto::Signer const>(std::move(*signer)), a);
    if (!credentials) return refuse(output, credentials.error());
    if (auto const kept = store->store_credentials(a.name, *credentials, *passphrase); !kept)
        return refuse(output, kept.error());
    output.out << "API credentials of " << a.name << " stored, encrypted, beside the key.\n";
    return code(ExitCode::ok);
}

void add_passphrase(CLI::App& command, Arguments& a) {
    command
        .add_option("--passphrase-fd", a.passphrase_fd, "Read the passphrase from this descriptor")
        ->check(CLI::NonNegativeNumber);
    command.add_option(
        "--passphrase-env", a.passphrase_env, "Read it from this environment variable"
    );
}

} // namespace

int run_keys(std::vector<std::string> const& args, std::ostream& out, std::ostream& err) {
    Output const output{out, err};
    Arguments a;
    CLI::App app{"Encrypted keys of trading accounts (Ethereum V3 keystores)", "polyquant keys"};
    app.require_subcommand(1);
    auto* make = app.add_subcommand("create", "Make a new key");
    auto* take =
        app.add_subcommand("import", "Take in a key: typed at a prompt, a V3 file, or a variable");
    auto* show = app.add_subcommand("list", "Names and addresses");
    auto* derive = app.add_subcommand(
        "derive-api", "Get the account's API credentials from the venue and store them encrypted"
    );
    for (auto* command : {make, take, show, derive})
        command->add_option(
            "--dir",
            a.directory,
            "Directory of the keys; else $POLYQUANT_HOME/keys, ~/.polyquant/keys"
        );
    for (auto* command : {make, take, derive}) {
        command->add_option("name", a.name, "The key's name")->required();
        add_passphrase(*command, a);
    }
    take->add_option("--file", a.file, "A V3 keystore of another program")
        ->check(CLI::ExistingFile);
    take->add_option("--key-env", a.key_env, "A variable that holds the private key in clear");
    take->add_flag(
        "--allow-plaintext-key", a.allow_plaintext, "Accept that others may have read it there"
    );
    derive->add_option("--clob", a.clob, "The CLOB's address")->capture_default_str();
    derive->add_option("--ca-file", a.ca_file, "A certificate authority to trust, as PEM");
    derive->add_option("--nonce", a.nonce, "Of the credentials, when the account has several");
    auto reversed = args;
    std::ranges::reverse(reversed);
    try {
        app.parse(std::move(reversed));
    } catch (CLI::ParseError const& error) {
        auto const answered = app.exit(error, out, err) == 0;
        return code(answered ? ExitCode::ok : ExitCode::usage);
    }
    if (*show) return list(a, output);
    if (auto const closed = crypto::forbid_memory_dumps(); !closed)
        return refuse(output, closed.error());
    if (*make) return create(a, output);
    if (*take) return import_key(a, output);
    return derive_api(a, output);
}

} // namespace polyquant::app

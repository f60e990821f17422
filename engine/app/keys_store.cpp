#include "engine/app/keys_store.hpp"

#include "connectors/crypto/keccak.hpp"
#include "connectors/crypto/private_file.hpp"
#include "connectors/crypto/process_secrets.hpp"
#include "connectors/crypto/random.hpp"

#include <fmt/format.h>

#include <cstdlib>

namespace polyquant::app {

namespace {

using crypto::SecretBytes;

std::filesystem::path directory_of(KeySource const& source) {
    return source.directory.empty() ? home_directory() / "keys" : source.directory;
}

Result<std::string> name_of(KeySource const& source, crypto::Keystore const& store) {
    if (!source.name.empty()) return source.name;
    auto const keys = store.list();
    if (!keys) return keys.error();
    if (keys->size() == 1) return keys->front().name;
    return Failure{
        Fault::invalid,
        store.directory().string(),
        keys->empty() ? "no key there: polyquant keys create NAME"
                      : fmt::format("{} keys there: say which by its name", keys->size())
    };
}

Result<TradingKey> plaintext_key(KeySource const& source) {
    auto key =
        crypto::private_key_from_environment(source.plaintext_variable, source.allow_plaintext);
    if (!key) return key.error();
    auto signer = crypto::Signer::create(std::move(*key));
    if (!signer) return signer.error();
    return TradingKey{std::make_shared<crypto::Signer const>(std::move(*signer)), std::nullopt};
}

} // namespace

std::filesystem::path home_directory() {
    // NOLINTBEGIN(concurrency-mt-unsafe): start-up only
    if (auto const* own = std::getenv("POLYQUANT_HOME"); own != nullptr && *own != '\0') return own;
    auto const* home = std::getenv("HOME");
    // NOLINTEND(concurrency-mt-unsafe)
    return std::filesystem::path{home != nullptr ? home : "."} / ".polyquant";
}

Result<TradingKey> unlock_trading_key(KeySource const& source) {
    if (auto const closed = crypto::forbid_memory_dumps(); !closed) return closed.error();
    if (!source.plaintext_variable.empty()) return plaintext_key(source);
    auto const store = crypto::Keystore::open(directory_of(source));
    if (!store) return store.error();
    auto const name = name_of(source, *store);
    if (!name) return name.error();
    auto passphrase = crypto::read_passphrase(source.passphrase);
    if (!passphrase) return passphrase.error();
    auto signer = store->unlock(*name, *passphrase);
    if (!signer) return signer.error();
    TradingKey key{std::make_shared<crypto::Signer const>(std::move(*signer)), std::nullopt};
    auto credentials = store->load_credentials(*name, *passphrase);
    if (credentials)
        key.credentials = std::move(*credentials);
    else if (credentials.error().fault != Fault::invalid)
        return credentials.error();
    key.name = *name;
    key.passphrase = std::move(*passphrase);
    return key;
}

Result<void> keep_credentials(
    KeySource const& source, TradingKey const& key, crypto::ApiCredentials const& credentials
) {
    if (!key.passphrase) return {};
    auto store = crypto::Keystore::open(directory_of(source));
    if (!store) return store.error();
    return store->store_credentials(key.name, credentials, *key.passphrase);
}

Result<TradingKey> sandbox_trading_key(std::filesystem::path const& directory) {
    if (auto const closed = crypto::forbid_memory_dumps(); !closed) return closed.error();
    auto const path = directory / "trader.key";
    if (!std::filesystem::exists(path)) {
        SecretBytes fresh{32};
        crypto::fill_random(fresh.writable());
        auto text = crypto::to_hex(fresh.reveal()) + "\n";
        auto const written = crypto::write_private_file(path, text, false);
        crypto::wipe(text);
        if (!written) return written.error();
    }
    auto text = crypto::read_private_file(path);
    if (!text) return text.error();
    auto key = crypto::parse_private_key(*text);
    crypto::wipe(*text);
    if (!key) return key.error();
    auto signer = crypto::Signer::create(std::move(*key));
    if (!signer) return signer.error();
    return TradingKey{std::make_shared<crypto::Signer const>(std::move(*signer)), std::nullopt};
}

Result<ledger::LedgerLock> lock_wallet(
    std::filesystem::path const& directory, crypto::Address const& funder, std::uint64_t chain_id
) {
    std::error_code error;
    std::filesystem::create_directories(directory, error);
    if (error) return Failure{Fault::storage, directory.string(), error.message()};
    auto const hash = crypto::keccak256(fmt::format("{} {}", crypto::to_string(funder), chain_id));
    auto const name = "wallet-" + crypto::to_hex(hash).substr(0, 16) + ".lock";
    return ledger::LedgerLock::acquire(
        directory / name, "trades with this wallet already; stop it first"
    );
}

} // namespace polyquant::app

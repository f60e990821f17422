// The key a run trades with: out of the encrypted keystore, or a sandbox's own.
#pragma once

#include "connectors/crypto/keystore.hpp"
#include "connectors/crypto/passphrase.hpp"
#include "engine/ledger/ledger_lock.hpp"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

namespace polyquant::app {

// $POLYQUANT_HOME, else ~/.polyquant: keys and wallet locks.
std::filesystem::path home_directory();

struct TradingKey {
    std::shared_ptr<crypto::Signer const> signer;
    // Empty where none are stored: the session makes them, keep_credentials() stores them.
    std::optional<crypto::ApiCredentials> credentials;
    // Of a key out of a keystore, so that new credentials can be stored beside it.
    std::string name{};
    std::optional<crypto::SecretBytes> passphrase{};
};

struct KeySource {
    std::filesystem::path directory; // empty: home_directory() / "keys"
    std::string name;                // of the key; may be empty when there is exactly one
    crypto::PassphraseSource passphrase;
    // A plaintext private key in this variable instead of a keystore; needs `allow_plaintext`.
    std::string plaintext_variable;
    bool allow_plaintext = false;
};

// Forbids memory dumps first. Takes about a second (scrypt): before the loop runs.
Result<TradingKey> unlock_trading_key(KeySource const& source);

// Made at the first call and kept in `directory`/trader.key (0600, unencrypted: play money).
Result<TradingKey> sandbox_trading_key(std::filesystem::path const& directory);

// Beside the key, under the key's passphrase. Nothing to do for a key that is in no keystore.
Result<void> keep_credentials(
    KeySource const& source, TradingKey const& key, crypto::ApiCredentials const& credentials
);

// One writer per wallet on this machine: a second instance is refused with the holder's process
// id. `directory`: home_directory() / "locks", or a sandbox's own folder. The file's name is a hash
// of the address.
Result<ledger::LedgerLock> lock_wallet(
    std::filesystem::path const& directory, crypto::Address const& funder, std::uint64_t chain_id
);

} // namespace polyquant::app

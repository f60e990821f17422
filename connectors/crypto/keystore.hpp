// The directory of encrypted keys: NAME.json holds an account's private key, NAME.api.json its API
// credentials, both V3 keystores under the same passphrase. The directory is 0700 and the files are
// 0600; anything wider is refused, because it may have been read already.
#pragma once

#include "connectors/crypto/clob_auth.hpp"
#include "connectors/crypto/keystore_file.hpp"

#include <filesystem>

namespace polyquant::crypto {

struct KeyEntry {
    std::string name;
    std::string uuid;
    std::optional<Address> address;
    bool has_credentials = false;
    std::string defect; // why the file cannot be used; empty when it can
};

// Every call reads or writes files and most derive a key for about a second: side pool, not loop.
class Keystore {
public:
    // Creates the directory when it is missing.
    static Result<Keystore>
    open(std::filesystem::path directory, ScryptCost const& cost = ScryptCost{});

    // Fail when the name exists: an overwritten key is lost money.
    Result<KeyEntry> create(std::string_view name, SecretBytes const& passphrase);
    Result<KeyEntry> import_key(
        std::string_view name, SecretBytes const& private_key, SecretBytes const& passphrase
    );
    // A V3 file of another program, re-encrypted with our cost under the same passphrase.
    Result<KeyEntry> import_file(
        std::string_view name, std::filesystem::path const& file, SecretBytes const& passphrase
    );

    // By name. A file that cannot be used is listed with its defect.
    Result<std::vector<KeyEntry>> list() const;
    Result<Signer> unlock(std::string_view name, SecretBytes const& passphrase) const;

    // Replaces earlier credentials of the account; refuses a passphrase other than the key's.
    Result<void> store_credentials(
        std::string_view name, ApiCredentials const& credentials, SecretBytes const& passphrase
    );
    // Fault::invalid with the command to run when none are stored.
    Result<ApiCredentials>
    load_credentials(std::string_view name, SecretBytes const& passphrase) const;

    std::filesystem::path const& directory() const { return directory_; }

private:
    Keystore(std::filesystem::path directory, ScryptCost cost);

    std::filesystem::path key_file(std::string_view name) const;
    std::filesystem::path credentials_file(std::string_view name) const;

    std::filesystem::path directory_;
    ScryptCost cost_;
};

// 64 hex digits, 0x optional, surrounding blanks ignored. The text itself stays the caller's to
// wipe.
Result<SecretBytes> parse_private_key(std::string_view text);

} // namespace polyquant::crypto

#include "connectors/crypto/keystore.hpp"

#include "connectors/crypto/private_file.hpp"
#include "connectors/crypto/random.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>

namespace polyquant::crypto {

namespace {

constexpr auto key_suffix = std::string_view{".json"};
constexpr auto credentials_suffix = std::string_view{".api.json"};

Result<void> check_name(std::string_view name) {
    auto const allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    };
    if (!name.empty() && name.size() <= 40 && std::ranges::all_of(name, allowed)) return {};
    return Failure{
        Fault::invalid,
        "keystore",
        fmt::format("\"{}\" is no key name: use 1 to 40 of a-z, 0-9, - and _", name.substr(0, 60))
    };
}

// Credentials as JSON, built in locked memory so that no copy of the secret stays behind.
SecretBytes to_json(ApiCredentials const& credentials) {
    std::vector<Bytes> const parts{
        bytes_of("{\"apiKey\":\""),
        bytes_of(credentials.key),
        bytes_of("\",\"secret\":\""),
        credentials.secret.reveal(),
        bytes_of("\",\"passphrase\":\""),
        credentials.passphrase.reveal(),
        bytes_of("\"}")
    };
    std::size_t size = 0;
    for (auto part : parts)
        size += part.size();
    SecretBytes json{size};
    auto* to = json.writable().data();
    for (auto part : parts)
        to = std::copy(part.begin(), part.end(), to);
    return json;
}

bool is_plain_text(std::string_view text) {
    return !text.empty() && text.size() <= 512 && std::ranges::all_of(text, [](char c) {
        return c > 0x20 && c < 0x7f && c != '"' && c != '\\';
    });
}

// A scanner for the JSON that to_json() writes: a general parser would copy the secret into memory
// that is neither locked nor wiped.
Result<ApiCredentials> from_json(SecretBytes const& json, std::string const& where) {
    auto text = json.reveal_text();
    auto take = [&text](std::string_view key) -> std::optional<std::string_view> {
        auto const start = text.find(key);
        if (start == std::string_view::npos) return std::nullopt;
        auto const rest = text.substr(start + key.size());
        auto const end = rest.find('"');
        if (end == std::string_view::npos) return std::nullopt;
        return rest.substr(0, end);
    };
    auto const key = take("\"apiKey\":\"");
    auto const secret = take("\"secret\":\"");
    auto const passphrase = take("\"passphrase\":\"");
    if (!key || !secret || !passphrase)
        return Failure{Fault::parse, where, "does not hold API credentials"};
    return ApiCredentials{
        std::string{*key}, SecretBytes{bytes_of(*secret)}, SecretBytes{bytes_of(*passphrase)}
    };
}

KeyEntry entry_of(std::string_view name, std::string_view json, bool has_credentials) {
    KeyEntry entry;
    entry.name = name;
    entry.has_credentials = has_credentials;
    auto const header = read_keystore_header(json, entry.name);
    if (header) {
        entry.uuid = header->uuid;
        entry.address = header->address;
    } else {
        entry.defect = header.error().detail;
    }
    return entry;
}

} // namespace

Keystore::Keystore(std::filesystem::path directory, ScryptCost cost)
    : directory_{std::move(directory)}, cost_{cost} {}

Result<Keystore> Keystore::open(std::filesystem::path directory, ScryptCost const& cost) {
    if (auto const ready = ensure_private_directory(directory); !ready) return ready.error();
    return Keystore{std::move(directory), cost};
}

std::filesystem::path Keystore::key_file(std::string_view name) const {
    return directory_ / (std::string{name} + std::string{key_suffix});
}

std::filesystem::path Keystore::credentials_file(std::string_view name) const {
    return directory_ / (std::string{name} + std::string{credentials_suffix});
}

Result<KeyEntry> Keystore::create(std::string_view name, SecretBytes const& passphrase) {
    SecretBytes key{32};
    // A random value beyond the curve's order is rarer than any hardware fault.
    fill_random(key.writable());
    return import_key(name, key, passphrase);
}

Result<KeyEntry> Keystore::import_key(
    std::string_view name, SecretBytes const& private_key, SecretBytes const& passphrase
) {
    if (auto const good = check_name(name); !good) return good.error();
    if (passphrase.empty())
        return Failure{Fault::invalid, "keystore", "an empty passphrase protects nothing"};
    auto const signer = Signer::create(private_key.clone());
    if (!signer) return signer.error();
    auto const path = key_file(name);
    if (std::filesystem::exists(path))
        return Failure{
            Fault::invalid, path.string(), "exists already: choose another name or move it away"
        };
    auto const json = encrypt_keystore(private_key.reveal(), passphrase, signer->address(), cost_);
    if (!json) return json.error();
    if (auto const written = write_private_file(path, *json, false); !written)
        return written.error();
    return entry_of(name, *json, false);
}

Result<KeyEntry> Keystore::import_file(
    std::string_view name, std::filesystem::path const& file, SecretBytes const& passphrase
) {
    auto const json = read_private_file(file);
    if (!json) return json.error();
    auto const header = read_keystore_header(*json, file.string());
    if (!header) return header.error();
    auto const key = decrypt_keystore(*json, passphrase, file.string());
    if (!key) return key.error();
    auto const signer = Signer::create(key->clone());
    if (!signer) return signer.error();
    if (header->address && *header->address != signer->address())
        return Failure{
            Fault::invalid,
            file.string(),
            fmt::format(
                "says it holds {} but its key is that of {}",
                to_string(*header->address),
                to_string(signer->address())
            )
        };
    return import_key(name, *key, passphrase);
}

Result<std::vector<KeyEntry>> Keystore::list() const {
    std::vector<KeyEntry> entries;
    std::error_code error;
    for (auto const& file : std::filesystem::directory_iterator{directory_, error}) {
        auto const filename = file.path().filename().string();
        if (!filename.ends_with(key_suffix) || filename.ends_with(credentials_suffix)) continue;
        auto const name = filename.substr(0, filename.size() - key_suffix.size());
        auto const json = read_private_file(file.path());
        if (json) {
            entries.push_back(entry_of(name, *json, std::filesystem::exists(credentials_file(name)))
            );
        } else {
            entries.push_back(KeyEntry{name, {}, {}, false, json.error().detail});
        }
    }
    if (error) return Failure{Fault::storage, directory_.string(), error.message()};
    std::ranges::sort(entries, {}, &KeyEntry::name);
    return entries;
}

Result<Signer> Keystore::unlock(std::string_view name, SecretBytes const& passphrase) const {
    if (auto const good = check_name(name); !good) return good.error();
    auto const path = key_file(name);
    auto const json = read_private_file(path);
    if (!json) return json.error();
    auto const header = read_keystore_header(*json, path.string());
    if (!header) return header.error();
    auto key = decrypt_keystore(*json, passphrase, path.string());
    if (!key) return key.error();
    auto signer = Signer::create(std::move(*key));
    if (!signer) return signer.error();
    if (header->address && *header->address != signer->address())
        return Failure{Fault::invalid, path.string(), "the address in the file is not the key's"};
    return signer;
}

Result<void> Keystore::store_credentials(
    std::string_view name, ApiCredentials const& credentials, SecretBytes const& passphrase
) {
    // Two passphrases for one account would lock its owner out at the worst moment.
    auto const signer = unlock(name, passphrase);
    if (!signer) return signer.error();
    if (!is_plain_text(credentials.key) || !is_plain_text(credentials.secret.reveal_text()) ||
        !is_plain_text(credentials.passphrase.reveal_text()))
        return Failure{
            Fault::invalid,
            "API credentials",
            "key, secret or passphrase is empty or not plain text"
        };
    auto const plain = to_json(credentials);
    auto const json = encrypt_keystore(plain.reveal(), passphrase, std::nullopt, cost_);
    if (!json) return json.error();
    return write_private_file(credentials_file(name), *json, true);
}

Result<ApiCredentials>
Keystore::load_credentials(std::string_view name, SecretBytes const& passphrase) const {
    if (auto const good = check_name(name); !good) return good.error();
    auto const path = credentials_file(name);
    if (!std::filesystem::exists(path))
        return Failure{
            Fault::invalid,
            path.string(),
            fmt::format("no API credentials stored: run polyquant keys derive-api {}", name)
        };
    auto const json = read_private_file(path);
    if (!json) return json.error();
    auto const plain = decrypt_keystore(*json, passphrase, path.string());
    if (!plain) return plain.error();
    return from_json(*plain, path.string());
}

Result<SecretBytes> parse_private_key(std::string_view text) {
    constexpr auto blanks = std::string_view{" \t\r\n"};
    auto const first = text.find_first_not_of(blanks);
    if (first != std::string_view::npos)
        text = text.substr(first, text.find_last_not_of(blanks) - first + 1);
    SecretBytes key{32};
    // The text is not repeated in the message: most of it may be right.
    if (!parse_hex_into(text, key.writable()))
        return Failure{Fault::invalid, "private key", "must be 64 hex digits, with or without 0x"};
    return key;
}

} // namespace polyquant::crypto

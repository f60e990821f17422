// The Ethereum V3 keystore format (Web3 Secret Storage): scrypt, AES-128-CTR and a Keccak MAC.
// Files made by geth and ethers open here and the other way round.
#pragma once

#include "connectors/crypto/address.hpp"
#include "connectors/crypto/secret_bytes.hpp"

#include <optional>

namespace polyquant::crypto {

// Memory is 128 * n * r bytes; n is a power of two.
struct ScryptCost {
    std::uint64_t n = 262'144; // geth's "standard": 256 MB and about a second
    std::uint32_t r = 8;
    std::uint32_t p = 1;
};

// Files that ask for more than this are refused instead of exhausting the machine.
inline constexpr std::uint64_t scrypt_n_max = 262'144;

struct KeystoreHeader {
    std::string uuid;
    std::optional<Address> address; // absent in files that hide it, and in credential files
};

// JSON text. Takes as long as the cost says: not for the event loop. Fails when the memory that
// scrypt needs is not to be had.
Result<std::string> encrypt_keystore(
    Bytes secret,
    SecretBytes const& passphrase,
    std::optional<Address> const& address,
    ScryptCost const& cost
);

// Fault::auth with "wrong passphrase" when the MAC disagrees, Fault::parse when the file is not a
// V3 keystore. `where` names the file in failures.
Result<SecretBytes>
decrypt_keystore(std::string_view json, SecretBytes const& passphrase, std::string const& where);

Result<KeystoreHeader> read_keystore_header(std::string_view json, std::string const& where);

} // namespace polyquant::crypto

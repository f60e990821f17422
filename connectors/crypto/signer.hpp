// An account that signs: recoverable secp256k1 signatures with low s and RFC 6979 nonces, so the
// same digest always gives the same 65 bytes.
#pragma once

#include "connectors/crypto/address.hpp"
#include "connectors/crypto/secret_bytes.hpp"

#include <memory>

namespace polyquant::crypto {

// r, s and v (27 or 28) as Ethereum lays them out.
using Signature = std::array<std::uint8_t, 65>;

class Signer {
public:
    // 32 bytes; zero and values beyond the curve's order are refused.
    static Result<Signer> create(SecretBytes private_key);

    Signer(Signer&&) noexcept;
    Signer& operator=(Signer&&) noexcept;
    ~Signer();

    Address const& address() const { return address_; }

    // 20 to 25 us. Not to be called from two threads at once on one signer.
    Signature sign(Hash32 const& digest) const;

    // False where the system's limit on locked memory left the key swappable.
    bool key_is_locked() const { return key_.is_locked(); }

private:
    struct Context;

    Signer(std::unique_ptr<Context> context, SecretBytes key, Address address);

    std::unique_ptr<Context> context_;
    SecretBytes key_;
    Address address_;
};

// Who signed. High-s signatures are refused as the venue's contracts refuse them.
Result<Address> recover_address(Hash32 const& digest, Bytes signature);

} // namespace polyquant::crypto

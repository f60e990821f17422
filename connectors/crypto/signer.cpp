#include "connectors/crypto/signer.hpp"

#include "connectors/crypto/keccak.hpp"
#include "connectors/crypto/random.hpp"

#include <secp256k1.h>
#include <secp256k1_recovery.h>

#include <algorithm>

namespace polyquant::crypto {

namespace {

Failure bad_key(char const* why) {
    return Failure{Fault::invalid, "private key", why};
}

Failure bad_signature(char const* why) {
    return Failure{Fault::parse, "signature", why};
}

// The last 20 bytes of the hash of the uncompressed point without its 0x04.
Address address_of(secp256k1_context const* context, secp256k1_pubkey const& key) {
    std::array<std::uint8_t, 65> point;
    auto length = point.size();
    secp256k1_ec_pubkey_serialize(context, point.data(), &length, &key, SECP256K1_EC_UNCOMPRESSED);
    auto const hash = keccak256(Bytes{point}.subspan(1));
    Address address;
    std::copy_n(hash.begin() + 12, 20, address.bytes.begin());
    return address;
}

} // namespace

struct Signer::Context {
    secp256k1_context* handle = secp256k1_context_create(SECP256K1_CONTEXT_NONE);

    Context() {
        // Blinds the scalar multiplications against timing and power analysis.
        std::array<std::uint8_t, 32> seed;
        fill_random(seed);
        ENSURE(secp256k1_context_randomize(handle, seed.data()) == 1, "cannot blind the context");
        wipe(seed);
    }

    Context(Context const&) = delete;
    Context& operator=(Context const&) = delete;

    ~Context() { secp256k1_context_destroy(handle); }
};

Signer::Signer(std::unique_ptr<Context> context, SecretBytes key, Address address)
    : context_{std::move(context)}, key_{std::move(key)}, address_{address} {}

Signer::Signer(Signer&&) noexcept = default;
Signer& Signer::operator=(Signer&&) noexcept = default;
Signer::~Signer() = default;

Result<Signer> Signer::create(SecretBytes private_key) {
    if (private_key.size() != 32) return bad_key("must be 32 bytes (64 hex digits)");
    auto context = std::make_unique<Context>();
    secp256k1_pubkey point;
    if (secp256k1_ec_pubkey_create(context->handle, &point, private_key.reveal().data()) != 1)
        return bad_key("is zero or beyond the order of the curve");
    auto const address = address_of(context->handle, point);
    return Signer{std::move(context), std::move(private_key), address};
}

Signature Signer::sign(Hash32 const& digest) const {
    secp256k1_ecdsa_recoverable_signature recoverable;
    auto const done = secp256k1_ecdsa_sign_recoverable(
        context_->handle, &recoverable, digest.data(), key_.reveal().data(), nullptr, nullptr
    );
    ENSURE(done == 1, "signing failed with a key that was checked");
    Signature signature;
    int recovery_id = 0;
    secp256k1_ecdsa_recoverable_signature_serialize_compact(
        context_->handle, signature.data(), &recovery_id, &recoverable
    );
    signature[64] = static_cast<std::uint8_t>(27 + recovery_id);
    return signature;
}

Result<Address> recover_address(Hash32 const& digest, Bytes signature) {
    if (signature.size() != 65) return bad_signature("must be 65 bytes");
    auto const v = signature[64];
    if (v != 27 && v != 28) return bad_signature("v must be 27 or 28");

    auto const* const context = secp256k1_context_static;
    secp256k1_ecdsa_recoverable_signature recoverable;
    if (secp256k1_ecdsa_recoverable_signature_parse_compact(
            context, &recoverable, signature.data(), v - 27
        ) != 1)
        return bad_signature("r or s is beyond the order of the curve");
    secp256k1_ecdsa_signature plain;
    secp256k1_ecdsa_recoverable_signature_convert(context, &plain, &recoverable);
    if (secp256k1_ecdsa_signature_normalize(context, nullptr, &plain) != 0)
        return bad_signature("s is in the upper half");
    secp256k1_pubkey point;
    if (secp256k1_ecdsa_recover(context, &point, &recoverable, digest.data()) != 1)
        return bad_signature("no key makes this signature");
    return address_of(context, point);
}

} // namespace polyquant::crypto

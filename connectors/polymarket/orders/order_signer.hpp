// Signed order bodies, byte for byte what the official client sends. Pure apart from the key: salt
// and time are given.
#pragma once

#include "connectors/crypto/signer.hpp"
#include "connectors/polymarket/contracts.hpp"
#include "connectors/polymarket/orders/order.hpp"

#include <array>
#include <memory>
#include <span>
#include <string>

namespace polyquant::polymarket {

// Who trades: the signing account and the wallet that holds the money.
struct TradingAccount {
    SignatureType type = SignatureType::eoa;
    crypto::Address funder; // equals the signing account for type eoa
};

// What stands beside the order in the request.
struct OrderEnvelope {
    TimeInForce tif = TimeInForce::gtc;
    bool post_only = false;
    std::int64_t expiration = 0; // unix seconds, 0 is none; not part of what is signed
};

struct SignedOrder {
    OrderId id;       // EIP-712 digest: the venue's own id of this order
    std::string body; // of POST /order
};

class OrderSigner {
public:
    // `owner` is the API key's UUID. Refuses an account whose funder cannot belong to its type.
    static Result<OrderSigner> create(
        std::shared_ptr<crypto::Signer const> signer,
        TradingAccount const& account,
        Contracts const& contracts,
        std::string owner,
        crypto::Hash32 const& builder_code = {}
    );

    // About 30 us. Fault::invalid when the order breaks a rule of the venue or its token's form
    // contradicts the market's version.
    Result<SignedOrder>
    sign(PlaceOrder const& order, Market const& market, std::uint64_t salt, UtcTime now) const;

    // Without the checks, for orders whose fields are already what they must be.
    SignedOrder sign_fields(
        OrderFields const& fields,
        OrderEnvelope const& envelope,
        ProtocolVersion version,
        bool neg_risk
    ) const;

    crypto::Address const& maker() const { return account_.funder; }

    crypto::Address const& signing_address() const { return signer_->address(); }

private:
    OrderSigner(
        std::shared_ptr<crypto::Signer const> signer,
        TradingAccount const& account,
        Contracts const& contracts,
        std::string owner,
        crypto::Hash32 const& builder_code
    );

    crypto::Hash32 const& domain_separator(ProtocolVersion version, bool neg_risk) const;
    void append_signature(
        std::string& to,
        crypto::Hash32 const& domain,
        crypto::Hash32 const& struct_hash,
        crypto::Hash32 const& digest
    ) const;

    std::shared_ptr<crypto::Signer const> signer_;
    TradingAccount account_;
    std::uint64_t chain_id_;
    std::string owner_;
    crypto::Hash32 builder_;
    std::array<crypto::Hash32, 3> domains_; // CTF, neg-risk CTF, protocol v2
};

inline constexpr std::size_t batch_size_max = 15;
inline constexpr std::uint64_t salt_max = (std::uint64_t{1} << 53) - 1;

// Body of POST /orders: 1 to batch_size_max bodies of POST /order.
Result<std::string> batch_body(std::span<SignedOrder const> orders);
// Body of DELETE /order.
std::string cancel_body(OrderId const& order);
// Body of DELETE /orders.
std::string cancel_body(std::span<OrderId const> orders);

} // namespace polyquant::polymarket

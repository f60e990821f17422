#include "connectors/polymarket/orders/order_signer.hpp"

#include "connectors/polymarket/ctf/position_id.hpp"
#include "connectors/polymarket/orders/order_terms.hpp"

#include <fmt/format.h>

#include <iterator>

namespace polyquant::polymarket {

namespace {

std::string_view wire_name(TimeInForce tif) {
    switch (tif) {
    case TimeInForce::fok: return "FOK";
    case TimeInForce::fak: return "FAK";
    case TimeInForce::gtc: return "GTC";
    case TimeInForce::gtd: return "GTD";
    }
    std::abort();
}

Failure refused(std::string why) {
    return Failure{Fault::invalid, "order signer", std::move(why)};
}

} // namespace

OrderSigner::OrderSigner(
    std::shared_ptr<crypto::Signer const> signer,
    TradingAccount const& account,
    Contracts const& contracts,
    std::string owner,
    crypto::Hash32 const& builder_code
)
    : signer_{std::move(signer)}, account_{account}, chain_id_{contracts.chain_id},
      owner_{std::move(owner)}, builder_{builder_code},
      domains_{
          order_domain_separator("2", chain_id_, contracts.exchange),
          order_domain_separator("2", chain_id_, contracts.neg_risk_exchange),
          order_domain_separator("3", chain_id_, contracts.exchange_v3)
      } {}

Result<OrderSigner> OrderSigner::create(
    std::shared_ptr<crypto::Signer const> signer,
    TradingAccount const& account,
    Contracts const& contracts,
    std::string owner,
    crypto::Hash32 const& builder_code
) {
    ENSURE(signer != nullptr, "an order signer needs a key");
    if (owner.empty()) return refused("the API key is empty");
    auto const is_own = account.funder == signer->address();
    if (account.type == SignatureType::eoa && !is_own)
        return refused(fmt::format(
            "account type eoa pays from {} itself, not from {}: set the wallet's type",
            to_string(signer->address()),
            to_string(account.funder)
        ));
    if (account.type != SignatureType::eoa && (is_own || account.funder.is_zero()))
        return refused(fmt::format(
            "account type {} needs the address of its wallet as funder", to_string(account.type)
        ));
    return OrderSigner{std::move(signer), account, contracts, std::move(owner), builder_code};
}

crypto::Hash32 const& OrderSigner::domain_separator(ProtocolVersion version, bool neg_risk) const {
    switch (version) {
    case ProtocolVersion::v1: return domains_[neg_risk ? 1 : 0];
    case ProtocolVersion::v2: return domains_[2];
    }
    std::abort();
}

Result<SignedOrder> OrderSigner::sign(
    PlaceOrder const& order, Market const& market, std::uint64_t salt, UtcTime now
) const {
    if (salt > salt_max) return refused("the salt does not fit a JSON number");
    auto const is_v2_token = decode_position_id(order.token).has_value();
    if (is_v2_token != (market.version == ProtocolVersion::v2))
        return refused(fmt::format(
            "token {} has the form of protocol {} but the market says {}",
            short_text(order.token),
            is_v2_token ? "v2" : "v1",
            is_v2_token ? "v1" : "v2"
        ));
    auto const amounts = order_amounts(order, market);
    if (!amounts) return amounts.error();
    auto const expiration = order_expiration(order, now);
    if (!expiration) return expiration.error();

    OrderFields fields;
    fields.salt = salt;
    fields.maker = account_.funder;
    fields.signer =
        account_.type == SignatureType::deposit_wallet ? account_.funder : signer_->address();
    fields.token = order.token;
    fields.maker_amount = amounts->maker;
    fields.taker_amount = amounts->taker;
    fields.side = order.side;
    fields.signature_type = account_.type;
    fields.timestamp_ms = unix_millis(now);
    fields.builder = builder_;
    return sign_fields(
        fields, {order.tif, order.post_only, *expiration}, market.version, market.neg_risk
    );
}

SignedOrder OrderSigner::sign_fields(
    OrderFields const& fields, OrderEnvelope const& envelope, ProtocolVersion version, bool neg_risk
) const {
    auto const& domain = domain_separator(version, neg_risk);
    auto const struct_hash = order_struct_hash(fields);
    auto const digest = crypto::typed_data_digest(domain, struct_hash);

    SignedOrder order;
    order.id.bytes = digest;
    order.body.reserve(1600);
    // The official client's key order; the venue takes any, but its bytes are what we test against.
    fmt::format_to(
        std::back_inserter(order.body),
        "{{\"deferExec\":false,\"postOnly\":{},\"order\":{{\"salt\":{},\"maker\":\"{}\","
        "\"signer\":\"{}\",\"tokenId\":\"{}\",\"makerAmount\":\"{}\",\"takerAmount\":\"{}\","
        "\"side\":\"{}\",\"signatureType\":{},\"timestamp\":\"{}\",\"expiration\":\"{}\","
        "\"metadata\":\"{}\",\"builder\":\"{}\",\"signature\":\"0x",
        envelope.post_only,
        fields.salt,
        to_string(fields.maker),
        to_string(fields.signer),
        to_string(fields.token),
        fields.maker_amount,
        fields.taker_amount,
        fields.side == Side::buy ? "BUY" : "SELL",
        static_cast<int>(fields.signature_type),
        fields.timestamp_ms,
        envelope.expiration,
        crypto::to_0x_hex(fields.metadata),
        crypto::to_0x_hex(fields.builder)
    );
    append_signature(order.body, domain, struct_hash, digest);
    fmt::format_to(
        std::back_inserter(order.body),
        "\"}},\"owner\":\"{}\",\"orderType\":\"{}\"}}",
        owner_,
        wire_name(envelope.tif)
    );
    return order;
}

void OrderSigner::append_signature(
    std::string& to,
    crypto::Hash32 const& domain,
    crypto::Hash32 const& struct_hash,
    crypto::Hash32 const& digest
) const {
    if (account_.type != SignatureType::deposit_wallet) {
        crypto::append_hex(to, signer_->sign(digest));
        return;
    }
    auto const type = order_type_string();
    auto const nested = crypto::nested_typed_data_digest(
        domain, struct_hash, "Order", type, "DepositWallet", "1", chain_id_, account_.funder
    );
    std::array const type_length{
        static_cast<std::uint8_t>(type.size() >> 8), static_cast<std::uint8_t>(type.size() & 0xff)
    };
    crypto::append_hex(to, signer_->sign(nested.digest));
    crypto::append_hex(to, domain);
    crypto::append_hex(to, struct_hash);
    crypto::append_hex(to, crypto::bytes_of(type));
    crypto::append_hex(to, type_length);
}

Result<std::string> batch_body(std::span<SignedOrder const> orders) {
    if (orders.empty() || orders.size() > batch_size_max)
        return refused(
            fmt::format("a batch holds 1 to {} orders, not {}", batch_size_max, orders.size())
        );
    std::string body = "[";
    for (auto const& order : orders) {
        if (body.size() > 1) body += ',';
        body += order.body;
    }
    return body + "]";
}

std::string cancel_body(OrderId const& order) {
    return fmt::format("{{\"orderID\":\"{}\"}}", to_string(order));
}

std::string cancel_body(std::span<OrderId const> orders) {
    std::string body = "[";
    for (auto const& order : orders) {
        if (body.size() > 1) body += ',';
        body += '"' + to_string(order) + '"';
    }
    return body + "]";
}

} // namespace polyquant::polymarket

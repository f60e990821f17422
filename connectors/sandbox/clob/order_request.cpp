#include "connectors/sandbox/clob/order_request.hpp"

#include "connectors/json/decimal.hpp"
#include "connectors/json/dom.hpp"

#include <fmt/format.h>

namespace polyquant::sandbox {

namespace {

using json::Element;

constexpr std::size_t batch_max = 15;

Failure bad_payload(std::string_view why) {
    return Failure{
        Fault::invalid, "sandbox.clob", fmt::format("Invalid order payload: {}", why), 400
    };
}

bool read_amount(Element object, std::string_view key, std::int64_t& to) {
    return json::parse_unsigned(json::text_or_number(object, key), to);
}

bool read_hash(Element object, std::string_view key, crypto::Hash32& to) {
    auto const text = json::text(object, key);
    return text.empty() || crypto::parse_hex_into(text, to);
}

std::optional<TimeInForce> tif_of(std::string_view text) {
    if (text == "GTC" || text.empty()) return TimeInForce::gtc;
    if (text == "GTD") return TimeInForce::gtd;
    if (text == "FOK") return TimeInForce::fok;
    if (text == "FAK") return TimeInForce::fak;
    return std::nullopt;
}

Result<PostedOrder> read_order(Element root) {
    auto const object = json::member(root, "order");
    if (!object || !object->is_object()) return bad_payload("no order");
    PostedOrder order;
    auto& fields = order.fields;
    std::int64_t salt = 0;
    std::int64_t type = 0;
    auto const maker = crypto::parse_address(json::text(*object, "maker"));
    auto const signer = crypto::parse_address(json::text(*object, "signer"));
    if (!maker || !signer) return bad_payload("maker or signer is no address");
    fields.maker = *maker;
    fields.signer = *signer;
    if (!read_amount(*object, "salt", salt)) return bad_payload("salt");
    fields.salt = static_cast<std::uint64_t>(salt);
    if (!json::parse_token(json::text_or_number(*object, "tokenId"), fields.token))
        return bad_payload("tokenId");
    if (!read_amount(*object, "makerAmount", fields.maker_amount) ||
        !read_amount(*object, "takerAmount", fields.taker_amount))
        return bad_payload("makerAmount or takerAmount");
    auto const side = json::text(*object, "side");
    if (side != "BUY" && side != "SELL") return bad_payload("side");
    fields.side = side == "BUY" ? Side::buy : Side::sell;
    if (!read_amount(*object, "signatureType", type) || type > 3)
        return bad_payload("signatureType");
    fields.signature_type = static_cast<polymarket::SignatureType>(type);
    // The old struct had no timestamp; its signature cannot verify here either.
    if (!read_amount(*object, "timestamp", fields.timestamp_ms))
        return Failure{Fault::invalid, "sandbox.clob", "order_version_mismatch", 400};
    if (!read_hash(*object, "metadata", fields.metadata) ||
        !read_hash(*object, "builder", fields.builder))
        return bad_payload("metadata or builder");
    auto const expiration = json::text_or_number(*object, "expiration");
    if (!expiration.empty() && !json::parse_unsigned(expiration, order.expiration))
        return bad_payload("expiration");
    auto signature = crypto::parse_hex(json::text(*object, "signature"));
    if (!signature) return Failure{Fault::invalid, "sandbox.clob", "invalid signature", 400};
    order.signature = std::move(*signature);
    auto const tif = tif_of(json::text(root, "orderType"));
    if (!tif) return bad_payload("orderType");
    order.tif = *tif;
    order.post_only = json::flag(root, "postOnly").value_or(false);
    order.owner = json::text(root, "owner");
    return order;
}

} // namespace

Result<PostedOrder> parse_posted_order(std::string_view body) {
    simdjson::dom::parser parser;
    auto const root = json::parse(parser, body, "sandbox.clob");
    if (!root || !root->is_object()) return bad_payload("not an object");
    return read_order(*root);
}

Result<std::vector<PostedOrder>> parse_posted_orders(std::string_view body) {
    simdjson::dom::parser parser;
    auto const root = json::parse(parser, body, "sandbox.clob");
    simdjson::dom::array items;
    if (!root || root->get_array().get(items) != simdjson::SUCCESS || items.size() == 0)
        return bad_payload("not an array of orders");
    if (items.size() > batch_max)
        return Failure{
            Fault::invalid,
            "sandbox.clob",
            fmt::format("Too many orders in payload: {}, max allowed: {}", items.size(), batch_max),
            400
        };
    std::vector<PostedOrder> orders;
    for (auto const item : items) {
        auto order = read_order(item);
        if (!order) return order.error();
        orders.push_back(std::move(*order));
    }
    return orders;
}

Result<std::vector<OrderId>> parse_order_ids(std::string_view body) {
    simdjson::dom::parser parser;
    auto const root = json::parse(parser, body, "sandbox.clob");
    simdjson::dom::array items;
    if (!root || root->get_array().get(items) != simdjson::SUCCESS)
        return bad_payload("not an array of order ids");
    std::vector<OrderId> ids;
    for (auto const item : items) {
        std::string_view text;
        if (item.get_string().get(text) != simdjson::SUCCESS) return bad_payload("order id");
        auto const id = parse_order_id(text);
        if (!id) return bad_payload("order id");
        ids.push_back(*id);
    }
    return ids;
}

std::string body_text(std::string_view body, std::string_view key) {
    simdjson::dom::parser parser;
    auto const root = json::parse(parser, body, "sandbox.clob");
    if (!root) return {};
    return std::string{json::text(*root, key)};
}

Result<std::vector<TokenRequest>> parse_token_requests(std::string_view body) {
    simdjson::dom::parser parser;
    auto const root = json::parse(parser, body, "sandbox.clob");
    simdjson::dom::array items;
    if (!root || root->get_array().get(items) != simdjson::SUCCESS)
        return Failure{Fault::invalid, "sandbox.clob", "Invalid payload", 400};
    std::vector<TokenRequest> requests;
    for (auto const item : items) {
        TokenRequest request;
        if (!json::parse_token(json::text_or_number(item, "token_id"), request.token))
            return Failure{Fault::invalid, "sandbox.clob", "Invalid token id", 400};
        request.side = json::text(item, "side");
        requests.push_back(std::move(request));
    }
    return requests;
}

} // namespace polyquant::sandbox

// Keys, balances and the dead-man switch.
#include "connectors/crypto/wallets.hpp"
#include "connectors/json/decimal.hpp"
#include "connectors/sandbox/clob/clob_api.hpp"
#include "connectors/sandbox/clob/clob_text.hpp"
#include "connectors/sandbox/clob/order_request.hpp"

#include <fmt/format.h>

namespace polyquant::sandbox {

using net::server::HttpCall;
using net::server::HttpReply;
using net::server::json_reply;

namespace {

constexpr std::string_view unlimited =
    "115792089237316195423570985008687907853269984665640564039457584007913129639935";

HttpReply key_reply(ApiKey const& key) {
    return json_reply(fmt::format(
        R"({{"apiKey":"{}","secret":"{}","passphrase":"{}"}})", key.key, key.secret, key.passphrase
    ));
}

} // namespace

HttpReply ClobApi::create_key(HttpCall const& call) {
    auto const proof =
        check_wallet_proof(call, exchange_.options().chain_id, options_.timestamp_skew);
    if (!proof) return error_reply(proof.error().http_status, proof.error().detail);
    fund(proof->address, world_.now());
    return key_reply(exchange_.keys().create(proof->address, proof->nonce));
}

HttpReply ClobApi::derive_key(HttpCall const& call) {
    auto const proof =
        check_wallet_proof(call, exchange_.options().chain_id, options_.timestamp_skew);
    if (!proof) return error_reply(proof.error().http_status, proof.error().detail);
    auto const* key = exchange_.keys().derive(proof->address, proof->nonce);
    if (key == nullptr) return error_reply(400, "Could not derive api key!");
    return key_reply(*key);
}

HttpReply ClobApi::list_keys(HttpCall const&, ApiKey const& key) {
    return json_reply(
        fmt::format(R"({{"apiKeys":{}}})", json_strings(exchange_.keys().of(key.signer)))
    );
}

HttpReply ClobApi::delete_key(HttpCall const&, ApiKey const& key) {
    auto const name = key.key;
    exchange_.keys().erase(name);
    return json_reply(R"("OK")");
}

HttpReply ClobApi::closed_only(HttpCall const&, ApiKey const& key) {
    auto const* account = exchange_.accounts().find(key.signer);
    return json_reply(
        fmt::format(R"({{"closed_only":{}}})", account != nullptr && account->closed_only)
    );
}

crypto::Address ClobApi::wallet_of(crypto::Address const& signer, std::int64_t type) const {
    auto const& at = crypto::polygon_wallet_factories();
    switch (type) {
    case 1: return crypto::proxy_wallet(signer, at);
    case 2: return crypto::safe_wallet(signer, at);
    case 3: {
        auto const beacon = crypto::deposit_wallet_beacon(signer, at);
        return exchange_.accounts().find(beacon) != nullptr
                   ? beacon
                   : crypto::deposit_wallet_uups(signer, at);
    }
    default: return signer;
    }
}

void ClobApi::fund(crypto::Address const& wallet, UtcTime now) {
    if (exchange_.accounts().find(wallet) != nullptr) return;
    exchange_.deposit(wallet, exchange_.options().faucet, now);
}

HttpReply ClobApi::balance(HttpCall const& call, ApiKey const& key) {
    std::int64_t type = 0;
    json::parse_unsigned(call.field("signature_type").value_or("0"), type);
    auto const wallet = wallet_of(key.signer, type);
    fund(wallet, world_.now());
    auto const& account = *exchange_.accounts().find(wallet);
    auto const kind = call.field("asset_type").value_or("");
    auto const is_money = kind == "COLLATERAL";
    TokenId token;
    if (!is_money && kind != "CONDITIONAL" && kind != "CONDITIONAL-V2")
        return error_reply(400, "Invalid asset_type");
    if (!is_money && !json::parse_token(call.field("token_id").value_or(""), token))
        return error_reply(400, "Invalid token_id");
    auto const balance = is_money ? exchange_.chain_balance(account.id).micros()
                                  : exchange_.chain_balance(account.id, token).micros();
    auto const& contracts = world_.markets().contracts();
    std::array const spenders{
        contracts.exchange, contracts.neg_risk_exchange, contracts.exchange_v3
    };
    std::string allowances;
    for (std::size_t i = 0; i < spenders.size(); ++i) {
        auto const& allowed = account.pusd_allowance[i];
        auto const text = is_money
                              ? allowed ? std::to_string(allowed->micros()) : std::string{unlimited}
                          : account.tokens_approved[i] ? std::string{unlimited}
                                                       : std::string{"0"};
        allowances += fmt::format(
            R"({}"{}":"{}")", allowances.empty() ? "" : ",", crypto::to_string(spenders[i]), text
        );
    }
    return json_reply(fmt::format(R"({{"balance":"{}","allowances":{{{}}}}})", balance, allowances)
    );
}

HttpReply ClobApi::update_balance(HttpCall const&, ApiKey const&) {
    return net::server::text_reply("");
}

HttpReply ClobApi::heartbeat(HttpCall const& call, ApiKey const& key) {
    auto const id = body_text(call.body, "heartbeat_id");
    auto const answer = exchange_.heartbeat(key.key, id, world_.now());
    if (answer.accepted) return json_reply(fmt::format(R"({{"heartbeat_id":"{}"}})", answer.id));
    return json_reply(
        fmt::format(R"({{"error":"Invalid Heartbeat ID","heartbeat_id":"{}"}})", answer.id), 400
    );
}

HttpReply ClobApi::old_heartbeat(HttpCall const&, ApiKey const&) {
    return json_reply(R"({"status":"ok"})");
}

HttpReply ClobApi::notifications(HttpCall const&, ApiKey const&) {
    return json_reply("[]");
}

HttpReply ClobApi::drop_notifications(HttpCall const&, ApiKey const&) {
    return json_reply(R"("OK")");
}

HttpReply ClobApi::scoring(HttpCall const&, ApiKey const&) {
    return json_reply(R"({"scoring":false})");
}

HttpReply ClobApi::scorings(HttpCall const& call, ApiKey const&) {
    auto const ids = parse_order_ids(call.body);
    if (!ids) return error_reply(400, ids.error().detail);
    std::string rows;
    for (auto const& id : *ids)
        rows += fmt::format(R"({}"{}":false)", rows.empty() ? "" : ",", to_string(id));
    return json_reply("{" + rows + "}");
}

} // namespace polyquant::sandbox

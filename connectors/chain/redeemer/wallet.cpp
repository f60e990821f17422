#include "connectors/chain/redeemer/wallet.hpp"

#include "connectors/crypto/wallets.hpp"

namespace polyquant::chain {

std::string_view to_string(WalletKind kind) {
    switch (kind) {
    case WalletKind::eoa: return "eoa";
    case WalletKind::proxy: return "proxy";
    case WalletKind::safe: return "safe";
    case WalletKind::deposit: return "deposit";
    }
    std::abort();
}

std::optional<WalletKind> parse_wallet_kind(std::string_view text) {
    for (auto const kind :
         {WalletKind::eoa, WalletKind::proxy, WalletKind::safe, WalletKind::deposit})
        if (text == to_string(kind)) return kind;
    return std::nullopt;
}

OwnedWallet wallet_of(std::shared_ptr<crypto::Signer const> owner, WalletKind kind) {
    auto const& at = crypto::polygon_wallet_factories();
    auto const& key = owner->address();
    auto const address = kind == WalletKind::proxy     ? crypto::proxy_wallet(key, at)
                         : kind == WalletKind::safe    ? crypto::safe_wallet(key, at)
                         : kind == WalletKind::deposit ? crypto::deposit_wallet_uups(key, at)
                                                       : key;
    return {std::move(owner), kind, address, 137};
}

bool batches(WalletKind kind) {
    return kind != WalletKind::eoa;
}

namespace {

RpcError invalid(char const* detail) {
    return {RpcTrouble::refused, {Fault::invalid, "wallet", detail}, {}};
}

} // namespace

Task<RpcResult<Call>>
act(ChainRpc& rpc, OwnedWallet const& wallet, std::vector<Call> calls, Instant deadline) {
    auto const& at = polygon_settlement_contracts();
    switch (wallet.kind) {
    case WalletKind::eoa:
        if (calls.size() != 1) co_return invalid("a plain account makes one call at a time");
        co_return std::move(calls.front());
    case WalletKind::proxy: {
        Call call;
        call.to = at.proxy_factory;
        call.data = proxy::proxy_calls(calls);
        co_return call;
    }
    case WalletKind::safe: {
        Call ask;
        ask.to = wallet.address;
        ask.data = safe::nonce();
        auto const answer = co_await rpc.call(wallet.owner->address(), ask, deadline);
        if (!answer) co_return answer.error();
        auto const nonce = whole_at(*answer, 0);
        if (!nonce) co_return invalid("there is no Safe at the wallet's address");
        auto const t = safe::transaction_of(calls, *nonce, at.multi_send);
        Call call;
        call.to = wallet.address;
        call.data = safe::exec_transaction(
            t, safe::sign(t, wallet.address, wallet.chain_id, *wallet.owner)
        );
        co_return call;
    }
    case WalletKind::deposit: co_return invalid("a deposit wallet acts through the relayer only");
    }
    std::abort();
}

} // namespace polyquant::chain

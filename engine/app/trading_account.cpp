#include "engine/app/trading_account.hpp"

namespace polyquant::app {

Result<TradingAccount> TradingAccount::create(config::WalletParams const& wallet, TradingKey key) {
    ENSURE(key.signer != nullptr, "an unlocked key has a signer");
    TradingAccount account{wallet, std::move(key)};
    if (wallet.funder.empty()) return account;
    auto const funder = crypto::parse_address(wallet.funder);
    if (!funder) return Failure{Fault::invalid, "wallet.funder", describe(funder.error())};
    account.funder_ = *funder;
    return account;
}

polymarket::ClobAccount TradingAccount::for_session() const {
    polymarket::ClobAccount account;
    account.signer = key_.signer;
    account.wallet = static_cast<polymarket::SignatureType>(wallet_.type);
    account.funder = funder_;
    account.chain_id = chain_id();
    account.api_nonce = static_cast<std::uint64_t>(wallet_.api_nonce);
    account.credentials = credentials();
    return account;
}

std::optional<crypto::ApiCredentials> TradingAccount::credentials() const {
    if (!key_.credentials) return std::nullopt;
    return key_.credentials->clone();
}

Result<void> TradingAccount::adopt(KeySource const& source, crypto::ApiCredentials credentials) {
    auto kept = keep_credentials(source, key_, credentials);
    key_.credentials = std::move(credentials);
    return kept;
}

Result<TradingAccount> unlock_account(config::WalletParams const& wallet, KeySource source) {
    if (source.name.empty()) source.name = wallet.key;
    auto key = unlock_trading_key(source);
    if (!key) return key.error();
    return TradingAccount::create(wallet, std::move(*key));
}

} // namespace polyquant::app

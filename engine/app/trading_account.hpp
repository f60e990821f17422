// The account of [wallet] with its key, as live mode trades with it.
#pragma once

#include "config/wallet_params.hpp"
#include "connectors/polymarket/clob/clob_session.hpp"
#include "engine/app/keys_store.hpp"

namespace polyquant::app {

// One key, shared, and credentials of its own for each session that is opened with it.
class TradingAccount {
public:
    // Fault::invalid for an address that is none.
    static Result<TradingAccount> create(config::WalletParams const& wallet, TradingKey key);

    polymarket::ClobAccount for_session() const;

    std::optional<crypto::ApiCredentials> credentials() const;

    // Those the venue gave during a check: used from now on and stored beside the key.
    Result<void> adopt(KeySource const& source, crypto::ApiCredentials credentials);

    // Nothing needs the passphrase any more.
    void forget_passphrase() { key_.passphrase.reset(); }

    crypto::Address funder() const { return funder_.value_or(key_.signer->address()); }

    std::uint64_t chain_id() const { return polymarket::polygon_chain_id; }

private:
    TradingAccount(config::WalletParams wallet, TradingKey key)
        : wallet_{std::move(wallet)}, key_{std::move(key)} {}

    config::WalletParams wallet_;
    TradingKey key_;
    std::optional<crypto::Address> funder_{};
};

// unlock_trading_key() with the key that [wallet] names, unless `source` names another.
Result<TradingAccount> unlock_account(config::WalletParams const& wallet, KeySource source);

} // namespace polyquant::app

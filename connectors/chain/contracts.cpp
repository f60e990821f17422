#include "connectors/chain/contracts.hpp"

#include "connectors/crypto/wallets.hpp"
#include "connectors/polymarket/contracts.hpp"

namespace polyquant::chain {

namespace {

Address known(std::string_view text) {
    return crypto::parse_address(text).value();
}

} // namespace

SettlementContracts const& polygon_settlement_contracts() {
    static auto const contracts = [] {
        auto const venue = polymarket::contracts_of(polymarket::polygon_chain_id).value();
        auto const& factories = crypto::polygon_wallet_factories();
        SettlementContracts out;
        out.conditional_tokens = venue.conditional_tokens;
        out.usdc_e = venue.ctf_collateral;
        out.pusd = venue.collateral;
        out.collateral_adapter = known("0xAdA100Db00Ca00073811820692005400218FcE1f");
        out.onramp = known("0x93070a847efEf7F70739046A929D47a521F5B8ee");
        out.offramp = known("0x2957922Eb93258b93368531d39fAcCA3B4dC5854");
        out.auto_redeem_operator = known("0xa1200000d0002264C9a1698e001292D00E1b00af");
        out.position_manager = known("0x006F54F7f9A22e0000CC2AB60031000000ae9fEF");
        out.router = known("0x12121212006e4CD160D18e3f00711DA5c3372600");
        out.proxy_factory = factories.proxy;
        out.deposit_factory = factories.deposit;
        out.multi_send = known("0xA238CBeb142c10Ef7Ad8442C6D1f9E89e07e7761");
        out.relay_hub = known("0xD216153c06E857cD7f72665E0aF1d7D82172F494");
        return out;
    }();
    return contracts;
}

} // namespace polyquant::chain

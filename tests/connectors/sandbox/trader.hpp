// An exchange with one open market and traders who sign with the published test keys.
#pragma once

#include "connectors/polymarket/orders/order_signer.hpp"
#include "connectors/sandbox/clob/order_request.hpp"
#include "connectors/sandbox/world/exchange.hpp"

#include <array>
#include <memory>
#include <string>

namespace polyquant::sandbox::testing {

inline constexpr auto test_start = utc_from_seconds(1'795'392'000); // begins a window

// The first three accounts of the well-known development mnemonic.
inline std::shared_ptr<crypto::Signer const> test_signer(std::size_t n) {
    constexpr std::array<std::string_view, 3> keys{
        "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80",
        "0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d",
        "0x5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a",
    };
    auto const key = crypto::parse_hash32(keys.at(n)).value();
    return std::make_shared<crypto::Signer const>(
        crypto::Signer::create(crypto::SecretBytes{key}).value()
    );
}

inline WorldMarket plain_market(std::string slug = "btc-updown-5m-1795392000") {
    WorldMarket market;
    market.market.slug = std::move(slug);
    market.market.question = "Bitcoin Up or Down";
    market.market.asset = Asset::btc;
    market.market.window = {test_start, Seconds{300}};
    market.market.rule = twap_rule(Seconds{60});
    market.market.fee = crypto_fee();
    market.market.taker_delay = Millis{0};
    market.outcomes = {"Up", "Down"};
    market.phase = Phase::open;
    return market;
}

struct Trader {
    std::shared_ptr<crypto::Signer const> signer;
    ApiKey key;
    polymarket::OrderSigner orders;
    AccountId account;
};

struct Venue {
    MarketList markets{polymarket::contracts_of(137).value()};
    NoFaults no_faults;
    FaultSource* faults = &no_faults;
    WorldMarket* market;
    Exchange exchange;
    UtcTime now = test_start;
    std::uint64_t salt = 1;

    explicit Venue(
        ExchangeOptions options = {},
        WorldMarket first = plain_market(),
        FaultSource* fault_source = nullptr
    )
        : faults{fault_source != nullptr ? fault_source : &no_faults},
          market{&markets.add(std::move(first))}, exchange{options, markets, *faults, 5} {
        exchange.open(market->market.condition, now);
    }

    Trader trader(std::size_t n, Usdc money = usd(1'000)) {
        auto signer = test_signer(n);
        auto const key = exchange.keys().create(signer->address(), 0);
        exchange.deposit(signer->address(), money, now);
        auto orders = polymarket::OrderSigner::create(
            signer,
            {polymarket::SignatureType::eoa, signer->address()},
            markets.contracts(),
            key.key
        );
        auto const account = exchange.accounts().of(signer->address()).id;
        return {signer, key, std::move(orders.value()), account};
    }

    void level(BookSide side, Price price, Shares size) {
        std::array const updates{LevelUpdate{side, price, size}};
        exchange.set_levels(market->market.condition, updates, now);
    }

    PlaceOrder
    order(Side side, Price limit, Shares size, TimeInForce tif, Outcome outcome = Outcome::up) {
        PlaceOrder wanted;
        wanted.market = market->market.condition;
        wanted.token = market->market.token(outcome);
        wanted.outcome = outcome;
        wanted.side = side;
        wanted.limit = limit;
        wanted.size = size;
        wanted.tif = tif;
        return wanted;
    }

    PostedOrder signed_order(Trader const& who, PlaceOrder const& wanted) {
        auto const made = who.orders.sign(wanted, market->market, salt++, now);
        return parse_posted_order(made.value().body).value();
    }

    PostAnswer post(Trader const& who, PlaceOrder const& wanted) {
        return exchange.post(signed_order(who, wanted), who.signer->address(), now);
    }

    void advance(Nanos time) {
        now += time;
        exchange.advance_to(now);
    }

    Usdc cash(Trader const& who) const { return exchange.accounts().at(who.account).cash; }

    Shares holds(Trader const& who, Outcome outcome) const {
        return exchange.accounts().at(who.account).holds(market->market.token(outcome));
    }
};

} // namespace polyquant::sandbox::testing

// What the venue looks at before an order may match, in its words.
#include "connectors/crypto/signer.hpp"
#include "connectors/sandbox/world/exchange.hpp"

#include <fmt/format.h>

#include <array>
#include <cstdlib>

namespace polyquant::sandbox {

namespace {

using polymarket::SignatureType;

constexpr std::size_t plain_signature = 65;

bool is_market_type(TimeInForce tif) {
    return tif == TimeInForce::fok || tif == TimeInForce::fak;
}

Failure refused(std::string text, int status = 400) {
    return Failure{Fault::rejected, "sandbox.exchange", std::move(text), status};
}

Failure invalid(OrderId const& order, std::string_view why) {
    return refused(fmt::format("order {} is invalid. {}", to_string(order), why));
}

// Decimals of what an order gives or gets in money, by tick: the official clients' table.
std::int64_t amount_step(Price tick) {
    switch (tick.micros()) {
    case 100'000: return 1'000;
    case 10'000: return 100;
    case 5'000:
    case 1'000: return 10;
    default: return 1;
    }
}

// The multiple of the tick that a price made of rounded amounts stands for; empty when it is none.
std::optional<Price> tick_price(std::int64_t money, std::int64_t shares, Price tick) {
    auto const raw = static_cast<std::int64_t>(
        (static_cast<__int128>(money) * 2'000'000 + shares) / (2 * static_cast<__int128>(shares))
    );
    auto const near = (raw + tick.micros() / 2) / tick.micros() * tick.micros();
    // Each amount may have been cut by one step of its own.
    auto const step = amount_step(tick);
    auto const slack =
        1 +
        static_cast<std::int64_t>(
            (static_cast<__int128>(step) * 1'000'000 + static_cast<__int128>(step) * near) / shares
        );
    if (std::abs(raw - near) > std::min(slack, tick.micros() / 4)) return std::nullopt;
    return Price::from_micros(near);
}

crypto::Hash32
domain_of(polymarket::Contracts const& contracts, ProtocolVersion version, bool neg_risk) {
    auto const domain = polymarket::order_domain_of(contracts, version, neg_risk);
    return polymarket::order_domain_separator(domain.version, contracts.chain_id, domain.exchange);
}

// What the owner of the order's wallet has signed: the order itself, or the order inside the
// deposit wallet's own domain.
std::optional<crypto::Hash32> signed_digest(
    PostedOrder const& order, polymarket::Contracts const& contracts, crypto::Hash32 const& domain
) {
    auto const struct_hash = polymarket::order_struct_hash(order.fields);
    if (order.fields.signature_type != SignatureType::deposit_wallet)
        return order.signature.size() == plain_signature
                   ? std::optional{crypto::typed_data_digest(domain, struct_hash)}
                   : std::nullopt;
    // signature(65) || domain(32) || contents hash(32) || contents type || its length(2)
    auto const type = polymarket::order_type_string();
    auto const expected = plain_signature + 64 + type.size() + 2;
    if (order.signature.size() != expected) return std::nullopt;
    auto const* at = order.signature.data() + plain_signature;
    if (!std::equal(domain.begin(), domain.end(), at)) return std::nullopt;
    if (!std::equal(struct_hash.begin(), struct_hash.end(), at + 32)) return std::nullopt;
    return crypto::nested_typed_data_digest(
               domain,
               struct_hash,
               "Order",
               type,
               "DepositWallet",
               "1",
               contracts.chain_id,
               order.fields.maker
    )
        .digest;
}

bool is_signed_by(
    PostedOrder const& order,
    polymarket::Contracts const& contracts,
    crypto::Hash32 const& domain,
    crypto::Address const& signer
) {
    auto const digest = signed_digest(order, contracts, domain);
    if (!digest) return false;
    auto const who =
        crypto::recover_address(*digest, crypto::Bytes{order.signature}.first(plain_signature));
    return who && *who == signer;
}

} // namespace

OrderId order_id_of(
    polymarket::OrderFields const& fields,
    polymarket::Contracts const& contracts,
    ProtocolVersion version,
    bool neg_risk
) {
    OrderId id;
    id.bytes = crypto::typed_data_digest(
        domain_of(contracts, version, neg_risk), polymarket::order_struct_hash(fields)
    );
    return id;
}

Result<void> Exchange::check_gate(PostedOrder const& order, UtcTime now) const {
    switch (gate_.at(now)) {
    case TradingGate::open: return {};
    case TradingGate::restarting:
        return refused("the matching engine is restarting, please retry", 425);
    case TradingGate::post_only:
        if (order.post_only) return {};
        return refused("post-only mode: only post-only orders and cancels are allowed", 503);
    case TradingGate::cancel_only:
        return refused(
            "Trading is currently cancel-only. New orders are not accepted, but cancels are "
            "allowed.",
            503
        );
    case TradingGate::disabled:
        return refused("Trading is currently disabled. Check polymarket.com for updates", 503);
    }
    std::abort();
}

Result<void> Exchange::check_owner(PostedOrder const& order, crypto::Address const& signer) const {
    auto const* key = keys_.find(order.owner);
    if (key == nullptr || key->signer != signer)
        return refused("the order owner has to be the owner of the API KEY");
    auto const& fields = order.fields;
    auto const by_wallet = fields.signature_type == SignatureType::deposit_wallet;
    if (fields.signer != (by_wallet ? fields.maker : signer))
        return refused("the order signer address has to be the address of the API KEY");
    if (fields.signature_type == SignatureType::eoa && fields.maker != signer)
        return refused("invalid signature");
    auto const* account = accounts_.find(fields.maker);
    if (account == nullptr) return {};
    auto const address = crypto::to_string(fields.maker);
    if (account->banned) return refused(fmt::format("'{}' address banned", address));
    if (account->closed_only && fields.side == Side::buy)
        return refused(fmt::format("'{}' address in closed only mode", address));
    return {};
}

Result<void> Exchange::check_signature(
    PostedOrder const& order, Market const& market, crypto::Address const& signer
) const {
    auto const right = domain_of(contracts_, market.version, market.neg_risk);
    if (is_signed_by(order, contracts_, right, signer)) {
        if (market.version == ProtocolVersion::v1 && options_.order_version != 2)
            return refused("order_version_mismatch");
        return {};
    }
    // A good signature for another version of the exchange has an error of its own.
    auto const other =
        market.version == ProtocolVersion::v1 ? ProtocolVersion::v2 : ProtocolVersion::v1;
    for (auto const neg_risk : {false, true})
        if (is_signed_by(order, contracts_, domain_of(contracts_, other, neg_risk), signer))
            return refused("order_version_mismatch");
    return refused("invalid signature");
}

// From amounts to price and size, and the rules about their digits.
Result<void>
Exchange::read_terms(PostedOrder const& order, Market const& market, Checked& to) const {
    auto const& fields = order.fields;
    auto const buys = fields.side == Side::buy;
    auto const money = buys ? fields.maker_amount : fields.taker_amount;
    auto const size = buys ? fields.taker_amount : fields.maker_amount;
    auto& record = to.record;
    constexpr auto amount_max = std::int64_t{1'000'000'000'000'000}; // a billion
    if (money <= 0 || size <= 0 || money > amount_max || size > amount_max)
        return refused("invalid amounts");
    auto const price = tick_price(money, size, market.tick);
    if (!price || *price < market.tick || *price > market.tick.complement())
        return invalid(
            record.id,
            fmt::format(
                "Price ({}) breaks minimum tick size rule: {}",
                to_string(Price::from_micros(
                    static_cast<std::int64_t>(static_cast<__int128>(money) * 1'000'000 / size)
                )),
                to_string(market.tick)
            )
        );
    auto const step = amount_step(market.tick);
    if (is_market_type(order.tif) &&
        (fields.maker_amount % 10'000 != 0 || fields.taker_amount % step != 0))
        return refused(fmt::format(
            "invalid amounts, the market {} orders maker amount supports a max accuracy of 2 "
            "decimals, taker amount a max of {} decimals",
            buys ? "buy" : "sell",
            step == 100  ? 4
            : step == 10 ? 5
            : step == 1  ? 6
                         : 3
        ));
    record.price = *price;
    record.size = Shares::from_micros(size);
    if (buys && is_market_type(order.tif)) record.money = Usdc::from_micros(money);
    return {};
}

Usdc Exchange::cash_needed(OrderRecord const& order, Market const& market) const {
    auto const left = order.size - order.matched;
    if (!order.is_market_buy()) {
        auto const cost = cost_rounded_up(order.price, left);
        auto const ask = top(order.token).ask;
        if (order.post_only || !ask || ask->price > order.price) return cost;
        return cost + taker_fee(market.fee, left, order.price, Rounding::up);
    }
    // Money buys more shares at a better price, and the fee grows with them.
    auto const ask = top(order.token).ask;
    auto const best = ask ? std::min(ask->price, order.price) : order.price;
    auto const most = shares_affordable(order.money, best, Shares::from_micros(1));
    return order.money + std::max(
                             taker_fee(market.fee, most, best, Rounding::up),
                             taker_fee(market.fee, left, order.price, Rounding::up)
                         );
}

Usdc Exchange::free_cash(AccountId account) const {
    auto cash = accounts_.at(account).cash;
    for (auto const& [number, id] : open_) {
        if (orders_.at(id).account != account) continue;
        cash -= reserved_.at(id).cash;
    }
    return cash;
}

Shares Exchange::free_tokens(AccountId account, TokenId const& token) const {
    auto held = accounts_.at(account).holds(token);
    for (auto const& [number, id] : open_) {
        auto const& order = orders_.at(id);
        if (order.account == account && order.token == token) held -= reserved_.at(id).tokens;
    }
    return held;
}

Result<void> Exchange::reserve_for(Market const& market, Checked& to) const {
    auto const& account = accounts_.at(to.record.account);
    auto const spender = static_cast<std::size_t>(
        market.version == ProtocolVersion::v2 ? Spender::exchange_v3
        : market.neg_risk                     ? Spender::neg_risk_exchange
                                              : Spender::exchange
    );
    auto const short_of = refused("not enough balance / allowance");
    if (to.record.side == Side::buy) {
        to.reserve_cash = cash_needed(to.record, market);
        auto const& allowed = account.pusd_allowance[spender];
        if (to.reserve_cash > free_cash(account.id)) return short_of;
        if (allowed && to.reserve_cash > *allowed) return short_of;
    } else {
        to.reserve_tokens = to.record.size;
        if (to.reserve_tokens > free_tokens(account.id, to.record.token)) return short_of;
        if (!account.tokens_approved[spender]) return short_of;
    }
    return {};
}

Result<Exchange::Checked>
Exchange::check(PostedOrder const& order, crypto::Address const& signer, UtcTime now) {
    if (auto const good = check_gate(order, now); !good) return good.error();
    if (auto const good = check_owner(order, signer); !good) return good.error();
    auto const* market = markets_.find_token(order.fields.token);
    if (market == nullptr || market->phase == Phase::resolved)
        return refused(
            fmt::format("the orderbook {} does not exist", to_string(order.fields.token)), 404
        );
    if (market->phase == Phase::listed)
        return refused("the market is not yet ready to process new orders");
    auto const& m = market->market;
    if (auto const good = check_signature(order, m, signer); !good) return good.error();

    Checked checked;
    auto& record = checked.record;
    record.id = order_id_of(order.fields, contracts_, m.version, m.neg_risk);
    record.owner = order.owner;
    record.maker = order.fields.maker;
    record.market = m.condition;
    record.token = order.fields.token;
    record.side = order.fields.side;
    record.tif = order.tif;
    record.post_only = order.post_only;
    record.expiration = order.expiration;
    record.created_at = now;
    if (orders_.contains(record.id)) return invalid(record.id, "Duplicated.");
    if (order.tif != TimeInForce::gtd && order.expiration != 0)
        return refused("invalid expiration: only GTD orders expire");
    if (auto const good = read_terms(order, m, checked); !good) return good.error();
    record.account = accounts_.of(order.fields.maker).id;
    if (auto const good = reserve_for(m, checked); !good) return good.error();
    return checked;
}

} // namespace polyquant::sandbox

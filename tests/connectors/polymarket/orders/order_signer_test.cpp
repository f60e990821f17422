#include "connectors/polymarket/orders/order_signer.hpp"
#include "connectors/polymarket/orders/order_terms.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/vectors.hpp"

using namespace polyquant;
using namespace polyquant::polymarket;
using namespace polyquant::test;

namespace {

constexpr auto now = utc_from_millis(1'790'000'000'123);

std::shared_ptr<crypto::Signer const> anvil_signer() {
    auto const key =
        crypto::parse_hash32("0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80");
    return std::make_shared<crypto::Signer const>(
        crypto::Signer::create(crypto::SecretBytes{key.value()}).value()
    );
}

OrderSigner eoa_orders() {
    auto const signer = anvil_signer();
    return OrderSigner::create(
               signer,
               {SignatureType::eoa, signer->address()},
               contracts_of(polygon_chain_id).value(),
               "f4f247b7-4ac7-ff29-a152-04fda0a8755a"
    )
        .value();
}

Market market() {
    Market m;
    m.condition.bytes[0] = 1;
    m.up = parse_token_id(
               "71321045679252212594626385532706912750332728571942532289631379312455583992563"
    )
               .value();
    m.down = parse_token_id(
                 "52114319501245915516055106046884209969926127482827954674443846427813813222426"
    )
                 .value();
    return m;
}

PlaceOrder buy(Shares size, Price limit, TimeInForce tif) {
    PlaceOrder order;
    order.market = market().condition;
    order.token = market().up;
    order.size = size;
    order.limit = limit;
    order.tif = tif;
    return order;
}

std::string why(PlaceOrder const& order, Market const& m = market()) {
    auto const amounts = order_amounts(order, m);
    return amounts ? std::string{"accepted"} : amounts.error().detail;
}

} // namespace

TEST_CASE("An intent becomes the official client's bytes", "[polymarket][orders]") {
    auto const file = golden_vectors("orders_v2.json");
    simdjson::dom::element const row = file.rows("vectors").at(0).value();

    auto const order = eoa_orders().sign(
        buy(shares(5), cents(52), TimeInForce::gtc), market(), 479'249'096'354, now
    );

    CHECK(order.value().body == row["post"]["body"].get_string().value());
    CHECK(to_string(order.value().id) == text_at(row, "orderId"));
}

TEST_CASE("The same intent, salt and time give the same bytes", "[polymarket][orders]") {
    auto const intent = buy(shares(5), cents(93), TimeInForce::fok);

    auto const a = eoa_orders().sign(intent, market(), 7, now).value();
    auto const b = eoa_orders().sign(intent, market(), 7, now).value();
    auto const other_salt = eoa_orders().sign(intent, market(), 8, now).value();

    CHECK(a.body == b.body);
    CHECK(a.id == b.id);
    CHECK(a.id != other_salt.id);
}

TEST_CASE("A market of protocol v2 is signed for another exchange", "[polymarket][orders]") {
    auto v2 = market();
    v2.version = ProtocolVersion::v2;
    v2.up =
        parse_token_id("651150819117105875331414918119047680898421632356043490229292782433651916800"
        )
            .value();
    auto intent = buy(shares(5), cents(52), TimeInForce::gtc);
    intent.token = v2.up;
    auto const file = golden_vectors("orders_v3.json");

    auto const order = eoa_orders().sign(intent, v2, 479'249'096'354, now);

    CHECK(to_string(order.value().id) == text_at(file.rows("vectors").at(0).value(), "orderId"));
}

TEST_CASE(
    "A token whose form contradicts the market's version is not signed", "[polymarket][orders]"
) {
    auto v2 = market();
    v2.version = ProtocolVersion::v2;

    auto const order = eoa_orders().sign(buy(shares(5), cents(52), TimeInForce::gtc), v2, 1, now);

    REQUIRE_FALSE(order);
    CHECK(order.error().detail.find("form of protocol v1") != std::string::npos);
}

TEST_CASE("A salt that a JSON number cannot hold is refused", "[polymarket][orders]") {
    auto const intent = buy(shares(5), cents(52), TimeInForce::gtc);

    CHECK(eoa_orders().sign(intent, market(), salt_max, now));
    CHECK_FALSE(eoa_orders().sign(intent, market(), salt_max + 1, now));
}

TEST_CASE("Immediate buys are money rounded down to a cent", "[polymarket][orders]") {
    auto const even = order_amounts(buy(shares(5), cents(91), TimeInForce::fok), market());
    auto const odd =
        order_amounts(buy(Shares::from_micros(5'260'000), cents(95), TimeInForce::fak), market());

    CHECK(even.value() == OrderAmounts{4'550'000, 5'000'000});
    CHECK(odd.value() == OrderAmounts{4'990'000, 5'252'600});
}

TEST_CASE("Orders that the venue would refuse are refused before signing", "[polymarket][orders]") {
    auto foreign = buy(shares(5), cents(52), TimeInForce::gtc);
    foreign.token.bytes[31] ^= 1;
    auto post_only = buy(shares(5), cents(52), TimeInForce::fok);
    post_only.post_only = true;
    auto fine_tick = market();
    fine_tick.tick = Price::from_micros(1'000);
    auto odd_tick = market();
    odd_tick.tick = Price::from_micros(20'000);

    CHECK(why(foreign).find("does not belong") != std::string::npos);
    CHECK(why(post_only).find("post-only") != std::string::npos);
    CHECK(why(buy(shares(5), cents(100), TimeInForce::gtc)).find("outside") != std::string::npos);
    CHECK(why(buy(shares(5), Price{}, TimeInForce::gtc)).find("outside") != std::string::npos);
    CHECK(
        why(buy(shares(5), Price::from_micros(525'000), TimeInForce::gtc))
            .find("multiple of the tick") != std::string::npos
    );
    CHECK(
        why(buy(shares(5), Price::from_micros(525'000), TimeInForce::gtc), fine_tick) == "accepted"
    );
    CHECK(
        why(buy(shares(5), cents(52), TimeInForce::gtc), odd_tick).find("unknown tick") !=
        std::string::npos
    );
    CHECK(
        why(buy(shares(4), cents(52), TimeInForce::gtc)).find("minimum of 5") != std::string::npos
    );
    CHECK(
        why(buy(shares(1), cents(52), TimeInForce::fok)).find("minimum of 1") != std::string::npos
    );
    CHECK(
        why(buy(Shares{}, cents(52), TimeInForce::fok)).find("not positive") != std::string::npos
    );
    CHECK(why(buy(shares(2), cents(52), TimeInForce::fok)) == "accepted");
}

TEST_CASE("A GTD order carries its expiry and refuses one too near", "[polymarket][orders]") {
    auto intent = buy(shares(5), cents(52), TimeInForce::gtd);

    CHECK_FALSE(order_expiration(intent, now));
    intent.cancel_at = now + Seconds{59};
    CHECK_FALSE(order_expiration(intent, now));
    intent.cancel_at = now + Seconds{300};
    CHECK(order_expiration(intent, now).value() == 1'790'000'300);
    intent.tif = TimeInForce::gtc;
    CHECK(order_expiration(intent, now).value() == 0);
}

TEST_CASE("An account must pay from a wallet its type can have", "[polymarket][orders]") {
    auto const signer = anvil_signer();
    auto const contracts = contracts_of(polygon_chain_id).value();
    auto wallet = crypto::Address{};
    wallet.bytes.fill(0x11);
    auto const accepted = [&](SignatureType type, crypto::Address const& funder) {
        return OrderSigner::create(signer, {type, funder}, contracts, "owner").has_value();
    };

    CHECK(accepted(SignatureType::eoa, signer->address()));
    CHECK_FALSE(accepted(SignatureType::eoa, wallet));
    CHECK(accepted(SignatureType::safe, wallet));
    CHECK_FALSE(accepted(SignatureType::safe, signer->address()));
    CHECK_FALSE(accepted(SignatureType::deposit_wallet, crypto::Address{}));
}

TEST_CASE("A batch is an array of up to fifteen bodies", "[polymarket][orders]") {
    std::vector<SignedOrder> orders(2);
    orders[0].body = "{\"a\":1}";
    orders[1].body = "{\"b\":2}";

    CHECK(batch_body(orders).value() == "[{\"a\":1},{\"b\":2}]");
    orders.resize(16);
    CHECK_FALSE(batch_body(orders));
    CHECK_FALSE(batch_body({}));
}

TEST_CASE("Cancel bodies equal those of the signed vectors", "[polymarket][orders]") {
    auto const file = golden_vectors("hmac.json");
    OrderId order;
    order.bytes.fill(0x11);
    std::string_view single;
    for (auto row : file.rows("vectors"))
        if (text_at(row, "name") == "delete_order_body") single = text_at(row, "body");

    CHECK(
        cancel_body(
            parse_order_id("0x58387475e3e495830961b319b9130ac1c44def62b4133e836a0953cf50ae6eb9")
                .value()
        ) == single
    );
    CHECK(cancel_body(std::vector{order}) == "[\"0x" + std::string(64, '1') + "\"]");
}

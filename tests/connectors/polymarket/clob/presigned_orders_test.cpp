#include "connectors/polymarket/clob/presigned_orders.hpp"
#include "tests/connectors/polymarket/clob/clob_world.hpp"

using namespace polyquant;
using namespace polyquant::polymarket;
using namespace polyquant::polymarket::testing;

namespace {

struct Presigned : ClobWorld {
    PresignedOrders orders{{}};
    std::uint64_t salt = 50;

    Presigned() {
        open();
        orders.want(intent(), market, clock.utc_now());
        sign();
    }

    void sign() {
        while (orders.sign_next(session->orders(), [this] { return ++salt; }, clock.utc_now())) {
        }
    }
};

} // namespace

TEST_CASE("PresignedOrders hands out a signed order once", "[clob][presign]") {
    Presigned p;

    auto const first = p.orders.take(p.intent(), p.market, p.clock.utc_now());
    auto const second = p.orders.take(p.intent(), p.market, p.clock.utc_now());

    REQUIRE(first);
    CHECK(first->body.find(R"("salt":51)") != std::string::npos);
    CHECK_FALSE(second);
    CHECK(p.orders.hits() == 1);
    CHECK(p.orders.misses() == 1);
}

TEST_CASE("PresignedOrders fits the exact intent only", "[clob][presign]") {
    Presigned p;
    auto dearer = p.intent();
    dearer.limit = cents(53);
    auto larger = p.intent();
    larger.size = shares(11);

    CHECK_FALSE(p.orders.take(dearer, p.market, p.clock.utc_now()));
    CHECK_FALSE(p.orders.take(larger, p.market, p.clock.utc_now()));
    CHECK_FALSE(p.orders.take(p.intent(TimeInForce::fak), p.market, p.clock.utc_now()));
    CHECK(p.orders.take(p.intent(), p.market, p.clock.utc_now()));
}

TEST_CASE("PresignedOrders are worthless after a tick change or when old", "[clob][presign]") {
    Presigned p;
    auto finer = p.market;
    finer.tick = Price::from_micros(1'000);
    CHECK_FALSE(p.orders.take(p.intent(), finer, p.clock.utc_now()));

    p.orders.want(p.intent(), p.market, p.clock.utc_now());
    p.sign();
    CHECK_FALSE(p.orders.take(p.intent(), p.market, p.clock.utc_now() + Seconds{61}));
}

TEST_CASE("PresignedOrders are signed anew at half their age", "[clob][presign]") {
    Presigned p;
    auto const later = p.clock.utc_now() + Seconds{31};

    p.orders.want(p.intent(), p.market, later);
    while (p.orders.sign_next(p.session->orders(), [&p] { return ++p.salt; }, later)) {
    }
    auto const renewed = p.orders.take(p.intent(), p.market, later + Seconds{59});

    REQUIRE(renewed);
    CHECK(renewed->body.find(R"("salt":52)") != std::string::npos);
}

TEST_CASE("ClobVenue sends the order it had signed ahead", "[clob][presign]") {
    ClobWorld w;
    w.open();
    w.supervisor.start(runtime::Stage::close, "presign", w.venue->presign());
    w.venue->anticipate(w.intent());
    w.pass_until([&] { return w.venue->presigned().ready() == 1; });

    auto const order = w.prepared();

    CHECK(w.venue->presigned().hits() == 1);
    CHECK(order.bytes.find(R"("salt":1001)") != std::string::npos);
    w.clob.on("POST /order", {.body = w.accepted(order.id, "live")});
    CHECK(w.post(order));
}

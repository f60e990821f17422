#include "tests/connectors/polymarket/clob/clob_world.hpp"

using namespace polyquant;
using namespace polyquant::polymarket;
using namespace polyquant::polymarket::testing;

namespace {

constexpr auto created =
    R"({"apiKey":"new-key","secret":"c2VjcmV0LXNlY3JldC1zZWNyZXQ=","passphrase":"phrase"})";

} // namespace

TEST_CASE("ClobSession opens with stored credentials and signs every call", "[clob][session]") {
    ClobWorld w;

    w.open();

    auto const& call = w.clob.last("GET /auth/ban-status/closed-only");
    CHECK(
        call.head.find("POLY_ADDRESS: 0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266") !=
        std::string::npos
    );
    CHECK(call.head.find("POLY_API_KEY: " + std::string{our_key}) != std::string::npos);
    CHECK(call.head.find("POLY_SIGNATURE: ") != std::string::npos);
    CHECK(w.session->order_version() == 2);
    CHECK_FALSE(w.session->has_new_credentials());
    CHECK(w.clob.count("POST /auth/api-key") == 0);
}

TEST_CASE("ClobSession creates API credentials when none are stored", "[clob][session]") {
    ClobWorld w{false};
    w.clob.on("POST /auth/api-key", {.body = created});

    w.open();

    auto const& call = w.clob.last("POST /auth/api-key");
    CHECK(call.head.find("POLY_NONCE: 0") != std::string::npos);
    CHECK(call.body.empty());
    CHECK(w.session->api_key() == "new-key");
    CHECK(w.session->has_new_credentials());
}

TEST_CASE("ClobSession derives the credentials that exist already", "[clob][session]") {
    ClobWorld w{false};
    w.clob.on(
        "POST /auth/api-key", {.status = 400, .body = R"({"error":"Could not create api key"})"}
    );
    w.clob.on("GET /auth/derive-api-key", {.body = created});

    w.open();

    CHECK(w.session->api_key() == "new-key");
}

TEST_CASE("ClobSession derives anew when the venue refuses stored credentials", "[clob][session]") {
    ClobWorld w;
    w.clob.on(
        "GET /auth/ban-status/closed-only",
        {.status = 401, .body = R"({"error":"Unauthorized/Invalid api key"})"}
    );
    w.clob.then("GET /auth/ban-status/closed-only", {.body = R"({"closed_only":false})"});
    w.clob.on("POST /auth/api-key", {.status = 400, .body = R"({"error":"no"})"});
    w.clob.on("GET /auth/derive-api-key", {.body = created});

    w.open();

    CHECK(w.session->api_key() == "new-key");
    CHECK(w.session->has_new_credentials());
}

TEST_CASE("ClobSession never quotes an answer that may hold a secret", "[clob][session]") {
    ClobWorld w{false};
    w.clob.on("POST /auth/api-key", {.body = R"({"secret":"c2VjcmV0"})"});
    w.clob.on("GET /auth/derive-api-key", {.body = R"({"secret":"c2VjcmV0"})"});

    auto const opened = w.run(w.session->open(w.in(5s)));

    REQUIRE_FALSE(opened);
    CHECK(describe(opened.error()).find("c2VjcmV0") == std::string::npos);
}

TEST_CASE("ClobSession refuses a venue that wants another order version", "[clob][session]") {
    ClobWorld w;
    w.clob.on("GET /version", {.body = R"({"version":4})"});

    auto const opened = w.run(w.session->open(w.in(5s)));

    REQUIRE_FALSE(opened);
    CHECK(opened.error().detail.find("version 4") != std::string::npos);
    CHECK(w.venue->refusal(w.intent(), w.clock.utc_now()).has_value());
}

TEST_CASE("ClobSession stamps its calls with the venue's time", "[clob][session]") {
    ClobWorld w;
    w.clob.clock_ahead = Seconds{30};

    w.open();

    CHECK(w.session->clock_offset().proven() < Seconds{-28});
    auto const& call = w.clob.last("GET /auth/ban-status/closed-only");
    auto const stamp = unix_seconds(w.clock.utc_now() + Seconds{30});
    auto const near =
        call.head.find(fmt::format("POLY_TIMESTAMP: {}", stamp)) != std::string::npos ||
        call.head.find(fmt::format("POLY_TIMESTAMP: {}", stamp - 1)) != std::string::npos;
    CHECK(near);
}

TEST_CASE("ClobSession lets only closing trades pass in closed-only mode", "[clob][session]") {
    ClobWorld w;
    w.clob.on("GET /auth/ban-status/closed-only", {.body = R"({"closed_only":true})"});

    w.open();

    CHECK(w.venue->refusal(w.intent(), w.clock.utc_now()).has_value());
    CHECK_FALSE(
        w.venue->refusal(w.intent(TimeInForce::fok, Side::sell), w.clock.utc_now()).has_value()
    );
}

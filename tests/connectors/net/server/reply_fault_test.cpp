#include "tests/connectors/net/server/server_world.hpp"
#include "tests/support/catch.hpp"

using namespace polyquant;
using namespace polyquant::net;
using namespace polyquant::net::testing;
using server::HttpCall;
using server::HttpReply;
using server::ReplyFault;
using Kind = server::ReplyFault::Kind;

namespace {

// A venue with one order route that counts how often it acted.
struct FaultyVenue : ServerWorld {
    int acted = 0;
    std::optional<ReplyFault> fault{};

    FaultyVenue() {
        server::Router router;
        router.add_plain(Method::post, "/order", [this](HttpCall const&) {
            ++acted;
            return server::json_reply(R"({"success":true,"orderID":"0x01"})");
        });
        server::HttpServer::Options options;
        options.reply_fault = [this](HttpCall const&) {
            return fault;
        };
        serve(std::move(router), std::move(options));
    }

    Result<HttpResponse> post(Exchange* exchange = nullptr) {
        auto const pending = start(client.send(posting("/order", "{}"), in(Seconds{8}), exchange));
        pass_until([&] { return pending->is_done(); });
        return *pending->value;
    }
};

} // namespace

TEST_CASE("A hang before the reply is a timeout, and nothing was done", "[net][server][fault]") {
    FaultyVenue venue;
    venue.fault = ReplyFault{Kind::hang_before};
    Exchange exchange;

    auto const answer = venue.post(&exchange);

    REQUIRE(answer.has_error());
    CHECK(answer.error().fault == Fault::timeout);
    CHECK(exchange.wrote_any);
    CHECK_FALSE(exchange.answer_began);
    CHECK(venue.acted == 0);
}

TEST_CASE("Accepting and then timing out leaves the order placed", "[net][server][fault]") {
    FaultyVenue venue;
    venue.fault = ReplyFault{Kind::act_then_hang};

    auto const answer = venue.post();

    REQUIRE(answer.has_error());
    CHECK(answer.error().fault == Fault::timeout);
    CHECK(venue.acted == 1);
}

TEST_CASE("A hang during the reply shows its beginning only", "[net][server][fault]") {
    FaultyVenue venue;
    venue.fault = ReplyFault{Kind::hang_during};
    Exchange exchange;

    auto const answer = venue.post(&exchange);

    REQUIRE(answer.has_error());
    CHECK(answer.error().fault == Fault::timeout);
    CHECK(exchange.answer_began);
    CHECK(venue.acted == 1);
}

TEST_CASE(
    "A hang after the reply spoils the connection for the next request", "[net][server][fault]"
) {
    FaultyVenue venue;
    venue.fault = ReplyFault{Kind::hang_after};

    auto const first = venue.post();
    venue.fault.reset();
    auto const second = venue.post();
    auto const third = venue.post();

    CHECK(first.has_value());
    REQUIRE(second.has_error());
    CHECK(second.error().fault == Fault::timeout);
    CHECK(third.has_value()); // on a fresh connection
    CHECK(venue.http->statistics().connections == 2);
}

TEST_CASE("Resets reach the client as transport failures", "[net][server][fault]") {
    FaultyVenue venue;
    auto const [kind, acted] = GENERATE(
        std::pair{Kind::reset_before, 0},
        std::pair{Kind::act_then_reset, 1},
        std::pair{Kind::reset_during, 1}
    );
    venue.fault = ReplyFault{kind};

    auto const answer = venue.post();

    REQUIRE(answer.has_error());
    CHECK(answer.error().fault == Fault::transport);
    CHECK(venue.acted == acted);
}

TEST_CASE("A slow drip outlasts the client's patience", "[net][server][fault]") {
    FaultyVenue venue;
    ReplyFault drip{Kind::drip};
    auto const is_slow = GENERATE(true, false);
    drip.drip_every = is_slow ? Nanos{Millis{100}} : Nanos{Millis{1}};
    venue.fault = drip;
    Exchange exchange;

    auto const answer = venue.post(&exchange);

    CHECK(exchange.answer_began);
    CHECK(answer.has_error() == is_slow);
    if (is_slow) CHECK(answer.error().fault == Fault::timeout);
}

TEST_CASE("A replaced reply keeps the handler from acting", "[net][server][fault]") {
    FaultyVenue venue;
    ReplyFault fault{Kind::replace};
    fault.reply = server::json_reply(R"({"error":"slow down"})", 429);
    fault.reply.headers.push_back({"Retry-After", "7"});
    venue.fault = fault;

    auto const answer = venue.post();

    REQUIRE(answer.has_value());
    CHECK(answer->status == 429);
    CHECK(retry_after(*answer, venue.clock.utc_now()) == Seconds{7});
    CHECK(venue.acted == 0);
}

TEST_CASE("An edited reply carries the handler's work in another form", "[net][server][fault]") {
    FaultyVenue venue;
    ReplyFault fault{Kind::edit};
    fault.edit = [](HttpReply& reply) {
        reply.body.resize(reply.body.size() / 2);
    };
    venue.fault = fault;

    auto const answer = venue.post();

    REQUIRE(answer.has_value());
    CHECK(answer->body == R"({"success":true,)");
    CHECK(venue.acted == 1);
}

TEST_CASE("A server with hanging replies still stops in order", "[net][server][fault]") {
    FaultyVenue venue;
    venue.fault = ReplyFault{Kind::act_then_hang};
    auto const pending =
        venue.start(venue.client.send(venue.posting("/order", "{}"), Instant::max()));
    venue.run_until([&] { return venue.acted == 1; });

    auto const report = venue.stop();

    CHECK(report.clean());
    venue.run_until([&] { return pending->is_done(); });
    CHECK(pending->value->has_error());
}

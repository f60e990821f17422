#include "connectors/json/dom.hpp"
#include "connectors/sandbox/fault_plan.hpp"
#include "connectors/sandbox/server_faults.hpp"
#include "tests/connectors/net/server/server_world.hpp"
#include "tests/support/catch.hpp"

using namespace polyquant;
using namespace polyquant::net;
using namespace polyquant::net::testing;
using namespace polyquant::sandbox;

namespace {

constexpr auto book_text =
    R"({"event_type":"book","hash":"0123456789abcdef0123456789abcdef01234567","bids":[{"price":"0.5"}]})";

// Sends the same frame under a topic whenever it hears anything.
struct BookService final : server::WsService {
    void on_open(std::shared_ptr<server::WsPeer>) override {}

    void on_text(server::WsPeer& peer, std::string_view topic) override {
        peer.send(book_text, topic);
    }

    void on_closed(server::WsPeer&, int) override {}
};

// A venue under a script, asked through this repository's clients.
struct Venue : ServerWorld {
    FaultPlan plan;
    BookService books{};
    int acted = 0;
    std::optional<WsClient> ws{};

    explicit Venue(std::string_view script)
        : plan{parse_fault_script(script, "test").value(), clock.utc_now(), 1} {
        server::Router router;
        router.add_plain(Method::post, "/order", [this](server::HttpCall const&) {
            ++acted;
            return server::json_reply(R"({"success":true,"rows":[{"a":1}],"empty":{}})");
        });
        router.add_socket("/ws/market", books, {});
        server::HttpServer::Options options;
        options.reply_fault = reply_faults(Service::clob, plan, clock);
        options.message_fault = message_faults(Service::clob_stream, plan, clock);
        serve(std::move(router), std::move(options));
    }

    Result<HttpResponse> post() {
        auto const pending = start(client.send(posting("/order", "{}"), in(Seconds{8})));
        pass_until([&] { return pending->is_done(); });
        return *pending->value;
    }

    void open() {
        ws.emplace(dialer, supervisor, "test.ws", WsClient::Options{});
        auto op = [](WsClient& c, WsRequest r, Instant end) -> Task<bool> {
            auto const opened = co_await c.open(std::move(r), end);
            co_return opened.has_value();
        };
        REQUIRE(run(op(*ws, {url("/ws/market", "wss"), {}}, in(Seconds{10}))));
    }

    std::string next() {
        auto const pending = start(ws->next());
        pass_until([&] { return pending->is_done(); });
        return *pending->value ? (*pending->value)->payload : std::string{"gone"};
    }
};

bool is_json(std::string_view text) {
    simdjson::dom::parser parser;
    return json::parse(parser, text, "test").has_value();
}

} // namespace

TEST_CASE("A scripted reply fault is what its name says", "[sandbox][fault]") {
    struct Case {
        char const* fault;
        bool acts;
        std::optional<Fault> failure; // empty: an answer comes
        int status;
        bool readable;
    };

    auto const c = GENERATE(
        Case{"hang_before", false, Fault::timeout, 0, false},
        Case{"accept_then_time_out", true, Fault::timeout, 0, false},
        Case{"accept_then_reset", true, Fault::transport, 0, false},
        Case{"hang_during", true, Fault::timeout, 0, false},
        Case{"hang_after", true, std::nullopt, 200, true},
        Case{"reset_before", false, Fault::transport, 0, false},
        Case{"reset_during", true, Fault::transport, 0, false},
        Case{"drip drip=1s", true, Fault::timeout, 0, false},
        Case{"server_error status=502", false, std::nullopt, 502, false},
        Case{"rate_limit retry_after=9s", false, std::nullopt, 429, true},
        Case{"garbage", true, std::nullopt, 200, false},
        Case{"truncated_json", true, std::nullopt, 200, false},
        Case{"unknown_fields", true, std::nullopt, 200, true}
    );
    CAPTURE(c.fault);
    Venue venue{std::string{"for 1h service=clob path=/order fault="} + c.fault};

    auto const answer = venue.post();

    CHECK(venue.acted == (c.acts ? 1 : 0));
    if (c.failure) {
        REQUIRE(answer.has_error());
        CHECK(answer.error().fault == *c.failure);
        return;
    }
    REQUIRE(answer.has_value());
    CHECK(answer->status == c.status);
    CHECK(is_json(answer->body) == c.readable);
    if (c.status == 429) CHECK(retry_after(*answer, venue.clock.utc_now()) == Seconds{9});
}

TEST_CASE("Unknown fields leave the known ones as they were", "[sandbox][fault]") {
    Venue venue{"for 1h fault=unknown_fields"};

    auto const answer = venue.post().value();

    simdjson::dom::parser parser;
    auto const root = json::parse(parser, answer.body, "test").value();
    CHECK(json::flag(root, "success") == true);
    CHECK(json::member(root, "zzUnknownObject").has_value());
    CHECK(json::whole(root["rows"].at(0).value(), "a") == 1);
    CHECK(json::member(root["rows"].at(0).value(), "zzUnknownNumber").has_value());
    CHECK(answer.body.find(R"("empty":{})") != std::string::npos);
}

TEST_CASE("A frozen topic is silent on a socket that is otherwise healthy", "[sandbox][fault]") {
    Venue venue{"for 1h topic=book/1 fault=freeze_topic"};
    venue.open();

    venue.ws->post("book/1");
    venue.ws->post("book/1");
    venue.ws->post("book/2");

    CHECK(venue.next() == book_text);
    CHECK(venue.http->statistics().faults == 2);
    CHECK(venue.ws->is_open());
}

TEST_CASE("A wrong hash changes nothing but the hash", "[sandbox][fault]") {
    Venue venue{"count=1 fault=wrong_hash"};
    venue.open();
    venue.ws->post("book/1");
    venue.ws->post("book/1");

    auto const spoiled = venue.next();
    auto const whole = venue.next();

    CHECK(whole == book_text);
    CHECK(spoiled.size() == whole.size());
    CHECK(spoiled.find("1123456789abcdef") != std::string::npos);
    CHECK(is_json(spoiled));
}

TEST_CASE("Damaged messages still arrive as text frames", "[sandbox][fault]") {
    Venue venue{"count=1 fault=truncated_json\nat 1s count=1 fault=garbage"};
    venue.open();
    venue.ws->post("book/1");
    auto const truncated = venue.next();
    venue.advance(Seconds{1});
    venue.ws->post("book/1");

    auto const garbage = venue.next();

    CHECK_FALSE(is_json(truncated));
    CHECK_FALSE(is_json(garbage));
    CHECK(venue.ws->is_open());
}

TEST_CASE("A socket reset ends the connection, and the next one works", "[sandbox][fault]") {
    Venue venue{"count=1 fault=reset_socket"};
    venue.open();
    venue.ws->post("book/1");
    REQUIRE(venue.next() == "gone");

    venue.open();
    venue.ws->post("book/1");

    CHECK(venue.next() == book_text);
}

TEST_CASE("Certificate faults choose what new connections are shown", "[sandbox][fault]") {
    auto const real_now = std::chrono::time_point_cast<Nanos>(std::chrono::system_clock::now());
    auto const ca = server::CertificateAuthority::make("test", real_now).value();
    auto const served = ServedCredentials::make(ca, real_now).value();
    auto const start = utc_from_seconds(1'776'081'600);
    FaultPlan const plan{
        parse_fault_script(
            "for 10s service=clob fault=wrong_host\nat 10s for 10s fault=expired\n"
            "at 20s for 10s service=clob fault=unknown_authority",
            "test"
        )
            .value(),
        start,
        1
    };
    auto const shown = [&](Service service, int seconds) {
        return served.of(service, plan, start + Seconds{seconds}).certificate_pem;
    };

    CHECK(shown(Service::clob, 0) == served.wrong_host.certificate_pem);
    CHECK(shown(Service::gamma, 0) == served.usual.certificate_pem);
    CHECK(shown(Service::gamma, 10) == served.expired.certificate_pem);
    CHECK(shown(Service::clob, 20) == served.unknown_authority.certificate_pem);
    CHECK(shown(Service::clob, 30) == served.usual.certificate_pem);
}

TEST_CASE("A clock offset shifts what one service tells", "[sandbox][fault]") {
    auto const start = utc_from_seconds(1'776'081'600);
    FaultPlan const plan{
        parse_fault_script("for 10s service=clob fault=clock_offset offset=-5s", "test").value(),
        start,
        1
    };

    CHECK(told_time(Service::clob, plan, start) == start - Seconds{5});
    CHECK(told_time(Service::gamma, plan, start) == start);
    CHECK(told_time(Service::clob, plan, start + Seconds{10}) == start + Seconds{10});
}

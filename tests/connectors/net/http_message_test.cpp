#include "connectors/net/http_message.hpp"
#include "tests/support/catch.hpp"

using namespace polyquant;
using namespace polyquant::net;

namespace {

UtcTime const now = parse_utc("1994-11-06T08:49:00Z").value();

} // namespace

TEST_CASE("Headers are found whatever their case, the first one wins", "[net][http]") {
    Headers const headers{{"Content-Type", "a"}, {"content-type", "b"}};

    CHECK(find_header(headers, "CONTENT-TYPE") == "a");
    CHECK_FALSE(find_header(headers, "Content").has_value());
}

TEST_CASE("Retry-After is seconds or a date in any of its three forms", "[net][http]") {
    CHECK(parse_retry_after("0", now) == Nanos{0});
    CHECK(parse_retry_after(" 120 ", now) == Seconds{120});
    CHECK(parse_retry_after("Sun, 06 Nov 1994 08:49:37 GMT", now) == Seconds{37});
    CHECK(parse_retry_after("Sunday, 06-Nov-94 08:49:37 GMT", now) == Seconds{37});
    CHECK(parse_retry_after("Sun Nov  6 08:49:37 1994", now) == Seconds{37});
}

TEST_CASE("Retry-After in the past means now, and nothing means years", "[net][http]") {
    auto const week = std::chrono::hours{24 * 7};

    CHECK(parse_retry_after("Sun, 06 Nov 1994 08:00:00 GMT", now) == Nanos{0});
    CHECK(parse_retry_after("Sun, 06 Nov 2094 08:00:00 GMT", now) == week);
    CHECK(parse_retry_after("99999999999", now) == week);
    CHECK(parse_retry_after("99999999999999999999999", now) == week);
}

TEST_CASE("Retry-After that is neither is not obeyed", "[net][http]") {
    auto const* const text = GENERATE(
        "",
        "soon",
        "-1",
        "1.5",
        "12s",
        "Sun, 31 Feb 1994 08:49:37 GMT",
        "Sun, 06 Foo 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 25:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37 CET",
        "Sun, 06 Nov 1994 08:49:37 GMT trailing"
    );

    CHECK_FALSE(parse_retry_after(text, now).has_value());
}

TEST_CASE("A status tells the caller what to do next", "[net][http]") {
    CHECK_FALSE(fault_of_status(200).has_value());
    CHECK_FALSE(fault_of_status(204).has_value());
    for (auto const status : {418, 429})
        CHECK(fault_of_status(status) == Fault::rate_limited);
    for (auto const status : {401, 403, 407})
        CHECK(fault_of_status(status) == Fault::auth);
    for (auto const status : {408, 425, 500, 502, 503, 504, 599})
        CHECK(fault_of_status(status) == Fault::transport);
    for (auto const status : {301, 302, 304, 308, 400, 404, 409, 422, 451})
        CHECK(fault_of_status(status) == Fault::rejected);
}

TEST_CASE("A failed answer is quoted, short and without control characters", "[net][http]") {
    HttpResponse const response{400, {}, "bad\r\n\x1b[31m" + std::string(1000, 'x')};

    auto const result = require_success(response, "clob.post");

    REQUIRE(result.has_error());
    CHECK(result.error().http_status == 400);
    CHECK(result.error().detail.starts_with("bad   [31mxxx"));
    CHECK(result.error().detail.size() == 303);
}

TEST_CASE("A redirect is refused with where it points", "[net][http]") {
    HttpResponse const response{302, {{"Location", "https://elsewhere.example/"}}, ""};

    auto const result = require_success(response, "gamma");

    REQUIRE(result.has_error());
    CHECK(result.error().fault == Fault::rejected);
    CHECK(result.error().detail.find("https://elsewhere.example/") != std::string::npos);
}

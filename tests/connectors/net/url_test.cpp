#include "connectors/net/url.hpp"
#include "tests/support/catch.hpp"

using namespace polyquant;
using namespace polyquant::net;

TEST_CASE("Url splits an address into what a connection needs", "[net][url]") {
    struct Row {
        char const* text;
        Scheme scheme;
        char const* host;
        std::uint16_t port;
        char const* target;
    };

    auto const row = GENERATE(values<Row>({
        {"https://clob.example.com", Scheme::https, "clob.example.com", 443, "/"},
        {"https://clob.example.com/a/b?x=1&y=%20#z",
         Scheme::https,
         "clob.example.com",
         443,
         "/a/b?x=1&y=%20"},
        {"HTTPS://Clob.Example.COM:8443/A", Scheme::https, "clob.example.com", 8443, "/A"},
        {"wss://stream.example.com:9443/ws/btc@trade",
         Scheme::wss,
         "stream.example.com",
         9443,
         "/ws/btc@trade"},
        {"https://h?q=1", Scheme::https, "h", 443, "/?q=1"},
        {"http://127.0.0.1:80/", Scheme::http, "127.0.0.1", 80, "/"},
        {"ws://localhost:1/", Scheme::ws, "localhost", 1, "/"},
        {"http://[::1]:8080/x", Scheme::http, "::1", 8080, "/x"},
        {"https://[2001:db8::1]/", Scheme::https, "2001:db8::1", 443, "/"},
    }));

    auto const url = parse_url(row.text);

    REQUIRE(url.has_value());
    CHECK(url->scheme == row.scheme);
    CHECK(url->host == row.host);
    CHECK(url->port == row.port);
    CHECK(url->target == row.target);
}

TEST_CASE("Url refuses what it cannot mean", "[net][url]") {
    auto const* const text = GENERATE(
        "",
        "example.com",
        "ftp://example.com",
        "https://",
        "https://:443",
        "https://a b",
        "https://a\n",
        "https://a/\r\nX: y",
        "https://a:0",
        "https://a:65536",
        "https://a:",
        "https://a:12x",
        "https://user:secret@example.com",
        "https://@example.com",
        "https://[::1",
        "https://[zz]",
        "https://::1/",
        "https://ex!ample",
        "https://\xc3\xa9"
    );

    auto const url = parse_url(text);

    REQUIRE(url.has_error());
    CHECK(url.error().fault == Fault::invalid);
}

TEST_CASE("Url keeps plain text on the loopback", "[net][url]") {
    CHECK(parse_url("http://127.0.0.1/").has_value());
    CHECK(parse_url("http://127.8.9.1/").has_value());
    CHECK(parse_url("ws://localhost/").has_value());
    CHECK(parse_url("http://[::1]/").has_value());
    CHECK(parse_url("http://example.com/").has_error());
    CHECK(parse_url("http://10.0.0.1/").has_error());
    CHECK(parse_url("ws://localhost.example.com/").has_error());
    CHECK(parse_url("http://127.0.0.1.example.com/").has_error());
}

TEST_CASE("Url never repeats a password in its error", "[net][url]") {
    auto const url = parse_url("https://user:secret@example.com/");

    REQUIRE(url.has_error());
    CHECK(url.error().detail.find("secret") == std::string::npos);
}

TEST_CASE("Url prints what it parsed", "[net][url]") {
    auto const* const text = GENERATE(
        "https://example.com/", "https://example.com:8443/a?b=c", "http://[::1]:81/", "wss://h/x"
    );

    CHECK(parse_url(text).value().to_string() == text);
}

TEST_CASE("Query values are encoded and keep their order", "[net][url]") {
    CHECK(with_query("/k", {}) == "/k");
    CHECK(with_query("/k", {{"s", "BTC/USD"}, {"a", "1 2"}}) == "/k?s=BTC%2FUSD&a=1%202");
    CHECK(with_query("/k?x=1", {{"y", "\xe2\x82\xac"}}) == "/k?x=1&y=%E2%82%AC");
    CHECK(percent_encode("aZ09-._~") == "aZ09-._~");
}

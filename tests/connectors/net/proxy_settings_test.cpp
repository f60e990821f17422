#include "connectors/net/proxy_settings.hpp"
#include "tests/support/catch.hpp"

#include <map>

using namespace polyquant;
using namespace polyquant::net;

namespace {

using Environment = std::map<std::string, std::string>;

Result<ProxySettings> settings(Environment const& environment) {
    return ProxySettings::from([&](std::string const& name) -> std::optional<std::string> {
        auto const found = environment.find(name);
        if (found == environment.end()) return std::nullopt;
        return found->second;
    });
}

std::string proxy_of(Environment const& environment, char const* url) {
    auto const proxy = settings(environment).value().proxy_for(parse_url(url).value());
    return proxy ? proxy->host + ":" + std::to_string(proxy->port) : "direct";
}

} // namespace

TEST_CASE("Proxies come from the environment, lower case first", "[net][proxy]") {
    CHECK(proxy_of({}, "https://a.com/") == "direct");
    CHECK(proxy_of({{"HTTPS_PROXY", "http://p:3128"}}, "https://a.com/") == "p:3128");
    CHECK(proxy_of({{"HTTPS_PROXY", "http://p:3128/"}}, "wss://a.com/") == "p:3128");
    CHECK(proxy_of({{"HTTPS_PROXY", "p:3128"}}, "https://a.com/") == "p:3128");
    CHECK(proxy_of({{"HTTPS_PROXY", "http://p"}}, "https://a.com/") == "p:80");
    CHECK(
        proxy_of(
            {{"HTTPS_PROXY", "http://p:1"}, {"https_proxy", "http://q:2"}}, "https://a.com/"
        ) == "q:2"
    );
    CHECK(proxy_of({{"HTTP_PROXY", "http://p:1"}}, "https://a.com/") == "direct");
    CHECK(proxy_of({{"HTTPS_PROXY", ""}}, "https://a.com/") == "direct");
}

TEST_CASE("NO_PROXY names hosts, domains and ports", "[net][proxy]") {
    auto const with = [](char const* list, char const* url) {
        return proxy_of({{"HTTPS_PROXY", "http://p:1"}, {"NO_PROXY", list}}, url);
    };

    CHECK(with("a.com", "https://a.com/") == "direct");
    CHECK(with("a.com", "https://b.a.com/") == "direct");
    CHECK(with(".a.com", "https://b.a.com/") == "direct");
    CHECK(with("*.a.com", "https://b.a.com/") == "direct");
    CHECK(with("A.Com , x", "https://a.com/") == "direct");
    CHECK(with("a.com", "https://ba.com/") == "p:1");
    CHECK(with("*", "https://anything.com/") == "direct");
    CHECK(with("a.com:8443", "https://a.com:8443/") == "direct");
    CHECK(with("a.com:8443", "https://a.com/") == "p:1");
    CHECK(with("10.0.0.1", "https://10.0.0.1/") == "direct");
    CHECK(with("2001:db8::1", "https://[2001:db8::1]/") == "direct");
    CHECK(with(",,", "https://a.com/") == "p:1");
}

TEST_CASE("The loopback is never reached through a proxy", "[net][proxy]") {
    Environment const environment{{"HTTPS_PROXY", "http://p:1"}, {"HTTP_PROXY", "http://p:1"}};

    CHECK(proxy_of(environment, "https://127.0.0.1/") == "direct");
    CHECK(proxy_of(environment, "http://localhost:8080/") == "direct");
    CHECK(proxy_of(environment, "https://[::1]/") == "direct");
}

TEST_CASE("A proxy's credentials become its own header", "[net][proxy]") {
    auto const parsed = settings({{"https_proxy", "http://user:p%40ss@p:3128"}});

    auto const proxy = parsed.value().proxy_for(parse_url("https://a.com/").value());

    CHECK(proxy == Proxy{"p", 3128, "Basic dXNlcjpwQHNz"});
}

TEST_CASE("A proxy setting that cannot be used is named", "[net][proxy]") {
    auto const* const text =
        GENERATE("socks5://p:1080", "https://p:443", "http://", "p:x", "u%zz@p:1");

    auto const parsed = settings({{"https_proxy", text}});

    REQUIRE(parsed.has_error());
    CHECK(parsed.error().where == "environment HTTPS_PROXY");
}

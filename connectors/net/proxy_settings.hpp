// The usual environment variables for HTTP proxies.
#pragma once

#include "connectors/net/url.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace polyquant::net {

struct Proxy {
    std::string host;
    std::uint16_t port = 80;
    std::string authorization; // the value of Proxy-Authorization; empty: none
    bool operator==(Proxy const&) const = default;
};

class ProxySettings {
public:
    // No proxy at all.
    ProxySettings() = default;

    // HTTPS_PROXY (for https and wss), HTTP_PROXY (for http and ws) and NO_PROXY, each also in
    // lower case, which wins as it does in curl. A proxy is "http://[user:password@]host:port" or
    // "host:port". NO_PROXY is a comma separated list of hosts, domains (".example.com" and
    // "example.com" both cover subdomains), "host:port" or "*".
    using Lookup = std::function<std::optional<std::string>(std::string const& name)>;
    static Result<ProxySettings> from(Lookup const& lookup);
    static Result<ProxySettings> from_environment();

    // The loopback is never reached through a proxy.
    std::optional<Proxy> proxy_for(Url const& url) const;

private:
    struct Exception {
        std::string domain; // without a leading dot; "*" for all
        std::optional<std::uint16_t> port;
    };

    std::optional<Proxy> encrypted_;
    std::optional<Proxy> plain_;
    std::vector<Exception> exceptions_;
};

} // namespace polyquant::net

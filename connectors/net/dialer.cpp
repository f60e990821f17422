#include "connectors/net/dialer.hpp"

#include "engine/runtime/deadline.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace polyquant::net {

namespace {

constexpr std::size_t proxy_answer_max = 8192;

// The tunnel through a proxy. Its answer is read byte by byte: what follows the blank line belongs
// to the venue.
Task<Result<void>> open_tunnel(Wire& wire, Url url, std::string authorization) {
    auto const target = fmt::format(
        "{}:{}", url.host.find(':') == std::string::npos ? url.host : "[" + url.host + "]", url.port
    );
    auto request = fmt::format("CONNECT {0} HTTP/1.1\r\nHost: {0}\r\n", target);
    if (!authorization.empty()) request += "Proxy-Authorization: " + authorization + "\r\n";
    request += "\r\n";
    auto const written = co_await wire.write_all(request);
    if (!written) co_return written.error();

    std::string answer;
    while (!answer.ends_with("\r\n\r\n")) {
        if (answer.size() == proxy_answer_max) {
            co_return Failure{Fault::parse, "proxy", "its answer has no end"};
        }
        char byte = 0;
        auto const got = co_await wire.read_some(&byte, 1);
        if (!got) co_return got.error();
        if (*got == 0) co_return Failure{Fault::transport, "proxy", "closed the connection"};
        answer += byte;
    }
    auto const line = answer.substr(0, answer.find('\r'));
    if (line.starts_with("HTTP/1.") && line.size() >= 12 && line.substr(8, 2) == " 2") {
        co_return Result<void>{};
    }
    auto const refused_key = line.size() >= 12 && line.substr(9, 3) == "407";
    co_return Failure{
        refused_key ? Fault::auth : Fault::transport,
        "proxy",
        "refused the tunnel to " + target + ": " + line
    };
}

} // namespace

Dialer::Dialer(
    asio::any_io_executor executor,
    runtime::Clock& clock,
    Resolver& resolver,
    TlsContext tls,
    ProxySettings proxies,
    StageLimits limits
)
    : executor_{std::move(executor)}, clock_{clock}, resolver_{resolver}, tls_{std::move(tls)},
      proxies_{std::move(proxies)}, limits_{limits} {}

Task<Result<std::unique_ptr<Wire>>> Dialer::dial(Url url, Instant deadline) {
    using runtime::within;
    auto const at = url.authority();
    auto const proxy = proxies_.proxy_for(url);
    auto const host = proxy ? proxy->host : url.host;
    auto const port = proxy ? proxy->port : url.port;

    auto addresses = co_await resolver_.resolve(host, stage_end(limits_.resolve, deadline));
    if (!addresses) co_return addresses.error();
    auto wire = co_await connect_any(
        std::move(*addresses), port, "connect " + at, stage_end(limits_.connect, deadline)
    );
    if (!wire) co_return wire.error();

    if (proxy) {
        auto const end = stage_end(limits_.proxy, deadline);
        auto const opened = co_await within(
            clock_, end, "proxy for " + at, open_tunnel(**wire, url, proxy->authorization)
        );
        if (!opened) co_return opened.error();
    }
    if (url.is_encrypted()) {
        auto const end = stage_end(limits_.handshake, deadline);
        auto const secured =
            co_await within(clock_, end, "tls " + at, (*wire)->start_tls(tls_, url.host));
        if (!secured) {
            auto failure = secured.error();
            failure.where = "tls " + at;
            co_return failure;
        }
    }
    co_return wire;
}

// One address after another, each with an equal share of the time that is left, so that a dead
// first address does not use up all of it.
Task<Result<std::unique_ptr<Wire>>>
Dialer::connect_any(Addresses addresses, std::uint16_t port, std::string where, Instant deadline) {
    Failure last{Fault::transport, where, "no address"};
    for (std::size_t i = 0; i < addresses.size(); ++i) {
        auto const left = deadline - clock_.now();
        auto const share = left / static_cast<std::int64_t>(addresses.size() - i);
        auto wire = std::make_unique<Wire>(executor_);
        auto const connected = co_await runtime::within(
            clock_, clock_.now() + share, where, wire->connect({addresses[i], port})
        );
        if (connected) co_return Result<std::unique_ptr<Wire>>{std::move(wire)};
        last = connected.error();
        last.where = where;
        last.detail = addresses[i].to_string() + ": " + last.detail;
        if (last.fault == Fault::cancelled) break;
    }
    co_return last;
}

} // namespace polyquant::net

#include "engine/app/web_listener.hpp"

#include "connectors/net/url.hpp"

#include <fmt/format.h>

#include <array>
#include <unistd.h>

namespace polyquant::app {

namespace {

using net::server::CertificateAuthority;
using net::server::CertificateRequest;
using net::server::Credentials;

constexpr std::chrono::hours certificate_life{24 * 825};

std::string host_name() {
    std::array<char, 256> name{};
    if (::gethostname(name.data(), name.size() - 1) != 0) return "localhost";
    return name.data();
}

// Made anew at each start; clients trust the authority, which stays.
Result<Credentials>
make_credentials(WebPlace const& place, std::filesystem::path const& authority, UtcTime now) {
    auto const ca = CertificateAuthority::open_or_create(authority, now);
    if (!ca) return ca.error();
    CertificateRequest request;
    request.names = {"localhost", "127.0.0.1", host_name(), place.address};
    request.valid_from = now - std::chrono::hours{1};
    request.valid_until = now + certificate_life;
    return ca->issue(request);
}

} // namespace

Result<std::shared_ptr<net::server::Access>>
make_access(WebPlace const& place, std::string cookie, std::string login_path) {
    auto token = net::server::read_access_token(place.token_file, place.token_variable);
    if (!token) {
        auto failure = token.error();
        failure.detail += fmt::format(" ([{}] token_file)", place.section);
        return failure;
    }
    auto const is_local = net::is_loopback(place.address);
    if (!is_local && !*token)
        return Failure{
            Fault::invalid,
            fmt::format("[{}] address = \"{}\"", place.section, place.address),
            fmt::format(
                "others could read it: set token_file in [{}] or {} (openssl rand -hex 24)",
                place.section,
                place.token_variable
            )
        };
    return std::make_shared<net::server::Access>(net::server::Access::Options{
        std::move(*token), std::move(cookie), !is_local, std::move(login_path)
    });
}

Result<WebListener> listen_web(
    asio::any_io_executor executor,
    runtime::Clock& clock,
    runtime::Supervisor& supervisor,
    net::server::Router router,
    WebPlace const& place,
    std::filesystem::path const& authority,
    std::function<void(Failure const&)> on_trouble
) {
    net::server::HttpServer::Options options;
    options.name = place.section;
    options.address = place.address;
    options.port = static_cast<std::uint16_t>(place.port);
    options.limits.connections_max = place.connections_max;
    options.limits.body_bytes_max = 4 * 1024; // nobody posts anything
    options.on_trouble = std::move(on_trouble);
    if (!net::is_loopback(place.address)) {
        auto credentials = make_credentials(place, authority, clock.utc_now());
        if (!credentials) return credentials.error();
        options.credentials = std::move(*credentials);
    }
    auto server = net::server::HttpServer::listen(
        std::move(executor), clock, supervisor, std::move(router), std::move(options)
    );
    if (!server) {
        auto failure = server.error();
        failure.where = fmt::format("[{}] port = {}", place.section, place.port);
        failure.detail += fmt::format(
            "; set another port in [{0}] (0: any free one), or [{0}] enabled = false", place.section
        );
        failure.fault = Fault::invalid;
        return failure;
    }
    auto url = (*server)->origin();
    return WebListener{std::move(*server), std::move(url)};
}

} // namespace polyquant::app

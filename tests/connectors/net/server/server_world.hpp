// The production server against this repository's own clients: real TLS, simulated time.
#pragma once

#include "connectors/net/server/http_server.hpp"
#include "connectors/net/ws_client.hpp"
#include "tests/connectors/net/net_world.hpp"

namespace polyquant::net::testing {

inline server::Credentials venue_credentials() {
    auto const& venue = Trust::shared().venue;
    return {venue.certificate_pem, venue.key_pem};
}

struct ServerWorld : NetWorld {
    std::vector<std::string> failures{}; // of supervised tasks: none is ever expected
    std::vector<Failure> troubles{};     // what the server reported
    runtime::Supervisor supervisor{
        io.get_executor(),
        clock,
        [this](std::string const& name, Failure const& failure) {
            failures.push_back(name + ": " + describe(failure));
        }
    };
    std::unique_ptr<server::HttpServer> http{};

    void serve(server::Router router, server::HttpServer::Options options = {}) {
        options.name = "test";
        if (!options.credentials) options.credentials = venue_credentials();
        options.on_trouble = [this](Failure const& f) {
            troubles.push_back(f);
        };
        auto made = server::HttpServer::listen(
            io.get_executor(), clock, supervisor, std::move(router), std::move(options)
        );
        http = std::move(made.value());
    }

    Url url(std::string const& target = "/", char const* scheme = "https") const {
        return parse_url(
                   std::string{scheme} + "://venue.test:" + std::to_string(http->port()) + target
        )
            .value();
    }

    Result<HttpResponse> get(std::string const& target = "/", Exchange* exchange = nullptr) {
        return run(client.send(get_request(url(target)), in(Seconds{60}), exchange));
    }

    HttpRequest posting(std::string const& target, std::string body) const {
        HttpRequest request;
        request.method = Method::post;
        request.url = url(target);
        request.body = std::move(body);
        return request;
    }

    // Waits for connection jobs to end, then stops everything as a program would.
    runtime::StopReport stop() {
        auto const pending = start(supervisor.stop());
        pass_until([&] { return pending->is_done(); });
        return *pending->value;
    }
};

} // namespace polyquant::net::testing

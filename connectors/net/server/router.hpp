// Which handler answers a request: method and path pattern.
#pragma once

#include "connectors/net/server/ws_peer.hpp"

#include <functional>
#include <string>
#include <vector>

namespace polyquant::net::server {

class Router {
public:
    // A pattern is literal segments and {parameters}: "/events/slug/{slug}". A literal segment goes
    // before a parameter; a trailing slash makes no difference. Adding one twice is a bug.
    void add(Method method, std::string pattern, Handler handler);
    void add_plain(Method method, std::string pattern, PlainHandler handler);
    // GET with an upgrade. Without one it answers 426.
    void add_socket(std::string pattern, WsService& service, WsOptions options = {});

    // Asked before every handler and upgrade: an answer here is the answer (a restart's 425).
    using Gate = std::function<std::optional<HttpReply>(HttpCall const&)>;

    void set_gate(Gate gate) { gate_ = std::move(gate); }

    // Sees every answer last: rate-limit headers, request ids.
    using Finish = std::function<void(HttpCall const&, HttpReply&)>;

    void set_finish(Finish finish) { finish_ = std::move(finish); }

    struct Route {
        Method method = Method::get;
        std::vector<std::string> segments;
        Handler handler{};
        WsService* service = nullptr;
        WsOptions socket{};
    };

    // Null when none fits; fills `call.parameters`. A path that exists for other methods only
    // leaves them in `allowed` ("GET, POST").
    Route const* find(HttpCall& call, std::string& allowed) const;

    Gate const& gate() const { return gate_; }

    Finish const& finish() const { return finish_; }

private:
    void add_route(Route route);

    std::vector<Route> routes_;
    Gate gate_;
    Finish finish_;
};

} // namespace polyquant::net::server

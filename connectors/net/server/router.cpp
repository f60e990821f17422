#include "connectors/net/server/router.hpp"

#include <algorithm>

namespace polyquant::net::server {

namespace {

std::vector<std::string> split(std::string_view path) {
    std::vector<std::string> segments;
    while (!path.empty()) {
        if (path.front() == '/') {
            path.remove_prefix(1);
            continue;
        }
        auto const end = path.find('/');
        segments.emplace_back(path.substr(0, end));
        path = end == std::string_view::npos ? std::string_view{} : path.substr(end);
    }
    return segments;
}

bool is_parameter(std::string const& segment) {
    return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}

// Literal segments go first, compared from the left.
bool is_more_literal(std::vector<std::string> const& a, std::vector<std::string> const& b) {
    for (std::size_t i = 0; i < a.size() && i < b.size(); ++i)
        if (is_parameter(a[i]) != is_parameter(b[i])) return is_parameter(b[i]);
    return false;
}

bool fits(std::vector<std::string> const& pattern, std::vector<std::string> const& path) {
    return std::ranges::equal(pattern, path, [](std::string const& p, std::string const& s) {
        return is_parameter(p) || p == s;
    });
}

bool serves(Router::Route const& route, Method method) {
    return route.method == method || (method == Method::head && route.method == Method::get);
}

} // namespace

void Router::add(Method method, std::string pattern, Handler handler) {
    add_route({.method = method, .segments = split(pattern), .handler = std::move(handler)});
}

void Router::add_plain(Method method, std::string pattern, PlainHandler handler) {
    add(method, std::move(pattern), [plain = std::move(handler)](HttpCall call) -> Task<HttpReply> {
        co_return plain(call);
    });
}

void Router::add_socket(std::string pattern, WsService& service, WsOptions options) {
    add_route({.segments = split(pattern), .service = &service, .socket = std::move(options)});
}

void Router::add_route(Route route) {
    auto const is_same = [&](Route const& r) {
        return r.method == route.method && r.segments == route.segments;
    };
    ENSURE(std::ranges::none_of(routes_, is_same), "a route is added once");
    auto const before = std::ranges::find_if(routes_, [&](Route const& r) {
        return is_more_literal(route.segments, r.segments);
    });
    routes_.insert(before, std::move(route));
}

Router::Route const* Router::find(HttpCall& call, std::string& allowed) const {
    auto const path = split(call.path);
    for (auto const& route : routes_) {
        if (!fits(route.segments, path)) continue;
        if (!serves(route, call.method)) {
            auto const name = to_string(route.method);
            if (allowed.find(name) == std::string::npos)
                allowed.append(allowed.empty() ? "" : ", ").append(name);
            continue;
        }
        for (std::size_t i = 0; i < path.size(); ++i) {
            auto const& segment = route.segments[i];
            if (is_parameter(segment)) {
                call.parameters[segment.substr(1, segment.size() - 2)] = percent_decoded(path[i]);
            }
        }
        return &route;
    }
    return nullptr;
}

} // namespace polyquant::net::server

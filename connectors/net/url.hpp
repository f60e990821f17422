// Where to connect and what to ask for.
#pragma once

#include "engine/core/failure.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace polyquant::net {

enum class Scheme : std::uint8_t { https, http, wss, ws };
std::string_view to_string(Scheme scheme);

struct Url {
    Scheme scheme = Scheme::https;
    std::string host; // lower case; an IPv6 address without its brackets
    std::uint16_t port = 443;
    std::string target = "/"; // path and query, as they go into the request line

    bool is_encrypted() const { return scheme == Scheme::https || scheme == Scheme::wss; }

    bool is_websocket() const { return scheme == Scheme::wss || scheme == Scheme::ws; }

    // The Host header: brackets around IPv6, the port only when it is not the scheme's own.
    std::string authority() const;
    std::string to_string() const;
    bool operator==(Url const&) const = default;
};

// Absolute URLs only. Refused with Fault::invalid: user names, blanks and control characters,
// unknown schemes, and http:// or ws:// to anything but the loopback: keys and orders never travel
// in the clear. A fragment is dropped.
Result<Url> parse_url(std::string_view text);

// The same host with another target, which must begin with a slash.
Url with_target(Url base, std::string target);

// "127.0.0.0/8", "::1" or "localhost".
bool is_loopback(std::string_view host);
// An address rather than a name, so that no name lookup and no SNI is due.
bool is_ip_address(std::string_view host);

// Everything but letters, digits and -._~ becomes %XX.
std::string percent_encode(std::string_view text);

// "/path?a=1&b=2", names and values encoded, in the order given.
using Query = std::vector<std::pair<std::string, std::string>>;
std::string with_query(std::string path, Query const& query);

namespace detail {

// Without the rule about plain text; for the URL of a proxy, which may also carry "user:password@".
struct LooseUrl {
    Url url;
    std::string user_info; // still percent-encoded
};

Result<LooseUrl> parse_loose_url(std::string_view text);

} // namespace detail

} // namespace polyquant::net

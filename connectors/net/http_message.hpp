// Requests and answers as values; no library type crosses this line.
#pragma once

#include "connectors/net/url.hpp"
#include "engine/core/time.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace polyquant::net {

struct Header {
    std::string name;
    std::string value;
    bool operator==(Header const&) const = default;
};

// In the order they were sent, except that an answer's headers of one name stand together. Names
// compare without case.
using Headers = std::vector<Header>;
// The first one of that name.
std::optional<std::string_view> find_header(Headers const& headers, std::string_view name);

enum class Method : std::uint8_t { get, head, post, put, patch, delete_ };
std::string_view to_string(Method method); // "GET"

struct HttpRequest {
    Method method = Method::get;
    Url url;
    Headers headers; // without Host, User-Agent, Accept-Encoding, Content-Length, Connection
    std::string body;
    // May the same bytes be sent a second time? True for reads. Never for an order: its outcome
    // after a lost answer is unknown, whatever the method.
    bool safe_to_repeat = false;
    // Whose rate budget and circuit breaker this call is charged to; empty: none.
    std::string group;
    int cost = 1; // tokens of that budget
};

// A read: GET, safe to repeat.
HttpRequest get_request(Url url, std::string group = {});

struct HttpResponse {
    int status = 0;
    Headers headers;
    std::string body; // bytes, decompressed

    std::optional<std::string_view> header(std::string_view name) const {
        return find_header(headers, name);
    }
};

// What an answer's status means for the caller; empty for 2xx.
//   429, 418          rate_limited
//   401, 403, 407     auth
//   408, 425, 5xx     transport: the venue could not serve it now
//   the rest of 4xx   rejected, as are 1xx and 3xx: redirects are not followed
std::optional<Fault> fault_of_status(int status);

// The answer itself when it is 2xx, else a Failure that names the status and quotes the beginning
// of the body.
Result<HttpResponse> require_success(HttpResponse response, std::string where);

// "120" or an HTTP date, as the time from `now`: never negative, at most seven days (Binance bans
// last up to three). Empty when it is neither.
std::optional<Nanos> parse_retry_after(std::string_view value, UtcTime now);
std::optional<Nanos> retry_after(HttpResponse const& response, UtcTime now);

} // namespace polyquant::net

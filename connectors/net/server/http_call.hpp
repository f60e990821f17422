// One request and its answer, as a server sees them.
#pragma once

#include "connectors/net/http_message.hpp"
#include "engine/runtime/task.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace polyquant::net::server {

struct QueryField {
    std::string name;
    std::string value;
    bool operator==(QueryField const&) const = default;
};

// "a=1&b=x%20y" in its order, repeated names kept; '+' is a space. Damaged escapes stay as they
// are.
std::vector<QueryField> parse_query(std::string_view query);
std::string percent_decoded(std::string_view text);

struct HttpCall {
    Method method = Method::get;
    std::string target; // as sent: path and query
    std::string path;   // without the query, not decoded
    std::vector<QueryField> query;
    std::map<std::string, std::string> parameters; // of the route's pattern, decoded
    Headers headers;
    std::string body;
    std::uint64_t connection = 0; // which one it came on
    UtcTime received_at{};        // the server's clock

    std::optional<std::string_view> header(std::string_view name) const {
        return find_header(headers, name);
    }

    // The first value of that name.
    std::optional<std::string_view> field(std::string_view name) const;
    // All values of that name, in order: "slug=a&slug=b".
    std::vector<std::string_view> fields(std::string_view name) const;
    // A path parameter; empty for a name the pattern does not have.
    std::string_view parameter(std::string_view name) const;
};

struct HttpReply {
    int status = 200;
    std::string body;
    Headers headers;                               // besides Content-Type, -Length and Connection
    std::string content_type = "application/json"; // not sent for an empty body
};

HttpReply json_reply(std::string body, int status = 200);
HttpReply text_reply(std::string body, int status = 200);

// Must not throw for bad input: answer 400. What it throws becomes a 500.
using Handler = std::function<Task<HttpReply>(HttpCall)>;
// For answers that need no waiting.
using PlainHandler = std::function<HttpReply(HttpCall const&)>;

} // namespace polyquant::net::server

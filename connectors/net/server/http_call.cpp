#include "connectors/net/server/http_call.hpp"

namespace polyquant::net::server {

namespace {

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

std::string form_decoded(std::string_view text) {
    std::string spaced{text};
    for (auto& c : spaced)
        if (c == '+') c = ' ';
    return percent_decoded(spaced);
}

} // namespace

std::string percent_decoded(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        auto const high = text[i] == '%' && i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
        auto const low = high >= 0 ? hex_value(text[i + 2]) : -1;
        if (low < 0) {
            out += text[i];
            continue;
        }
        out += static_cast<char>(high * 16 + low);
        i += 2;
    }
    return out;
}

std::vector<QueryField> parse_query(std::string_view query) {
    std::vector<QueryField> fields;
    while (!query.empty()) {
        auto const end = query.find('&');
        auto const one = query.substr(0, end);
        query = end == std::string_view::npos ? std::string_view{} : query.substr(end + 1);
        if (one.empty()) continue;
        auto const equals = one.find('=');
        auto const value =
            equals == std::string_view::npos ? std::string_view{} : one.substr(equals + 1);
        fields.push_back({form_decoded(one.substr(0, equals)), form_decoded(value)});
    }
    return fields;
}

std::optional<std::string_view> HttpCall::field(std::string_view name) const {
    for (auto const& f : query)
        if (f.name == name) return f.value;
    return std::nullopt;
}

std::vector<std::string_view> HttpCall::fields(std::string_view name) const {
    std::vector<std::string_view> values;
    for (auto const& f : query)
        if (f.name == name) values.push_back(f.value);
    return values;
}

std::string_view HttpCall::parameter(std::string_view name) const {
    auto const found = parameters.find(std::string{name});
    return found == parameters.end() ? std::string_view{} : found->second;
}

HttpReply json_reply(std::string body, int status) {
    return {status, std::move(body), {}, "application/json"};
}

HttpReply text_reply(std::string body, int status) {
    return {status, std::move(body), {}, "text/plain; charset=utf-8"};
}

} // namespace polyquant::net::server

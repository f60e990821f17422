#include "connectors/net/url.hpp"

#include <boost/asio/ip/address.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace polyquant::net {

namespace {

struct SchemeRow {
    std::string_view name;
    Scheme scheme;
    std::uint16_t port;
};

constexpr SchemeRow schemes[] = {
    {"https", Scheme::https, 443},
    {"http", Scheme::http, 80},
    {"wss", Scheme::wss, 443},
    {"ws", Scheme::ws, 80},
};

SchemeRow const& row_of(Scheme scheme) {
    for (auto const& row : schemes)
        if (row.scheme == scheme) return row;
    std::abort();
}

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string lower(std::string_view text) {
    std::string out{text};
    std::ranges::transform(out, out.begin(), [](char c) { return lower(c); });
    return out;
}

Failure bad_url(std::string_view text, std::string_view why) {
    // The part before an @ may hold a password.
    auto const at = text.rfind('@');
    auto const shown = at == std::string_view::npos ? text : text.substr(at + 1);
    return {Fault::invalid, "url", fmt::format("'{}': {}", shown, why)};
}

bool is_host_name(std::string_view host) {
    if (host.empty() || host.size() > 253) return false;
    return std::ranges::all_of(host, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
    });
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
    unsigned port = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    if (port == 0 || port > 65535) return std::nullopt;
    return static_cast<std::uint16_t>(port);
}

// Splits "host", "host:port", "[v6]", "[v6]:port"; false when it is none of them.
bool split_authority(std::string_view text, std::string_view& host, std::string_view& port) {
    if (text.starts_with('[')) {
        auto const close = text.find(']');
        if (close == std::string_view::npos) return false;
        host = text.substr(1, close - 1);
        port = text.substr(close + 1);
        if (host.find(':') == std::string_view::npos || !is_ip_address(host)) return false;
    } else {
        auto const colon = text.find(':');
        host = text.substr(0, colon);
        port = colon == std::string_view::npos ? std::string_view{} : text.substr(colon);
    }
    return port.empty() || (port.starts_with(':') && port.size() > 1);
}

} // namespace

std::string_view to_string(Scheme scheme) {
    return row_of(scheme).name;
}

std::string Url::authority() const {
    auto text = host.find(':') == std::string::npos ? host : "[" + host + "]";
    if (port != row_of(scheme).port) text += fmt::format(":{}", port);
    return text;
}

std::string Url::to_string() const {
    return fmt::format("{}://{}{}", net::to_string(scheme), authority(), target);
}

Result<Url> parse_url(std::string_view text) {
    auto const loose = detail::parse_loose_url(text);
    if (!loose) return loose.error();
    if (!loose->user_info.empty()) {
        return bad_url(text, "must not hold a user name or password; send it as a header");
    }
    if (!loose->url.is_encrypted() && !is_loopback(loose->url.host)) {
        return bad_url(text, "plain text is allowed to the loopback only; use https:// or wss://");
    }
    return loose->url;
}

Result<detail::LooseUrl> detail::parse_loose_url(std::string_view text) {
    auto const ugly = std::ranges::any_of(text, [](char c) {
        return static_cast<unsigned char>(c) <= ' ' || static_cast<unsigned char>(c) >= 0x7f;
    });
    if (ugly) return bad_url("", "holds a blank, a control character or a byte outside ASCII");

    auto const colon = text.find("://");
    if (colon == std::string_view::npos) {
        return bad_url(text, "must begin with https://, http://, wss:// or ws://");
    }
    auto const name = lower(text.substr(0, colon));
    auto const* const row = std::ranges::find(schemes, std::string_view{name}, &SchemeRow::name);
    if (row == std::end(schemes)) {
        return bad_url(text, "must begin with https://, http://, wss:// or ws://");
    }

    auto rest = text.substr(colon + 3);
    rest = rest.substr(0, rest.find('#'));
    auto const slash = rest.find_first_of("/?");
    auto authority = rest.substr(0, slash);
    LooseUrl out;
    if (auto const at = authority.rfind('@'); at != std::string_view::npos) {
        out.user_info = std::string{authority.substr(0, at)};
        if (out.user_info.empty()) return bad_url(text, "has an empty user name");
        authority = authority.substr(at + 1);
    }
    std::string_view host;
    std::string_view port;
    if (!split_authority(authority, host, port)) return bad_url(text, "has a malformed host");
    out.url.scheme = row->scheme;
    out.url.host = lower(host);
    if (!is_host_name(out.url.host) && !is_ip_address(out.url.host)) {
        return bad_url(text, "has a malformed host");
    }
    out.url.port = row->port;
    if (!port.empty()) {
        auto const number = parse_port(port.substr(1));
        if (!number) return bad_url(text, "has a port outside 1..65535");
        out.url.port = *number;
    }
    if (slash != std::string_view::npos) out.url.target = std::string{rest.substr(slash)};
    if (out.url.target.starts_with('?')) out.url.target.insert(0, "/");
    return out;
}

Url with_target(Url base, std::string target) {
    ENSURE(target.starts_with('/'), "a request target begins with a slash");
    base.target = std::move(target);
    return base;
}

bool is_loopback(std::string_view host) {
    if (host == "localhost") return true;
    boost::system::error_code error;
    auto const address = boost::asio::ip::make_address(host, error);
    return !error && address.is_loopback();
}

bool is_ip_address(std::string_view host) {
    boost::system::error_code error;
    boost::asio::ip::make_address(host, error);
    return !error;
}

std::string percent_encode(std::string_view text) {
    std::string out;
    for (auto const c : text) {
        auto const kept = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
        if (kept)
            out += c;
        else
            out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    return out;
}

std::string with_query(std::string path, Query const& query) {
    auto separator = path.find('?') == std::string::npos ? '?' : '&';
    for (auto const& [name, value] : query) {
        path += separator;
        path += percent_encode(name) + "=" + percent_encode(value);
        separator = '&';
    }
    return path;
}

} // namespace polyquant::net

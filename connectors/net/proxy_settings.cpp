#include "connectors/net/proxy_settings.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>

namespace polyquant::net {

namespace {

std::string base64(std::string_view bytes) {
    constexpr std::string_view digits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        auto const given = std::min<std::size_t>(3, bytes.size() - i);
        std::uint32_t group = 0;
        for (std::size_t k = 0; k < 3; ++k) {
            auto const byte = k < given ? static_cast<unsigned char>(bytes[i + k]) : 0U;
            group = (group << 8U) | byte;
        }
        for (std::size_t k = 0; k < 4; ++k)
            out += k <= given ? digits[(group >> (18U - 6U * k)) & 63U] : '=';
    }
    return out;
}

std::optional<std::string> percent_decode(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out += text[i];
            continue;
        }
        unsigned value = 0;
        if (i + 3 > text.size()) return std::nullopt;
        auto const* const first = text.data() + i + 1;
        auto const [end, error] = std::from_chars(first, first + 2, value, 16);
        if (error != std::errc{} || end != first + 2) return std::nullopt;
        out += static_cast<char>(value);
        i += 2;
    }
    return out;
}

std::string lower(std::string text) {
    std::ranges::transform(text, text.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return text;
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && text.front() == ' ')
        text.remove_prefix(1);
    while (!text.empty() && text.back() == ' ')
        text.remove_suffix(1);
    return text;
}

Failure bad_proxy(std::string const& name, std::string const& why) {
    return {Fault::invalid, "environment " + name, why};
}

Result<std::optional<Proxy>>
read_proxy(ProxySettings::Lookup const& lookup, std::string const& name) {
    auto text = lookup(lower(name));
    if (!text || text->empty()) text = lookup(name);
    if (!text || text->empty()) return std::optional<Proxy>{};
    auto const has_scheme = text->find("://") != std::string::npos;
    auto const loose = detail::parse_loose_url(has_scheme ? *text : "http://" + *text);
    if (!loose) return bad_proxy(name, loose.error().detail);
    if (loose->url.scheme != Scheme::http) {
        return bad_proxy(name, "only http:// proxies are supported, not " + loose->url.to_string());
    }
    Proxy proxy{loose->url.host, loose->url.port, {}};
    if (!loose->user_info.empty()) {
        auto const plain = percent_decode(loose->user_info);
        if (!plain) return bad_proxy(name, "the user name or password is not percent-encoded");
        proxy.authorization = "Basic " + base64(*plain);
    }
    return std::optional<Proxy>{std::move(proxy)};
}

bool covers(std::string const& domain, std::string const& host) {
    if (domain == "*" || domain == host) return true;
    return host.size() > domain.size() && host.ends_with(domain) &&
           host[host.size() - domain.size() - 1] == '.';
}

} // namespace

Result<ProxySettings> ProxySettings::from(Lookup const& lookup) {
    ProxySettings settings;
    auto encrypted = read_proxy(lookup, "HTTPS_PROXY");
    if (!encrypted) return encrypted.error();
    auto plain = read_proxy(lookup, "HTTP_PROXY");
    if (!plain) return plain.error();
    settings.encrypted_ = std::move(*encrypted);
    settings.plain_ = std::move(*plain);

    auto list = lookup("no_proxy");
    if (!list || list->empty()) list = lookup("NO_PROXY");
    std::string_view rest = list ? std::string_view{*list} : std::string_view{};
    while (!rest.empty()) {
        auto const comma = rest.find(',');
        auto item = trimmed(rest.substr(0, comma));
        rest = comma == std::string_view::npos ? std::string_view{} : rest.substr(comma + 1);
        Exception exception;
        // One colon is a port; more are an IPv6 address.
        if (auto const colon = item.find(':');
            colon != std::string_view::npos &&
            item.find(':', colon + 1) == std::string_view::npos) {
            std::uint16_t port = 0;
            auto const digits = item.substr(colon + 1);
            auto const [end, error] =
                std::from_chars(digits.data(), digits.data() + digits.size(), port);
            if (error != std::errc{} || end != digits.data() + digits.size()) {
                return bad_proxy("NO_PROXY", "'" + std::string{item} + "' has no valid port");
            }
            exception.port = port;
            item = item.substr(0, colon);
        }
        if (item.starts_with("*.")) item.remove_prefix(1);
        if (item.starts_with('.')) item.remove_prefix(1);
        if (item.empty()) continue;
        exception.domain = lower(std::string{item});
        settings.exceptions_.push_back(std::move(exception));
    }
    return settings;
}

Result<ProxySettings> ProxySettings::from_environment() {
    return from([](std::string const& name) -> std::optional<std::string> {
        // NOLINTNEXTLINE(concurrency-mt-unsafe): read once at the start; nothing calls setenv
        auto const* const value = std::getenv(name.c_str());
        if (value == nullptr) return std::nullopt;
        return value;
    });
}

std::optional<Proxy> ProxySettings::proxy_for(Url const& url) const {
    if (is_loopback(url.host)) return std::nullopt;
    for (auto const& exception : exceptions_) {
        if (exception.port && *exception.port != url.port) continue;
        if (covers(exception.domain, url.host)) return std::nullopt;
    }
    return url.is_encrypted() ? encrypted_ : plain_;
}

} // namespace polyquant::net

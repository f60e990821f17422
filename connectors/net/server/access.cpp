#include "connectors/net/server/access.hpp"

#include "connectors/crypto/private_file.hpp"
#include "connectors/net/url.hpp"

#include <algorithm>
#include <cstdlib>

namespace polyquant::net::server {

namespace {

constexpr std::size_t token_min = 16;
constexpr std::size_t token_max = 512;

crypto::Bytes bytes_of(std::string_view text) {
    return {reinterpret_cast<std::uint8_t const*>(text.data()), text.size()};
}

// A token travels in a header and in a cookie.
bool is_token_text(std::string_view text) {
    return text.size() <= token_max && std::ranges::all_of(text, [](char c) {
               return c > ' ' && c < 0x7f && c != '"' && c != ',' && c != ';' && c != '\\';
           });
}

// "127.0.0.1:9090" and "[::1]:9090" without the port.
std::string_view host_without_port(std::string_view host) {
    if (host.starts_with('[')) {
        auto const end = host.find(']');
        return end == std::string_view::npos ? host : host.substr(1, end - 1);
    }
    return host.substr(0, host.rfind(':'));
}

HttpReply refusal(int status, std::string text) {
    return text_reply(std::move(text), status);
}

std::string_view cookie_value(std::string_view cookies, std::string_view name) {
    while (!cookies.empty()) {
        auto const end = cookies.find(';');
        auto one = cookies.substr(0, end);
        cookies = end == std::string_view::npos ? std::string_view{} : cookies.substr(end + 1);
        while (one.starts_with(' '))
            one.remove_prefix(1);
        if (one.size() > name.size() && one.starts_with(name) && one[name.size()] == '=')
            return one.substr(name.size() + 1);
    }
    return {};
}

} // namespace

Result<std::optional<crypto::SecretBytes>>
read_access_token(std::filesystem::path const& file, char const* variable) {
    std::string text;
    std::string where = variable;
    if (!file.empty()) {
        auto read = crypto::read_private_file(file);
        if (!read) return read.error();
        text = std::move(*read);
        where = file.string();
        while (!text.empty() && (text.back() == '\n' || text.back() == '\r'))
            text.pop_back();
    } else if (auto const* const set = std::getenv(variable); // NOLINT(concurrency-mt-unsafe)
               set != nullptr && *set != '\0') {
        text = set;
    } else {
        return std::optional<crypto::SecretBytes>{};
    }
    auto const good = text.size() >= token_min && is_token_text(text);
    std::optional<crypto::SecretBytes> token;
    if (good) token.emplace(bytes_of(text));
    crypto::wipe(text);
    if (good) return token;
    return Failure{
        Fault::invalid,
        where,
        "a token has 16 to 512 printable characters without blanks, quotes, commas, semicolons and "
        "backslashes; make one with: openssl rand -hex 24"
    };
}

std::optional<HttpReply> Access::refuse(HttpCall const& call) const {
    if (!options_.token) {
        auto const host = host_without_port(call.header("Host").value_or(""));
        if (is_loopback(host)) return std::nullopt;
        return refusal(403, "This page is for the machine it runs on: ask for it as 127.0.0.1.\n");
    }
    if (!options_.login_path.empty() && call.path == options_.login_path) return std::nullopt;
    if (brings_token(call)) return std::nullopt;
    auto reply = refusal(401, "A token is needed.\n");
    reply.headers.push_back({"WWW-Authenticate", "Bearer"});
    reply.headers.push_back({"Cache-Control", "no-store"});
    return reply;
}

HttpReply Access::login(HttpCall const& call) const {
    auto const given = call.field("token").value_or("");
    if (!options_.token || !is_right(given)) return refusal(401, "This is not the token.\n");
    HttpReply reply;
    reply.status = 303;
    reply.headers = {
        {"Location", "/"},
        {"Set-Cookie",
         options_.cookie + "=" + std::string{given} + "; Path=/; HttpOnly; SameSite=Strict" +
             (options_.secure ? "; Secure" : "")},
        {"Cache-Control", "no-store"},
        {"Referrer-Policy", "no-referrer"},
    };
    return reply;
}

bool Access::is_right(std::string_view token) const {
    return crypto::equal_constant_time(bytes_of(token), options_.token->reveal());
}

bool Access::brings_token(HttpCall const& call) const {
    constexpr std::string_view scheme = "Bearer ";
    if (auto const header = call.header("Authorization"); header && header->starts_with(scheme))
        return is_right(header->substr(scheme.size()));
    if (options_.cookie.empty()) return false;
    return is_right(cookie_value(call.header("Cookie").value_or(""), options_.cookie));
}

} // namespace polyquant::net::server

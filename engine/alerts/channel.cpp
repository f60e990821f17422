#include "engine/alerts/channel.hpp"

#include "connectors/crypto/private_file.hpp"
#include "connectors/json/writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

namespace polyquant::alerts {

namespace {

using Service = Channel::Service;

// Discord takes 2000 characters, Telegram 4096; a notice that long says nothing more.
constexpr std::size_t text_max = 1'800;

std::string_view name_of(Service service) {
    switch (service) {
    case Service::slack: return "slack";
    case Service::discord: return "discord";
    case Service::telegram: return "telegram";
    case Service::webhook: return "webhook";
    }
    std::abort();
}

// Slack reads &, < and > as markup: "<!channel>" would wake everybody.
std::string slack_escaped(std::string_view text) {
    std::string out;
    for (char c : text) {
        if (c == '&')
            out += "&amp;";
        else if (c == '<')
            out += "&lt;";
        else if (c == '>')
            out += "&gt;";
        else
            out += c;
    }
    return out;
}

// At a character's border, so that what is sent is UTF-8.
std::string shortened(std::string text) {
    if (text.size() <= text_max) return text;
    auto end = text_max;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U)
        --end;
    text.resize(end);
    return text + "...";
}

struct Source {
    char const* key;
    std::string const& file;
    char const* variable;
};

// Nothing when neither the file nor the variable is set.
Result<std::optional<crypto::SecretBytes>> read_secret(Source const& source) {
    std::string text;
    if (!source.file.empty()) {
        auto read = crypto::read_private_file(source.file);
        if (!read) {
            auto failure = read.error();
            failure.where = fmt::format("[alerts] {}: {}", source.key, failure.where);
            return failure;
        }
        text = std::move(*read);
    } else if (auto const* const set =
                   std::getenv(source.variable); // NOLINT(concurrency-mt-unsafe): start-up only
               set != nullptr) {
        text = set;
    }
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' '))
        text.pop_back();
    if (text.empty() && source.file.empty()) return std::optional<crypto::SecretBytes>{};
    if (text.empty())
        return Failure{Fault::invalid, fmt::format("[alerts] {}", source.key), "the file is empty"};
    std::optional<crypto::SecretBytes> secret;
    secret.emplace(crypto::Bytes{reinterpret_cast<std::uint8_t const*>(text.data()), text.size()});
    crypto::wipe(text);
    return secret;
}

bool is_bot_token(std::string_view text) {
    return text.find(':') != std::string_view::npos && std::ranges::all_of(text, [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                      c == ':' || c == '_' || c == '-';
           });
}

Result<Channel> make_telegram(config::AlertParams const& params, crypto::SecretBytes token) {
    if (params.telegram_chat.empty())
        return Failure{
            Fault::invalid, "[alerts] telegram_chat", "missing: which chat does the bot write to?"
        };
    if (!is_bot_token(token.reveal_text()))
        return Failure{
            Fault::invalid,
            "[alerts] telegram_token_file",
            "no bot token: it has digits, a colon and letters"
        };
    auto url = params.telegram_api + "/bot" + std::string{token.reveal_text()} + "/sendMessage";
    crypto::SecretBytes secret{
        crypto::Bytes{reinterpret_cast<std::uint8_t const*>(url.data()), url.size()}
    };
    crypto::wipe(url);
    return Channel::make(Service::telegram, std::move(secret), params.telegram_chat);
}

} // namespace

Result<Channel> Channel::make(Service service, crypto::SecretBytes url, std::string chat) {
    auto const parsed = net::parse_url(url.reveal_text());
    if (!parsed || parsed->is_websocket())
        return Failure{
            Fault::invalid,
            fmt::format("[alerts] {}", name_of(service)),
            "the secret is no https:// URL (it is not shown here)"
        };
    return Channel{service, std::move(url), std::move(chat)};
}

std::string_view Channel::name() const {
    return name_of(service_);
}

net::HttpRequest Channel::request(Notice const& notice, std::string const& engine) const {
    net::HttpRequest request;
    request.method = net::Method::post;
    request.url = net::parse_url(url_.reveal_text()).value(); // make() has tried it
    request.headers = {{"Content-Type", "application/json"}};
    request.body = body_of(service_, notice, engine, chat_);
    request.group = "alerts." + std::string{name()};
    // Told twice is better than not at all.
    request.safe_to_repeat = true;
    return request;
}

Result<std::vector<Channel>> read_channels(config::AlertParams const& p) {
    std::vector<Channel> channels;

    struct Web {
        Service service;
        Source source;
    };

    std::array const webs{
        Web{Service::slack, {"slack_url_file", p.slack_url_file, "POLYQUANT_SLACK_URL"}},
        Web{Service::discord, {"discord_url_file", p.discord_url_file, "POLYQUANT_DISCORD_URL"}},
        Web{Service::webhook, {"webhook_url_file", p.webhook_url_file, "POLYQUANT_WEBHOOK_URL"}},
    };
    for (auto const& web : webs) {
        auto secret = read_secret(web.source);
        if (!secret) return secret.error();
        if (!*secret) continue;
        auto channel = Channel::make(web.service, std::move(**secret));
        if (!channel) return channel.error();
        channels.push_back(std::move(*channel));
    }
    auto token =
        read_secret({"telegram_token_file", p.telegram_token_file, "POLYQUANT_TELEGRAM_TOKEN"});
    if (!token) return token.error();
    if (*token) {
        auto channel = make_telegram(p, std::move(**token));
        if (!channel) return channel.error();
        channels.push_back(std::move(*channel));
    }
    return channels;
}

std::string
body_of(Service service, Notice const& notice, std::string const& engine, std::string const& chat) {
    auto const text = shortened(engine + ": " + describe(notice));
    json::Writer out;
    out.begin_object();
    switch (service) {
    case Service::slack: out.text("text", slack_escaped(text)); break;
    case Service::discord:
        out.text("content", text);
        out.key("allowed_mentions").begin_object().key("parse").begin_array();
        out.end_array().end_object();
        break;
    case Service::telegram:
        out.text("chat_id", chat).text("text", text);
        out.flag("disable_web_page_preview", true);
        break;
    case Service::webhook:
        out.text("engine", engine).text("alert", to_string(notice.kind));
        out.text("subject", notice.subject).text("state", to_string(notice.state));
        out.text("severity", is_critical(notice.kind) ? "critical" : "warning");
        out.text("text", text).text("at", format_utc(notice.at));
        break;
    }
    out.end_object();
    return out.take();
}

} // namespace polyquant::alerts

// A service that carries notices to a human: Slack, Discord, Telegram, or any that takes JSON.
#pragma once

#include "config/alert_params.hpp"
#include "connectors/crypto/secret_bytes.hpp"
#include "connectors/net/http_message.hpp"
#include "engine/alerts/alert.hpp"

#include <string>
#include <vector>

namespace polyquant::alerts {

// The URL is a secret whole: whoever knows it may write there.
class Channel {
public:
    enum class Service : std::uint8_t { slack, discord, telegram, webhook };

    // Fault::invalid when it is no https:// URL; the text of the failure never shows it.
    static Result<Channel> make(Service service, crypto::SecretBytes url, std::string chat = {});

    std::string_view name() const; // "slack"

    // `engine` is what this engine is called.
    net::HttpRequest request(Notice const& notice, std::string const& engine) const;

private:
    Channel(Service service, crypto::SecretBytes url, std::string chat)
        : service_{service}, url_{std::move(url)}, chat_{std::move(chat)} {}

    Service service_;
    crypto::SecretBytes url_;
    std::string chat_; // Telegram's
};

// Those that are configured, with their secrets out of the files or the environment. Fault::invalid
// names the key of a file that cannot be used.
Result<std::vector<Channel>> read_channels(config::AlertParams const& params);

// The body of a message, for each service as its documentation of 2026 says.
std::string body_of(
    Channel::Service service,
    Notice const& notice,
    std::string const& engine,
    std::string const& chat
);

} // namespace polyquant::alerts

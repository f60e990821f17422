#include "connectors/polymarket/prices/oracle_frames.hpp"

#include <fmt/format.h>

namespace polyquant::polymarket {

namespace {

// The venue's keys, secrets and passphrases are plain, but a quote in one must not break the frame.
std::string json_text(std::string_view text) {
    std::string result = "\"";
    for (char const c : text) {
        if (c == '"' || c == '\\') result += '\\';
        if (static_cast<unsigned char>(c) >= ' ') result += c;
    }
    return result + "\"";
}

std::string_view twap_topic(Seconds twap_length) {
    return twap_length == Seconds{30} ? "crypto_prices_twap_thirty" : "crypto_prices_twap_sixty";
}

std::string rtds_request(std::string_view topic, std::optional<Asset> asset) {
    // Compact: a blank within the filter brings the backfill and then silence.
    auto const filter =
        asset ? fmt::format(R"(,"filters":"{{\"symbol\":\"{}/usd\"}}")", lower_name(*asset)) : "";
    return fmt::format(
        R"({{"action":"subscribe","subscriptions":[{{"topic":"{}","type":"update"{}}}]}})",
        topic,
        filter
    );
}

} // namespace

std::string polybolt_auth(crypto::ApiCredentials const& credentials) {
    return fmt::format(
        R"({{"op":"auth","rid":"auth","auth":{{"apiKey":{},"secret":{},"passphrase":{}}}}})",
        json_text(credentials.key),
        json_text(credentials.secret.reveal_text()),
        json_text(credentials.passphrase.reveal_text())
    );
}

std::string
polybolt_request(std::string_view operation, std::span<Asset const> assets, Seconds twap_length) {
    std::string list;
    for (auto const asset : assets)
        list += fmt::format(
            R"({}{{"channel":"price.crypto.twap","filter":{{"symbol":"{}usd","window_seconds":{}}}}},)"
            R"({{"channel":"price.crypto","filter":{{"symbol":"{}usd"}}}})",
            list.empty() ? "" : ",",
            lower_name(asset),
            twap_length.count(),
            lower_name(asset)
        );
    return fmt::format(R"({{"op":"{}","rid":"prices","subscriptions":[{}]}})", operation, list);
}

std::vector<std::string> rtds_backfill_requests(Asset asset, Seconds twap_length) {
    return {
        rtds_request(twap_topic(twap_length), asset), rtds_request("crypto_prices_chainlink", asset)
    };
}

std::vector<std::string> rtds_subscriptions(std::span<Asset const> assets, Seconds twap_length) {
    std::vector<std::string> frames;
    for (auto const asset : assets)
        for (auto& frame : rtds_backfill_requests(asset, twap_length))
            frames.push_back(std::move(frame));
    frames.push_back(rtds_request(twap_topic(twap_length), std::nullopt));
    frames.push_back(rtds_request("crypto_prices_chainlink", std::nullopt));
    return frames;
}

} // namespace polyquant::polymarket

#include "connectors/polymarket/parse/book_hash.hpp"

#include "connectors/crypto/hmac.hpp"

#include <fmt/format.h>

#include <iterator>

namespace polyquant::polymarket {

namespace {

void append_levels(std::string& to, std::string_view key, std::span<Level const> levels) {
    fmt::format_to(std::back_inserter(to), "\"{}\":[", key);
    auto separator = std::string_view{};
    for (auto const& level : levels) {
        fmt::format_to(
            std::back_inserter(to),
            "{}{{\"price\":\"{}\",\"size\":\"{}\"}}",
            separator,
            to_string(level.price),
            to_string(level.size)
        );
        separator = ",";
    }
    to += "],";
}

std::string last_trade_text(std::optional<Price> price) {
    if (!price) return {};
    auto text = to_string(*price);
    if (text.find('.') == std::string::npos) text += '.';
    while (text.size() - text.find('.') < 4)
        text += '0';
    return text;
}

} // namespace

std::optional<BookHash> parse_book_hash(std::string_view hex) {
    BookHash hash;
    if (hex.size() != 40 || !crypto::parse_hex_into(hex, hash)) return std::nullopt;
    return hash;
}

BookHash book_hash(
    ConditionId const& market,
    TokenId const& token,
    std::int64_t timestamp_ms,
    std::span<Level const> bids_worst_first,
    std::span<Level const> asks_worst_first,
    BookTail const& tail
) {
    std::string text;
    text.reserve(400 + 34 * (bids_worst_first.size() + asks_worst_first.size()));
    fmt::format_to(
        std::back_inserter(text),
        "{{\"market\":\"{}\",\"asset_id\":\"{}\",\"timestamp\":\"{}\",\"hash\":\"\",",
        to_string(market),
        to_string(token),
        timestamp_ms
    );
    append_levels(text, "bids", bids_worst_first);
    append_levels(text, "asks", asks_worst_first);
    fmt::format_to(
        std::back_inserter(text),
        "\"min_order_size\":\"{}\",\"tick_size\":\"{}\",\"neg_risk\":{},\"last_trade_price\":\"{}"
        "\"}}",
        to_string(tail.min_order_size),
        to_string(tail.tick),
        tail.neg_risk,
        last_trade_text(tail.last_trade)
    );
    return crypto::sha1(text);
}

} // namespace polyquant::polymarket

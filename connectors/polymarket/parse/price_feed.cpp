#include "connectors/polymarket/parse/price_feed.hpp"

#include "connectors/json/decimal.hpp"
#include "connectors/json/dom.hpp"

#include <fmt/format.h>

namespace polyquant::polymarket {

namespace {

using json::Element;

struct Series {
    Asset asset = Asset::btc;
    PriceSource source = PriceSource::chainlink_spot;
    Seconds twap_length{0};
    bool scaled_e18 = false;
};

Failure unreadable(std::string_view where, std::string_view what, std::string_view frame) {
    return Failure{
        Fault::parse, std::string{where}, fmt::format("{} in {}", what, json::excerpt(frame))
    };
}

// The last ten of eighteen decimals are dropped.
std::optional<UsdPrice> price_of_e18(std::string_view digits) {
    std::int64_t e8 = 0;
    if (digits.size() <= 10) return std::nullopt;
    if (!json::parse_unsigned(digits.substr(0, digits.size() - 10), e8)) return std::nullopt;
    return UsdPrice::from_e8(e8);
}

std::optional<UsdPrice> price_of(Element point, bool scaled_e18) {
    auto const exact = json::text(point, "full_accuracy_value");
    if (!exact.empty() && scaled_e18 && exact.find('.') == std::string_view::npos)
        return price_of_e18(exact);
    std::int64_t e8 = 0;
    if (!exact.empty()) {
        if (!json::parse_decimal(exact, 8, true, e8)) return std::nullopt;
        return UsdPrice::from_e8(e8);
    }
    auto const text = json::text(point, "value");
    if (!text.empty()) {
        if (!json::parse_decimal(text, 8, true, e8)) return std::nullopt;
        return UsdPrice::from_e8(e8);
    }
    double value = 0;
    if (point["value"].get_double().get(value) != simdjson::SUCCESS) return std::nullopt;
    auto const nearest = json::nearest_decimal(value, 8);
    if (!nearest) return std::nullopt;
    return UsdPrice::from_e8(*nearest);
}

bool add_tick(Element point, Series const& series, UtcTime received_at, PriceFrame& frame) {
    auto const price = price_of(point, series.scaled_e18);
    auto const at = json::time(point, "timestamp");
    if (!price || !at || price->e8() <= 0) return false;
    PriceTick tick;
    tick.at.venue_time = *at;
    tick.at.received_at = received_at;
    tick.asset = series.asset;
    tick.source = series.source;
    tick.twap_length = series.twap_length;
    tick.price = *price;
    frame.ticks.push_back(tick);
    return true;
}

// One price, or the array "data" of a snapshot.
bool add_ticks(Element payload, Series const& series, UtcTime received_at, PriceFrame& frame) {
    simdjson::dom::array points;
    if (payload["data"].get_array().get(points) != simdjson::SUCCESS)
        return add_tick(payload, series, received_at, frame);
    frame.snapshot = true;
    for (auto point : points)
        if (!add_tick(point, series, received_at, frame)) return false;
    return true;
}

std::optional<Series> polybolt_series(std::string_view channel, Element payload) {
    auto const asset = parse_asset(json::text(payload, "symbol"));
    auto const source = json::text(payload, "source");
    if (!asset || (source != "chainlink" && !source.empty())) return std::nullopt;
    if (channel == "price.crypto.twap") {
        auto const length = json::whole(payload, "window_seconds");
        if (!length || *length <= 0 || *length > 3600) return std::nullopt;
        return Series{*asset, PriceSource::chainlink_twap, Seconds{*length}, false};
    }
    // Without a source the spot channel may carry anybody's prices.
    if (channel == "price.crypto" && source == "chainlink")
        return Series{*asset, PriceSource::chainlink_spot, Seconds{0}, false};
    return std::nullopt;
}

std::optional<Series> rtds_series(std::string_view topic, Element payload) {
    auto const symbol = json::text(payload, "symbol");
    auto const asset = parse_asset(symbol);
    if (!asset) return std::nullopt;
    if (topic == "crypto_prices_twap_sixty")
        return Series{*asset, PriceSource::chainlink_twap, Seconds{60}, true};
    if (topic == "crypto_prices_twap_thirty")
        return Series{*asset, PriceSource::chainlink_twap, Seconds{30}, true};
    auto const is_chainlink = symbol.find('/') != std::string_view::npos;
    if (topic == "crypto_prices_chainlink" || (topic == "crypto_prices" && is_chainlink))
        return Series{*asset, PriceSource::chainlink_spot, Seconds{0}, true};
    if (topic == "crypto_prices")
        return Series{*asset, PriceSource::binance_trade, Seconds{0}, false};
    return std::nullopt;
}

} // namespace

Result<PriceFrame> parse_polybolt(std::string_view frame, UtcTime received_at) {
    constexpr auto where = std::string_view{"polybolt"};
    simdjson::dom::parser parser;
    auto const root = json::parse(parser, frame, where);
    if (!root) return root.error();
    if (!root->is_object()) return unreadable(where, "no object", frame);
    PriceFrame result;
    result.control = json::text(*root, "op");
    result.code = json::text(*root, "code");
    result.channel = json::text(*root, "channel");
    if (!result.control.empty()) return result;

    result.seq = json::whole(*root, "seq");
    result.dropped = json::whole(*root, "dropped").value_or(0);
    result.snapshot = json::flag(*root, "snapshot").value_or(false);
    auto const payload = json::member(*root, "payload");
    if (!payload || result.channel.empty()) return unreadable(where, "no payload", frame);
    auto const series = polybolt_series(result.channel, *payload);
    if (!series)
        ++result.ignored;
    else if (!add_ticks(*payload, *series, received_at, result))
        return unreadable(where, "no price", frame);
    return result;
}

Result<PriceFrame> parse_rtds(std::string_view frame, UtcTime received_at) {
    constexpr auto where = std::string_view{"rtds"};
    PriceFrame result;
    // Keep-alives and the empty frames the server sends after some subscriptions.
    if (frame.empty() || frame == "PONG" || frame == "pong") {
        result.control = "PONG";
        return result;
    }
    simdjson::dom::parser parser;
    auto const root = json::parse(parser, frame, where);
    if (!root) return root.error();
    if (!root->is_object()) return unreadable(where, "no object", frame);
    // {"body":{"message":"... not found"},"statusCode":401}: the whole subscription was refused.
    if (auto const status = json::whole(*root, "statusCode")) {
        result.control = "error";
        if (auto const body = json::member(*root, "body"))
            result.code = json::text(*body, "message");
        if (result.code.empty()) result.code = fmt::format("{}", *status);
        return result;
    }
    result.channel = json::text(*root, "topic");
    auto const payload = json::member(*root, "payload");
    if (!payload || result.channel.empty()) return unreadable(where, "no payload", frame);
    auto const series = rtds_series(result.channel, *payload);
    if (!series)
        ++result.ignored;
    else if (!add_ticks(*payload, *series, received_at, result))
        return unreadable(where, "no price", frame);
    return result;
}

Result<WebsitePrice> parse_website_price(std::string_view body) {
    constexpr auto where = std::string_view{"website.crypto_price"};
    simdjson::dom::parser parser;
    auto const root = json::parse(parser, body, where);
    if (!root) return root.error();
    if (!root->is_object()) return unreadable(where, "no object", body);
    WebsitePrice result;
    auto const read = [&](std::string_view key, std::optional<UsdPrice>& to) {
        auto const value = json::member(*root, key);
        if (!value) return true;
        double number = 0;
        if (value->get_double().get(number) != simdjson::SUCCESS || number <= 0) return false;
        // The website prints more digits than eight decimals; the type's comment says what is lost.
        auto const e8 = number * 1e8;
        if (!(e8 < 9e15)) return false;
        to = UsdPrice::from_e8(static_cast<std::int64_t>(e8 + 0.5));
        return true;
    };
    if (!read("openPrice", result.open) || !read("closePrice", result.close))
        return unreadable(where, "no price", body);
    result.completed = json::flag(*root, "completed").value_or(false);
    return result;
}

} // namespace polyquant::polymarket

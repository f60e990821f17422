#include "engine/core/market.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

namespace polyquant {

std::string_view to_string(Asset asset) {
    switch (asset) {
    case Asset::btc: return "BTC";
    case Asset::eth: return "ETH";
    case Asset::sol: return "SOL";
    case Asset::xrp: return "XRP";
    }
    std::abort();
}

std::string_view lower_name(Asset asset) {
    switch (asset) {
    case Asset::btc: return "btc";
    case Asset::eth: return "eth";
    case Asset::sol: return "sol";
    case Asset::xrp: return "xrp";
    }
    std::abort();
}

std::string_view binance_symbol(Asset asset) {
    switch (asset) {
    case Asset::btc: return "BTCUSDT";
    case Asset::eth: return "ETHUSDT";
    case Asset::sol: return "SOLUSDT";
    case Asset::xrp: return "XRPUSDT";
    }
    std::abort();
}

std::optional<Asset> parse_asset(std::string_view text) {
    std::string lower;
    for (char c : text.substr(0, 16))
        lower += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    for (auto asset : all_assets) {
        auto const name = lower_name(asset);
        if (!lower.starts_with(name)) continue;
        auto const rest = std::string_view{lower}.substr(name.size());
        if (rest.empty() || rest == "usdt" || rest == "/usd" || rest == "usd") return asset;
    }
    return std::nullopt;
}

std::string_view to_string(Outcome outcome) {
    return outcome == Outcome::up ? "UP" : "DOWN";
}

std::string_view to_string(PriceSource source) {
    switch (source) {
    case PriceSource::binance_trade: return "binance_trade";
    case PriceSource::binance_bar: return "binance_bar";
    case PriceSource::chainlink_spot: return "chainlink_spot";
    case PriceSource::chainlink_twap: return "chainlink_twap";
    case PriceSource::website: return "website";
    case PriceSource::venue: return "venue";
    }
    std::abort();
}

std::string updown_slug(Asset asset, Window window) {
    ENSURE(
        window.length == Seconds{300} || window.length == Seconds{900}, "no such up/down series"
    );
    return fmt::format(
        "{}-updown-{}m-{}",
        lower_name(asset),
        window.length.count() / 60,
        unix_seconds(window.start)
    );
}

Result<UpdownSlug> parse_updown_slug(std::string_view slug) {
    auto const bad = [slug] {
        return Failure{
            Fault::parse, "slug", fmt::format("\"{}\" is no 5m or 15m up/down slug", slug)
        };
    };
    auto const dash = slug.find('-');
    if (dash == std::string_view::npos) return bad();
    auto const asset = parse_asset(slug.substr(0, dash));
    auto rest = slug.substr(dash);
    Seconds length{0};
    if (rest.starts_with("-updown-5m-")) {
        length = Seconds{300};
        rest.remove_prefix(11);
    } else if (rest.starts_with("-updown-15m-")) {
        length = Seconds{900};
        rest.remove_prefix(12);
    }
    std::int64_t start = 0;
    auto const [stop, error] = std::from_chars(rest.data(), rest.data() + rest.size(), start);
    if (!asset || length.count() == 0 || error != std::errc{} || stop != rest.data() + rest.size())
        return bad();
    // What nanoseconds of 64 bits cannot hold is no date: those of our clocks end in 2262.
    constexpr std::int64_t start_max = 9'000'000'000;
    if (start <= 0 || start > start_max || start % length.count() != 0) return bad();
    return UpdownSlug{*asset, Window{utc_from_seconds(start), length}};
}

std::string to_string(SettlementRule rule) {
    if (rule.kind == SettlementRule::Kind::spot) return "spot";
    return fmt::format("twap-{}s", rule.twap_length.count());
}

std::string_view bar_defect(Bar const& bar) {
    for (double v : {bar.open, bar.high, bar.low, bar.close, bar.volume})
        if (!std::isfinite(v)) return "not a finite number";
    if (bar.low <= 0) return "price not positive";
    if (bar.high < bar.low) return "high below low";
    if (bar.open > bar.high || bar.open < bar.low) return "open outside high and low";
    if (bar.close > bar.high || bar.close < bar.low) return "close outside high and low";
    if (bar.volume < 0) return "negative volume";
    if (bar.trades < 0 || bar.taker_buy_base < 0) return "negative trades or taker volume";
    return {};
}

} // namespace polyquant

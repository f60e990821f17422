#include "connectors/polymarket/parse/settlement_rule.hpp"

#include "connectors/json/decimal.hpp"

#include <fmt/format.h>

namespace polyquant::polymarket {

namespace {

constexpr auto chainlink_streams = std::string_view{"https://data.chain.link/streams/"};

bool is_known_twap(std::int64_t seconds) {
    return seconds == 30 || seconds == 60;
}

// "btc-usd", "btc-usd-twap-60s-streams" -> asset and rule.
void read_stream(std::string_view name, SettlementText& to) {
    auto const dash = name.find('-');
    auto const coin = name.substr(0, dash);
    auto rest = dash == std::string_view::npos ? std::string_view{} : name.substr(dash);
    to.asset = parse_asset(coin);
    auto const unknown = [&] {
        to.defect = fmt::format("unknown settlement source \"{}\"", name.substr(0, 80));
    };
    if (!rest.starts_with("-usd")) return unknown();
    rest.remove_prefix(4);
    if (rest.empty()) return;
    if (!rest.starts_with("-twap-") || !rest.ends_with("s-streams")) return unknown();
    auto const digits = rest.substr(6, rest.size() - 6 - std::string_view{"s-streams"}.size());
    std::int64_t seconds = 0;
    if (!json::parse_unsigned(digits, seconds) || !is_known_twap(seconds)) return unknown();
    to.rule = twap_rule(Seconds{seconds});
}

void check_config(json::Element config, bool has_source, SettlementText& to) {
    auto const asset = parse_asset(json::text(config, "asset"));
    auto const is_twap = json::flag(config, "twapEnabled");
    auto const seconds = json::whole(config, "twapLookbackSeconds");
    auto rule = spot_rule();
    if (is_twap == true) {
        if (!seconds || !is_known_twap(*seconds)) {
            to.defect = fmt::format("unknown TWAP length {} s", seconds.value_or(0));
            return;
        }
        rule = twap_rule(Seconds{*seconds});
    }
    if (!has_source) {
        to.defect = "a crypto market without a resolutionSource";
        return;
    }
    if (asset != to.asset || rule != to.rule)
        to.defect = fmt::format(
            "cryptoMarketConfig says {}, resolutionSource says {}",
            to_string(rule),
            to_string(to.rule)
        );
}

} // namespace

SettlementText read_settlement(json::Element market) {
    SettlementText result;
    auto const source = json::text(market, "resolutionSource");
    auto const by_chainlink = source.starts_with(chainlink_streams);
    if (by_chainlink) read_stream(source.substr(chainlink_streams.size()), result);
    if (!result.defect.empty()) return result;
    if (auto const config = json::member(market, "cryptoMarketConfig"))
        check_config(*config, by_chainlink, result);
    return result;
}

} // namespace polyquant::polymarket

#include "connectors/polymarket/parse/resolution.hpp"

#include "connectors/json/decimal.hpp"
#include "connectors/json/dom.hpp"

#include <fmt/format.h>

namespace polyquant::polymarket {

Result<std::optional<VenueResolution>> parse_resolution(std::string_view body) {
    constexpr auto where = std::string_view{"data_api.resolution"};
    auto const bad = [&](std::string_view what) {
        return Failure{
            Fault::parse, std::string{where}, fmt::format("{} in {}", what, json::excerpt(body))
        };
    };
    simdjson::dom::parser parser;
    auto const root = json::parse(parser, body, where);
    if (!root) return root.error();
    auto row = json::member(*root, "data");
    if (!row) return std::nullopt;
    simdjson::dom::array rows;
    if (row->get_array().get(rows) == simdjson::SUCCESS) {
        if (rows.size() == 0) return std::nullopt;
        row = rows.at(0).value();
    }
    auto const market = parse_condition_id(json::text(*row, "condition_id"));
    if (!market) return bad("no condition_id");
    VenueResolution resolution;
    resolution.market = *market;
    resolution.status = json::text(*row, "status");
    if (!json::member(*row, "payouts")) return std::optional{std::move(resolution)};
    simdjson::dom::array payouts;
    if ((*row)["payouts"].get_array().get(payouts) != simdjson::SUCCESS) return bad("no payouts");
    for (auto const payout : payouts) {
        // Text or number, with or without decimals.
        std::string_view text;
        double number = 0;
        std::int64_t micros = 0;
        if (payout.get_string().get(text) == simdjson::SUCCESS) {
            if (!json::parse_decimal(text, 6, true, micros)) return bad("an unreadable payout");
        } else if (payout.get_double().get(number) == simdjson::SUCCESS && number >= 0 &&
                   number <= 1) {
            micros = static_cast<std::int64_t>(number * 1e6 + 0.5);
        } else {
            return bad("an unreadable payout");
        }
        resolution.payouts.push_back(micros);
    }
    return std::optional{std::move(resolution)};
}

} // namespace polyquant::polymarket

#include "connectors/polymarket/parse/positions.hpp"

#include "connectors/json/decimal.hpp"
#include "connectors/json/dom.hpp"

#include <fmt/format.h>

namespace polyquant::polymarket {

namespace {

using json::Element;

constexpr auto where = std::string_view{"data_api.positions"};

// The two generations differ in case: `tokenId` was `asset`, `current_size` was `size`.
std::string_view either(Element row, std::string_view now, std::string_view before) {
    auto const text = json::text(row, now);
    return text.empty() ? json::text(row, before) : text;
}

// Sizes and averages are JSON numbers with representation noise beyond the sixth decimal.
std::optional<std::int64_t>
rounded_micros(Element row, std::string_view now, std::string_view before) {
    auto value = json::member(row, now);
    if (!value) value = json::member(row, before);
    if (!value) return std::nullopt;
    std::string_view text;
    std::int64_t micros = 0;
    if (value->get_string().get(text) == simdjson::SUCCESS) {
        if (!json::parse_decimal(text, 6, true, micros)) return std::nullopt;
        return micros;
    }
    double number = 0;
    if (value->get_double().get(number) != simdjson::SUCCESS) return std::nullopt;
    if (!(number >= 0 && number < 9e9)) return std::nullopt;
    return static_cast<std::int64_t>(number * 1e6 + 0.5);
}

Result<VenuePosition> read_position(Element row) {
    VenuePosition position;
    auto const market = parse_condition_id(either(row, "condition_id", "conditionId"));
    if (!market) return market.error();
    position.market = *market;
    if (!json::parse_token(either(row, "token_id", "asset"), position.token))
        return Failure{Fault::parse, std::string{where}, "a position without a token id"};
    auto const size = rounded_micros(row, "current_size", "size");
    if (!size) return Failure{Fault::parse, std::string{where}, "a position without a size"};
    position.size = Shares::from_micros(*size);
    position.average_price =
        Price::from_micros(rounded_micros(row, "avg_price", "avgPrice").value_or(0));
    position.outcome = json::text(row, "outcome");
    auto index = json::whole(row, "outcome_index");
    if (!index) index = json::whole(row, "outcomeIndex");
    if (index && *index >= 0 && *index < 256) position.outcome_index = static_cast<int>(*index);
    position.status = json::text(row, "status");
    position.redeemable = json::flag(row, "redeemable").value_or(false);
    position.neg_risk =
        json::flag(row, "negative_risk").value_or(json::flag(row, "negativeRisk").value_or(false));
    position.slug = json::text(row, "slug");
    return position;
}

} // namespace

Result<PositionsPage> parse_positions(std::string_view body) {
    simdjson::dom::parser parser;
    auto const root = json::parse(parser, body, where);
    if (!root) return root.error();
    simdjson::dom::array rows;
    if (root->get_array().get(rows) != simdjson::SUCCESS &&
        (*root)["data"].get_array().get(rows) != simdjson::SUCCESS)
        return Failure{Fault::parse, std::string{where}, "no rows in " + json::excerpt(body)};
    PositionsPage page;
    for (auto row : rows) {
        auto position = read_position(row);
        if (!position) return position.error();
        page.rows.push_back(std::move(*position));
    }
    if (auto const pagination = json::member(*root, "pagination"))
        page.next_cursor = json::text(*pagination, "next_cursor");
    return page;
}

} // namespace polyquant::polymarket

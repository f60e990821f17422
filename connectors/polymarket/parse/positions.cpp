#include "connectors/polymarket/parse/positions.hpp"

#include "connectors/polymarket/parse/data_rows.hpp"

namespace polyquant::polymarket {

namespace {

using json::Element;

constexpr auto where = std::string_view{"data_api.positions"};

// The two generations differ in case: `tokenId` was `asset`, `current_size` was `size`.
std::string_view either(Element row, std::string_view now, std::string_view before) {
    auto const text = json::text(row, now);
    return text.empty() ? json::text(row, before) : text;
}

std::optional<std::int64_t> micros(Element row, std::string_view now, std::string_view before) {
    auto value = json::member(row, now);
    if (!value) value = json::member(row, before);
    return value ? rounded_micros(*value) : std::nullopt;
}

Result<VenuePosition> read_position(Element row) {
    VenuePosition position;
    auto const market = parse_condition_id(either(row, "condition_id", "conditionId"));
    if (!market) return market.error();
    position.market = *market;
    if (!json::parse_token(either(row, "token_id", "asset"), position.token))
        return Failure{Fault::parse, std::string{where}, "a position without a token id"};
    auto const size = micros(row, "current_size", "size");
    if (!size) return Failure{Fault::parse, std::string{where}, "a position without a size"};
    position.size = Shares::from_micros(*size);
    position.average_price = Price::from_micros(micros(row, "avg_price", "avgPrice").value_or(0));
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
    return parse_data_page<PositionsPage>(body, where, read_position);
}

} // namespace polyquant::polymarket

#include "connectors/polymarket/parse/account_rows.hpp"

#include "connectors/polymarket/parse/data_rows.hpp"

#include <fmt/format.h>

namespace polyquant::polymarket {

namespace {

using json::Element;

constexpr auto where = std::string_view{"data_api.rows"};

// What is missing or empty is nothing.
std::optional<std::int64_t> micros(Element row, std::string_view key) {
    auto const value = json::member(row, key);
    if (!value || (value->is_string() && json::text(row, key).empty())) return 0;
    return rounded_micros(*value);
}

std::string first_text(Element row, std::initializer_list<std::string_view> keys) {
    for (auto const key : keys)
        if (auto const text = json::text(row, key); !text.empty()) return std::string{text};
    return {};
}

Result<AccountRow> read_row(Element element) {
    auto const bad = [](std::string_view what) {
        return Failure{Fault::parse, std::string{where}, fmt::format("a row with {}", what)};
    };
    AccountRow row;
    row.type = json::text(element, "type");
    if (row.type.empty()) row.type = "TRADE";
    row.id = first_text(element, {"trade_id", "id", "transaction_hash", "transactionHash"});
    auto const at = json::time(element, "timestamp");
    if (!at) return bad("no timestamp");
    row.at = *at;
    auto const side = json::text(element, "side");
    if (side == "BUY") row.side = Side::buy;
    if (side == "SELL") row.side = Side::sell;
    if (auto const text = first_text(element, {"condition_id", "conditionId"}); !text.empty()) {
        auto const market = parse_condition_id(text);
        if (!market) return market.error();
        row.market = *market;
    }
    if (auto const text = first_text(element, {"token_id", "asset"}); !text.empty()) {
        TokenId token;
        if (!json::parse_token(text, token)) return bad("an unreadable token");
        row.token = token;
    }
    auto const size = micros(element, "size");
    auto const price = micros(element, "price");
    auto amount = micros(element, "usdc_size");
    if (amount == 0) amount = micros(element, "usdcSize");
    if (!size || !price || !amount) return bad("an unreadable number");
    row.size = Shares::from_micros(*size);
    row.price = Price::from_micros(*price);
    row.amount = Usdc::from_micros(*amount);
    return row;
}

} // namespace

Result<AccountRowsPage> parse_account_rows(std::string_view body) {
    return parse_data_page<AccountRowsPage>(body, where, read_row);
}

} // namespace polyquant::polymarket

// What the Data API lists of a wallet's past: trades, and everything that moved money.
#pragma once

#include "engine/core/market.hpp"
#include "engine/core/orders.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace polyquant::polymarket {

// One row of /v2/trades or /v2/activity. Amounts are positive; the type says which way.
struct AccountRow {
    std::string type; // "TRADE" where the row names none, "REDEEM", "MAKER_REBATE", "DEPOSIT" ...
    std::string id;   // the trade's or the transaction's; empty where the row has none
    UtcTime at{};
    std::optional<Side> side; // of a trade
    std::optional<ConditionId> market;
    std::optional<TokenId> token;
    Shares size;
    Price price;
    Usdc amount; // in USDC; zero where the row does not say
};

struct AccountRowsPage {
    std::vector<AccountRow> rows;
    std::string next_cursor; // empty on the last page
};

Result<AccountRowsPage> parse_account_rows(std::string_view body);

} // namespace polyquant::polymarket

// The account as the venue sees it, for comparison with our books.
#pragma once

#include "engine/core/events.hpp"
#include "engine/runtime/task.hpp"

#include <map>
#include <vector>

namespace polyquant {

struct VenueOrderView {
    OrderReport report;
    TokenId token;
    Side side = Side::buy;
    Price price;
};

struct VenueAccountView {
    UtcTime asked_at{}; // before the first request left
    std::vector<VenueOrderView> open_orders;
    std::vector<OwnTradeReport> trades; // ours, since AccountQuery::trades_after
    Usdc collateral;
    std::map<TokenId, Shares> tokens; // of every token asked for
};

struct AccountQuery {
    UtcTime trades_after{};
    std::vector<TokenId> tokens;
};

class VenueAccount {
public:
    virtual ~VenueAccount() = default;

    // Ends by `deadline`. Whole or not at all: a part of the truth repairs nothing.
    virtual Task<Result<VenueAccountView>> view(AccountQuery query, Instant deadline) = 0;
};

} // namespace polyquant

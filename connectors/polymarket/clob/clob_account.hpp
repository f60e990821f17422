// The account's money, tokens, orders and trades as the CLOB counts them.
#pragma once

#include "connectors/polymarket/clob/clob_session.hpp"
#include "connectors/polymarket/clob/own_fills.hpp"
#include "connectors/polymarket/parse/order_answer.hpp"
#include "engine/ports/venue_account.hpp"

#include <optional>

namespace polyquant::polymarket {

// The venue caches balances and allowances: refresh() makes it look at the chain again.
class ClobAccountBook final : public VenueAccount {
public:
    struct Options {
        Rounding fee_rounding = Rounding::down; // as ClobVenue
        int pages_max = 100;
    };

    ClobAccountBook(ClobSession& session, MarketOf market_of, Options options);

    // Orders, trades and balances, read twice where money moved in between: what it returns
    // belongs to one moment, or it fails and is asked for again.
    Task<Result<VenueAccountView>> view(AccountQuery query, Instant deadline) override;

    Task<Result<BalanceAllowance>> collateral(Instant deadline);
    Task<Result<Shares>> tokens(TokenId token, Instant deadline);
    // After approvals, wraps, redemptions, and "not enough balance", whose block stays.
    Task<Result<void>> refresh(Instant deadline);
    // What rests now, ours or not.
    Task<Result<std::vector<VenueOrderView>>> open_orders(Instant deadline);

    // What the exchange of this market may take of our collateral; empty until read.
    std::optional<std::int64_t> allowance(ProtocolVersion version, bool neg_risk) const;

    std::optional<BalanceAllowance> const& last_collateral() const { return collateral_; }

private:
    Task<Result<std::vector<OwnTradeReport>>> trades(UtcTime after, Instant deadline);
    net::Query asset_query(std::string type) const;

    ClobSession& session_;
    MarketOf market_of_;
    Options options_;
    std::optional<BalanceAllowance> collateral_{};
};

} // namespace polyquant::polymarket

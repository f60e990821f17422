// Questions to Gamma, the venue's catalogue of markets, and to the exchange about the same markets.
#pragma once

#include "connectors/net/net_context.hpp"
#include "connectors/polymarket/parse/clob_outcome.hpp"
#include "connectors/polymarket/parse/listing.hpp"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace polyquant::polymarket {

// Endpoint groups "gamma" and "clob.market". Every call ends by its deadline; reads are repeated
// by the HTTPS client's policy within it.
class GammaClient {
public:
    struct Options {
        net::Url gamma;
        net::Url clob;
        crypto::Address ctf_collateral; // what token ids are recomputed with
    };

    GammaClient(net::NetContext& context, Options options);

    // Empty while the venue does not know the slug. A coin's window has the slug of its event.
    Task<Result<std::optional<Listing>>> by_slug(std::string slug, Instant deadline);
    // The same for a market of any event, without the event's prices.
    Task<Result<std::optional<Listing>>> market_by_slug(std::string slug, Instant deadline);
    // Open or closed. Those Gamma does not know are left out; any number, asked 50 at a time.
    Task<Result<std::vector<Listing>>>
    by_conditions(std::vector<ConditionId> conditions, Instant deadline);
    // Open markets that end in [from, to], up to 100 a page, as the venue wrote it; the first page
    // has an empty cursor. In an endpoint group of its own, "gamma.scan": a scan must not use up
    // the budget of those who trade, nor open their breaker.
    Task<Result<std::string>>
    page_ending_between(UtcTime from, UtcTime to, std::string cursor, Instant deadline);

    // The exchange's own view; empty while it does not know the market (not hydrated yet).
    Task<Result<std::optional<ClobMarket>>> clob_market(ConditionId condition, Instant deadline);
    // Who won, as the exchange says; empty when it does not know the market (any more).
    Task<Result<std::optional<ClobOutcome>>> clob_outcome(ConditionId condition, Instant deadline);

    static constexpr std::size_t conditions_per_call = 50;

private:
    Task<Result<std::optional<Listing>>>
    listed_under(std::string path, std::string slug, Instant deadline);
    Task<Result<std::string>> read(net::Url url, std::string group, Instant deadline);

    net::NetContext& context_;
    Options options_;
};

} // namespace polyquant::polymarket

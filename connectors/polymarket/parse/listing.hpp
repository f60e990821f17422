// Markets as Gamma lists them, with every rule a market must meet before it may be traded. Nothing
// is assumed: a market whose version, settlement, fee or grid is unknown is refused with the
// reason.
#pragma once

#include "connectors/crypto/address.hpp"
#include "engine/core/listing.hpp"
#include "engine/core/market.hpp"

#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace polyquant::polymarket {

struct Listing {
    Market market; // complete only when refusal is empty; slug and condition always where known
    std::string refusal; // why it must not be traded

    // False where it stands without token ids yet: created, but the exchange has not been told.
    bool has_tokens = false;
    // Flags lag by up to a minute (the venue's cache): the clock decides about the end.
    bool accepts_orders = false;
    bool closed = false;
    bool resolved = false;         // the oracle has spoken and the prices are final
    std::optional<Outcome> winner; // of a resolved market; empty then means paid half and half
    std::optional<UsdPrice> price_to_beat; // published a minute or two after the end
    std::optional<UsdPrice> final_price;
};

// GET /markets, /markets/slug, /events, /events/slug and their keyset pages: an object, an array or
// a page of markets or events. Token ids are recomputed from the condition (`ctf_collateral`).
// A row that is no market at all fails the whole answer.
Result<std::vector<Listing>>
parse_listings(std::string_view body, crypto::Address const& ctf_collateral);

// Token ids that were recomputed from their condition before. Forgets all of them when full.
class TokenProofs {
public:
    explicit TokenProofs(std::size_t most = 50'000) : most_{most} {}

    bool has(Market const& market) const;
    void add(Market const& market);

    std::size_t size() const { return proven_.size(); }

private:
    std::size_t most_;
    std::unordered_map<ConditionId, std::pair<TokenId, TokenId>> proven_;
};

// The same pages as rows of a scan over all markets: nothing but a page that is no JSON fails it, a
// bad row carries its defect. Token ids are recomputed only where an outcome is listed at
// `check_tokens_from` or more: that costs some 0.2 ms a row, reading it 2 us. What `proofs` knows
// is not recomputed, what was proven is added.
Result<std::vector<MarketListing>> parse_scan_page(
    std::string_view body,
    crypto::Address const& ctf_collateral,
    Price check_tokens_from,
    TokenProofs* proofs = nullptr
);

// "next_cursor" of a keyset page; empty at the end.
std::string parse_next_cursor(std::string_view body);

// GET /clob-markets/{condition_id}: the exchange's own view, to be compared before trading.
struct ClobMarket {
    ConditionId condition;
    std::vector<TokenId> tokens;
    std::optional<Price> tick;
    std::optional<Shares> min_size;
    std::optional<FeeSchedule> fee;
    bool neg_risk = false;
    std::optional<bool> accepts_orders;
    bool has_taker_delay = false;
};

Result<ClobMarket> parse_clob_market(std::string_view body);

// What the two views disagree on, for the refusal; empty when they agree.
std::string disagreement(Market const& market, ClobMarket const& clob);

} // namespace polyquant::polymarket

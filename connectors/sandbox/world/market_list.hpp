// Every market of the sandbox with its life: listed ahead, open, ended, resolved. Ids have the
// venue's shape and verify: the condition is the hash of oracle and question, the tokens follow.
#pragma once

#include "connectors/crypto/bytes.hpp"
#include "connectors/polymarket/contracts.hpp"
#include "engine/core/market.hpp"

#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace polyquant::sandbox {

enum class Phase : std::uint8_t {
    listed,   // known, but its exchange side is not hydrated yet: no book, no orders
    open,     // orders are accepted; long before the window as well
    ended,    // the window is over, the outcome is not reported yet
    resolved, // outcome final and paid
};
std::string_view to_string(Phase phase);

enum class MarketKind : std::uint8_t {
    updown,    // five minutes, settled by the oracle
    threshold, // "above a price at a time", yes or no
    neg_risk,  // one bracket of several of which one wins
    odd,       // what a scanner must refuse: no fee schedule, half-half payout, coarse tick ...
};

// When the first outcome of a market that is no up/down window wins, by the oracle's price.
enum class Claim : std::uint8_t {
    above,      // at the end at or above `threshold`
    below,      // at the end below it
    between,    // at the end from `threshold` up to `threshold_high`
    touch_up,   // at or above `threshold` at any second up to the end
    touch_down, // at or below it
};

struct WorldMarket {
    Market market; // window, tokens, rule, fee, tick as it is now
    MarketKind kind = MarketKind::updown;
    std::string gamma_id;
    std::string event_id;
    std::string event_slug; // equals the market's for up/down
    std::string title;      // of the event
    std::string description;
    std::string series_slug;             // "btc-up-or-down-5m"; empty without a series
    std::string group_item;              // "64,000-66,000" of a bracket
    std::array<std::string, 2> outcomes; // "Up","Down" or "Yes","No"
    crypto::Hash32 question_id{};
    bool fees_enabled = true;
    bool fee_schedule_published = true; // odd ones leave it out

    UtcTime created_at{};
    UtcTime opens_at{};            // phase open
    UtcTime resolves_at{};         // phase resolved
    UtcTime strike_published_at{}; // priceToBeat shows up in the metadata; finalPrice when resolved
    Phase phase = Phase::listed;

    std::optional<UsdPrice> strike; // of the oracle, once the window began
    std::optional<UsdPrice> final_price;
    Asset asset = Asset::btc; // the coin it is about
    Claim claim = Claim::above;
    bool touched = false;          // of the last two claims: it happened
    UsdPrice threshold;            // of a threshold market; low end of a bracket
    UsdPrice threshold_high;       // high end of a bracket
    std::optional<Outcome> winner; // once resolved; empty then means half and half
    bool pays_half = false;
    std::string tags; // slugs, joined by ","
    Usdc liquidity;   // as Gamma lists it

    std::optional<Price> last_trade; // of the first outcome
    std::int64_t volume_micros = 0;  // traded so far, in USDC

    bool accepts_orders() const { return phase == Phase::open || phase == Phase::ended; }
};

class MarketList {
public:
    explicit MarketList(polymarket::Contracts contracts) : contracts_{contracts} {}

    // Gives it its ids: question from the slug, condition and tokens from the question.
    WorldMarket& add(WorldMarket market);
    void forget(ConditionId const& condition);

    WorldMarket const* find(ConditionId const& condition) const;
    WorldMarket const* find_token(TokenId const& token) const;
    WorldMarket const* find_slug(std::string_view slug) const;
    WorldMarket* find(ConditionId const& condition);
    // In order of creation.
    std::vector<WorldMarket const*> all() const;

    polymarket::Contracts const& contracts() const { return contracts_; }

private:
    polymarket::Contracts contracts_;
    std::map<std::uint64_t, WorldMarket> markets_; // by running number; addresses stay
    std::unordered_map<ConditionId, WorldMarket*> by_condition_;
    std::unordered_map<TokenId, WorldMarket*> by_token_;
    std::map<std::string, WorldMarket*, std::less<>> by_slug_;
    std::uint64_t next_id_ = 2'400'001;
};

} // namespace polyquant::sandbox

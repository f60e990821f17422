// Our books against the venue's, as a pure comparison: what to repair, what differs and by how
// much. The rules are stated here and nowhere else.
#pragma once

#include "engine/core/events.hpp"
#include "engine/execution/portfolio.hpp"
#include "engine/ports/venue_account.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace polyquant::execution {

// One of our orders as execution follows it.
struct FollowedOrder {
    OrderId id;
    OrderState state = OrderState::created;
    TokenId token;
    Side side = Side::buy;
    Shares filled; // voided fills subtracted
    bool posted = false;
};

// What our books say, taken at one moment.
struct OurBooks {
    std::vector<FollowedOrder> orders; // open ones and those that ended a short while ago
    std::set<OrderId> remembered;      // ended long ago, but ours
    // Money in the wallet by our ledger: cash and reserved money of all strategies.
    Usdc money;
    std::map<TokenId, Shares> confirmed; // shares we may sell
    std::set<TokenId> unsettled;         // tokens with exposure that is not confirmed yet
    // Payout of one share of tokens that we have settled already: what the venue still holds of
    // them is money that was not collected yet.
    std::map<TokenId, Price> settled;
};

enum class DifferenceKind : std::uint8_t {
    foreign_order, // rests at the venue, and is not ours
    foreign_trade, // of an order that is not ours
    missing_order, // we think it rests, the venue does not list it
    fills,         // the venue's trades of an order do not add up to ours
    position,      // confirmed shares
    money,
};
std::string_view to_string(DifferenceKind kind);

struct Difference {
    DifferenceKind kind = DifferenceKind::money;
    std::string text;        // with both sides' figures
    std::int64_t micros = 0; // the venue's minus ours, of shares or USDC
    bool blocks = true;      // no new orders until it is gone
};

struct Reconciliation {
    // To be published as if the user channel had brought them. Rule: a trade of the venue's that we
    // do not have, or have in an earlier state, is believed.
    std::vector<Event> repairs;
    // Rule: an order of ours that the venue does not list is looked up by its id.
    std::vector<OrderId> look_up;
    // Rule: an order that rests and is not ours is reported, never touched: another program, or a
    // person, may own it. It blocks, because its money is reserved at the venue.
    std::vector<Difference> differences;
    // Money was compared: nothing was in flight.
    bool money_compared = false;
    // The part of the wallet that no strategy owns, by this comparison. Rule: more than before is a
    // deposit or a reward and becomes the new amount; less blocks.
    std::optional<Usdc> unassigned;

    bool is_clean() const;

    // Clean and nothing was in flight, so that the money was compared too.
    bool is_whole() const { return is_clean() && money_compared && look_up.empty(); }
};

// `unassigned`: as established by the first comparison of this wallet; empty at the first one.
Reconciliation
reconcile(OurBooks const& ours, VenueAccountView const& venue, std::optional<Usdc> unassigned);

// One paragraph for logs and people.
std::string describe(Reconciliation const& result);

// The part of the books that the portfolio holds.
void read_portfolio(Portfolio const& portfolio, OurBooks& into);

} // namespace polyquant::execution

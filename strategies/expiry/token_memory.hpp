// Which tokens were bought before, so that none is bought twice. Pending ones (on order, or held
// and not settled) are never forgotten; of the others the newest stay, up to a bound.
#pragma once

#include "engine/core/ids.hpp"
#include "engine/core/time.hpp"

#include <cstddef>
#include <deque>
#include <map>
#include <set>

namespace polyquant::strategies::expiry {

enum class TokenStatus : std::uint8_t {
    fresh,
    paused,  // an order was not filled a moment ago
    pending, // on order or held
    done,    // settled or sold
};

class TokenMemory {
public:
    explicit TokenMemory(std::size_t remembered_max) : remembered_max_{remembered_max} {}

    void ordered(TokenId const& token);
    // The order ended without a fill: may be tried again after `until`.
    void not_filled(TokenId const& token, UtcTime until);
    void finished(TokenId const& token);

    TokenStatus status(TokenId const& token, UtcTime now) const;

    std::size_t pending() const { return pending_.size(); }

    std::size_t remembered() const { return done_.size(); }

    // Pauses that are over are let go here.
    void forget_old(UtcTime now);
    void set_bound(std::size_t remembered_max);

private:
    void trim();

    std::size_t remembered_max_;
    std::set<TokenId> pending_;
    std::set<TokenId> done_;
    std::deque<TokenId> done_order_; // oldest first
    std::map<TokenId, UtcTime> paused_;
};

} // namespace polyquant::strategies::expiry

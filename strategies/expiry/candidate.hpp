// Markets that end soon and have a favourite: found in scans, kept on two bounded lists.
#pragma once

#include "engine/core/listing.hpp"
#include "engine/core/reason.hpp"
#include "strategies/expiry/params.hpp"
#include "strategies/expiry/question.hpp"

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace polyquant::strategies::expiry {

enum class CandidateList : std::uint8_t { main, watch };

struct Candidate {
    Market market;
    Outcome outcome = Outcome::up; // the favourite
    Price listed;                  // its price on the list
    CandidateList list = CandidateList::main;
    Usdc liquidity;
    std::string event;
    Question question;
    bool end_agrees = false; // the question speaks of the listed end
    UtcTime listed_at{};     // of the newest scan that showed it

    TokenId const& token() const { return market.token(outcome); }
};

struct ListingVerdict {
    Reason reason = Reason::order_sent; // order_sent: it is a candidate
    std::optional<Candidate> candidate;
};

// The gates that need nothing but the row and the time. The first that fails is the reason:
//   not_two_outcomes, end_unknown, end_passed, end_too_far, listing_refused,
//   not_accepting_orders (closed counts even where the row is "active"), prices_inconsistent,
//   updown_left_out, neg_risk_refused, blocked, liquidity_low, price_outside_lists; and
//   listing_refused once more for a row whose tokens were not checked.
class ListingGate {
public:
    explicit ListingGate(ExpiryParams const& params);

    ListingVerdict judge(MarketListing const& row, UtcTime now) const;

    // A question longer than this is no title: listing_refused.
    static constexpr std::size_t question_max = 4'096;

private:
    Reason first_failure(MarketListing const& row, UtcTime now) const;
    Reason check_words(MarketListing const& row) const;
    std::optional<CandidateList> list_for(Price favourite, Nanos left) const;

    ExpiryParams params_;
};

// Both lists together. Every method keeps the bounds; what leaves is reported, so that nobody goes
// on watching its book.
class CandidateTable {
public:
    CandidateTable(std::size_t main_max, std::size_t watch_max)
        : main_max_{main_max}, watch_max_{watch_max} {}

    struct Change {
        bool joined = false;           // the market is on a list now and was not before
        bool refused = false;          // no room: list_full
        std::vector<ConditionId> left; // pushed out or dropped
    };

    Change put(Candidate candidate);
    // The row is no candidate any more.
    bool drop(ConditionId const& market);
    // Those that ended, or that no scan has shown since `unseen_since`.
    std::vector<ConditionId> drop_old(UtcTime now, UtcTime unseen_since);
    // Other bounds after a reload.
    std::vector<ConditionId> resize(std::size_t main_max, std::size_t watch_max);

    Candidate const* find(ConditionId const& market) const;

    // Main list by the soonest end, then the watch list by the highest price.
    std::vector<Candidate const*> in_order() const;

    std::size_t size() const { return candidates_.size(); }

    std::size_t size(CandidateList list) const {
        return list == CandidateList::main ? main_.size() : watch_.size();
    }

private:
    using MainKey = std::pair<UtcTime, ConditionId>;
    using WatchKey = std::pair<std::int64_t, ConditionId>; // minus the price in micros

    void index(Candidate const& candidate);
    void unindex(Candidate const& candidate);
    void trim(std::vector<ConditionId>& left);

    std::size_t main_max_;
    std::size_t watch_max_;
    std::map<ConditionId, Candidate> candidates_;
    std::set<MainKey> main_;
    std::set<WatchKey> watch_;
};

} // namespace polyquant::strategies::expiry

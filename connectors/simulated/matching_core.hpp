// The matching rules of the venue as a pure state machine: several accounts' orders with price-time
// priority against each other and against an external book that is only observed. It has no clock
// and no randomness; the caller says what time it is and decides on delays.
// Rules: docs.polymarket.com/trading/orders, /trading/fees and /trading/matching-engine.
#pragma once

#include "connectors/simulated/external_liquidity.hpp"
#include "connectors/simulated/fill_models.hpp"
#include "engine/core/events.hpp"

#include <cstdint>
#include <map>
#include <unordered_map>
#include <variant>
#include <vector>

namespace polyquant::simulated {

using AccountId = std::uint32_t;

struct NewOrder {
    OrderId id;
    AccountId account = 0;
    TokenId token;
    Side side = Side::buy;
    Price limit;
    Shares size;
    TimeInForce tif = TimeInForce::fok;
    bool post_only = false;
    std::optional<UtcTime> expires_at; // GTD only
    // FOK and FAK buys only: spends this much instead of filling `size`, so that a price better
    // than the limit brings more shares.
    std::optional<Usdc> money{};
};

// What one account is told. A trade between two of the core's accounts is told to both, under one
// trade id; trades against the external book have no other side here.
struct OrderNotice {
    AccountId account = 0;
    OrderReport report;
};

struct TradeNotice {
    AccountId account = 0;
    TradeReport trade; // state is always matched: settlement is the caller's
};

using Notice = std::variant<OrderNotice, TradeNotice>;
using Notices = std::vector<Notice>;

struct MatchingRules {
    FillAssumptions assumptions;
    Usdc min_marketable = usd(1); // "invalid amount for a marketable BUY order ($0.98), min size"
    Millis gtd_minimum_lead = Seconds{180}; // what the official client demands
    Millis gtd_removed_early = Seconds{60}; // the venue's security threshold
    std::string trade_prefix = "sim";       // trade ids are prefix-1, prefix-2 ...
};

class MatchingCore {
public:
    explicit MatchingCore(MatchingRules rules) : rules_{std::move(rules)} {}

    // A market is known from here on; listing it again updates its tick, fee and minimum.
    void list(Market const& market);
    // Cancels what rests and refuses new orders.
    void resolve(ConditionId const& market, Notices& out);
    // Drops the market and the memory of its orders.
    void forget(ConditionId const& market);
    Market const* market_of(TokenId const& token) const;

    // The observed market. Levels and prints of tokens that were never listed are ignored.
    void on(BookSnapshot const& snapshot, Notices& out);
    void on(BookChange const& change, Notices& out);
    void on(PublicTrade const& trade, Notices& out);
    void on(TickSizeChanged const& change);

    struct Admission {
        bool marketable = false; // crosses what is there now: subject to the taker delay
    };

    // Checks the order and, if it may stand, remembers its id; the failure holds the venue's words.
    // Until execute() the order is held: neither visible nor cancellable.
    Result<Admission> admit(NewOrder const& order, UtcTime now);
    // Matches a held order with the book as it is now; rests or kills what is left.
    void execute(OrderId const& order, UtcTime now, Notices& out);
    Result<void> cancel(OrderId const& order, AccountId account, Notices& out);
    // Ends a held order without matching it, for a reason of the caller's.
    void kill(OrderId const& order, std::string text, Notices& out);
    // Removes GTD orders whose time has come.
    void expire(UtcTime now, Notices& out);

    // Status::not_found for an id that was never admitted.
    OrderReport look_up(OrderId const& order) const;
    std::size_t resting_count() const;

private:
    struct Resting {
        OrderId id;
        AccountId account = 0;
        Outcome outcome = Outcome::up;
        Price price; // in the frame of Up
        Shares left;
        Shares queue_ahead;
        Shares level_seen;    // displayed at our price when we last looked
        Shares traded_unseen; // prints at our price that the displayed size may not show yet
        std::optional<UtcTime> removed_at;
    };

    struct MarketState {
        Market market;
        bool open = true;
        ExternalLiquidity external;
        std::vector<Resting> bids; // best first, then oldest first
        std::vector<Resting> asks;
        std::vector<OrderId> orders; // every id this market ever admitted

        MarketState(Market m, FillAssumptions const& a)
            : market{std::move(m)}, external{a.depletion, a.displayed_ppm} {}

        std::vector<Resting>& side(BookSide s) { return s == BookSide::bid ? bids : asks; }

        std::vector<Resting> const& side(BookSide s) const {
            return s == BookSide::bid ? bids : asks;
        }
    };

    enum class Stage : std::uint8_t { held, resting, done };

    struct Record {
        NewOrder order;
        ConditionId market;
        Stage stage = Stage::held;
        OrderReport::Status status = OrderReport::Status::delayed;
        Shares matched;
        Reason reason = Reason::order_sent;
        std::string text;
    };

    // One step of a taker's walk: external liquidity, or one resting order.
    struct Take {
        Price price; // in the frame of Up
        Shares size;
        std::optional<OrderId> resting;
        Usdc cost; // to a buyer in the order's own token
    };

    struct Frame { // an order in the frame of Up
        Outcome outcome;
        BookSide joins; // the side it would rest on
        BookSide takes;
        Price price;
    };

    static Frame frame_of(Market const& market, NewOrder const& order);
    Result<void> check(MarketState const& state, NewOrder const& order, UtcTime now) const;
    bool crosses(MarketState const& state, NewOrder const& order) const;
    std::vector<Take> walk(MarketState const& state, NewOrder const& order) const;
    static bool is_filled_by(NewOrder const& order, std::vector<Take> const& steps);
    void fill_taker(
        MarketState& state,
        Record& record,
        std::vector<Take> const& steps,
        UtcTime now,
        Notices& out
    );
    void rest(MarketState& state, Record& record, Notices& out);
    void match_resting(MarketState& state, UtcTime now, Notices& out);
    void match_crossed(MarketState& state, BookSide side, UtcTime now, Notices& out);
    void update_queues(MarketState& state, BookSide side) const;
    void cancel_own_crossed(
        MarketState& state, AccountId account, BookSide side, Price reached, Notices& out
    );
    void fill_resting(
        MarketState& state,
        Resting& order,
        Shares size,
        TradeId const& trade,
        UtcTime now,
        Notices& out
    );
    void drop_filled(MarketState& state);
    void finish(
        Record& record, OrderReport::Status status, Reason reason, std::string text, Notices& out
    );
    void tell(Record const& record, Notices& out) const;
    void tell_trade(
        Record const& record,
        MarketState const& state,
        TradeId const& trade,
        Price price_up,
        Shares size,
        bool maker,
        UtcTime now,
        Notices& out
    ) const;
    void remove_resting(OrderId const& order, MarketState& state);
    MarketState* state_of(TokenId const& token) const;
    TradeId next_trade();

    MatchingRules rules_;
    std::map<ConditionId, MarketState> markets_;
    std::unordered_map<TokenId, MarketState*> market_of_token_; // into markets_, whose nodes stay
    std::unordered_map<OrderId, Record> records_;
    std::uint64_t trades_ = 0;
};

} // namespace polyquant::simulated

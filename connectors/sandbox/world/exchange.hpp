// The venue's exchange: checks orders as the venue does, matches them through the shared matching
// core, settles trades with the venue's delays and keeps exact books. Pure: it is told the time.
#pragma once

#include "connectors/polymarket/orders/order.hpp"
#include "connectors/polymarket/orders/order_signer.hpp"
#include "connectors/sandbox/faults.hpp"
#include "connectors/sandbox/world/accounts.hpp"
#include "connectors/sandbox/world/api_keys.hpp"
#include "connectors/sandbox/world/exchange_news.hpp"
#include "connectors/sandbox/world/exchange_options.hpp"
#include "connectors/sandbox/world/market_list.hpp"
#include "connectors/sandbox/world/order_gate.hpp"
#include "connectors/simulated/matching_core.hpp"
#include "connectors/simulated/random.hpp"

#include <functional>
#include <map>
#include <set>
#include <span>
#include <tuple>
#include <unordered_map>
#include <vector>

namespace polyquant::sandbox {

// POST /order as received.
struct PostedOrder {
    polymarket::OrderFields fields;
    std::vector<std::uint8_t> signature;
    TimeInForce tif = TimeInForce::gtc;
    bool post_only = false;
    std::int64_t expiration = 0; // unix seconds
    std::string owner;           // API key
};

struct PostAnswer {
    int http_status = 200;
    std::string error; // the venue's words; empty when accepted
    OrderId order;
    std::string status;             // "live", "matched", "delayed"
    std::int64_t making_micros = 0; // given at placement
    std::int64_t taking_micros = 0; // received at placement
    std::vector<TradeId> trades;

    bool accepted() const { return error.empty(); }
};

struct CancelAnswers {
    std::vector<OrderId> cancelled;
    std::vector<std::pair<OrderId, std::string>> refused;
};

class Exchange {
public:
    // `faults` outlives the exchange.
    Exchange(ExchangeOptions options, MarketList& markets, FaultSource& faults, std::uint64_t seed);

    // --- the clock's side
    // Runs what is due: delayed orders, settlement steps, GTD expiry, dead-man switches.
    void advance_to(UtcTime now);
    std::optional<UtcTime> next_due() const;

    // --- the world's side
    void open(ConditionId const& market, UtcTime now);
    void change_tick(ConditionId const& market, Price tick, UtcTime now);
    // Level totals of everybody else's orders, in the frame of the first outcome.
    void set_levels(ConditionId const& market, std::span<LevelUpdate const> updates, UtcTime now);
    // Somebody else takes: FAK for so many shares at so much, in the first outcome's token.
    // Returns what it got.
    Shares noise_order(ConditionId const& market, Side side, Price limit, Shares size, UtcTime now);
    // Ends trading, cancels what rests and pays by the market's winner of that time; without one,
    // half. `pays_from`: the chain knows no payouts before.
    void resolve(
        ConditionId const& market,
        std::optional<Outcome> winner,
        UtcTime now,
        std::optional<UtcTime> pays_from = {}
    );
    // Another winner than was announced.
    void announce(ConditionId const& market, std::optional<Outcome> winner, UtcTime now);
    void forget(ConditionId const& market);
    // 425 for `down_for`, then post-only for the venue's two minutes.
    void restart(UtcTime now, Nanos down_for);

    void set_gate(TradingGate gate) { gate_.set(gate); }

    // --- the traders' side
    // `signer` is the address behind the API key that sent the request.
    PostAnswer post(PostedOrder const& order, crypto::Address const& signer, UtcTime now);
    CancelAnswers cancel(std::span<OrderId const> orders, std::string_view owner, UtcTime now);
    // Open orders of an API key, oldest first.
    std::vector<OrderRecord const*> open_orders(std::string_view owner) const;
    OrderRecord const* find_order(OrderId const& order) const;
    // Trades in which the API key took part, oldest first.
    std::vector<TradeRecord const*> trades(std::string_view owner) const;
    TradeRecord const* find_trade(TradeId const& trade) const;

    struct HeartbeatAnswer {
        bool accepted = false;
        std::string id; // to send next
    };

    HeartbeatAnswer heartbeat(std::string_view owner, std::string_view id, UtcTime now);

    // Balance on chain: what left by trades that are not mined yet still counts.
    Usdc chain_balance(AccountId account) const;
    Shares chain_balance(AccountId account, TokenId const& token) const;

    void deposit(crypto::Address const& wallet, Usdc amount, UtcTime now);

    // --- what all can see
    // Level totals with every order of every account, best first; both outcomes mirror each other.
    std::vector<Level> levels(TokenId const& token, BookSide side) const;
    BookTop top(TokenId const& token) const;

    Accounts& accounts() { return accounts_; }

    Accounts const& accounts() const { return accounts_; }

    ApiKeys& keys() { return keys_; }

    ApiKeys const& keys() const { return keys_; }

    MarketList const& markets() const { return markets_; }

    ExchangeOptions const& options() const { return options_; }

    TradingGate gate(UtcTime now) const { return gate_.at(now); }

    Seconds gate_ends_in(UtcTime now) const { return gate_.ends_in(now); }

    // Somebody else's liquidity that was traded away since the last call: its makers must know.
    struct Consumed {
        ConditionId market;
        BookSide side = BookSide::bid; // frame of the first outcome
        Price price;
        Shares size;
    };

    std::vector<Consumed> take_consumed();

    // What happens is told at once, so that a listener finds the books as the news left them. It
    // must not act on the exchange. Without a listener news wait for take_news().
    using NewsSink = std::function<void(ExchangeNews const&)>;

    void on_news(NewsSink sink) { sink_ = std::move(sink); }

    std::vector<ExchangeNews> take_news();

    // Pairs of tokens, money and trades in flight must add up to what was deposited.
    Audit audit() const;

private:
    enum class Chore : std::uint8_t { execute, settle, heartbeat, redeem };

    struct Due {
        UtcTime at;
        std::uint64_t number = 0; // in order of scheduling, so that equal times keep it
        Chore chore = Chore::execute;
        OrderId order{};
        std::string name{}; // trade or API key
        ConditionId market{};

        bool operator<(Due const& other) const {
            return std::tie(at, number) < std::tie(other.at, other.number);
        }
    };

    struct Book {
        // Frame of the first outcome, by price: everybody else's and our accounts' resting orders.
        std::map<Price, Shares> external[2];
        std::map<Price, Shares> own[2];
        std::vector<std::pair<BookSide, Price>> touched;
        bool traded = false;
        Usdc collateral;   // behind its outstanding tokens
        bool paid = false; // winners have been paid
    };

    struct OpenOrder { // what an order that may still trade holds back
        Usdc cash;
        Shares tokens;
    };

    struct Heart {
        std::string id;
        UtcTime deadline{};
    };

    struct Checked {
        OrderRecord record;
        Usdc reserve_cash;
        Shares reserve_tokens;
    };

    // order_checks.cpp
    Result<Checked> check(PostedOrder const& order, crypto::Address const& signer, UtcTime now);
    Result<void> check_gate(PostedOrder const& order, UtcTime now) const;
    Result<void> check_owner(PostedOrder const& order, crypto::Address const& signer) const;
    Result<void> check_signature(
        PostedOrder const& order, Market const& market, crypto::Address const& signer
    ) const;
    Result<void> read_terms(PostedOrder const& order, Market const& market, Checked& to) const;
    Result<void> reserve_for(Market const& market, Checked& to) const;
    Usdc cash_needed(OrderRecord const& order, Market const& market) const;
    Usdc free_cash(AccountId account) const;
    Shares free_tokens(AccountId account, TokenId const& token) const;

    // exchange_matching.cpp
    struct Fill {
        AccountId account = house;
        TradeReport report;
    };

    void execute(OrderId const& order, UtcTime now);
    void digest(simulated::Notices const& notices, ConditionId const& market, UtcTime now);
    void order_noticed(simulated::OrderNotice const& notice, UtcTime now);
    void
    trade_noticed(Fill const& taker, Fill const* maker, ConditionId const& market, UtcTime now);
    void take_external(ConditionId const& market, Fill const& taker, UtcTime now);
    void set_external(
        ConditionId const& market, LevelUpdate const& update, bool end_of_frame, UtcTime now
    );
    bool crosses_own(Book const& book, LevelUpdate const& update) const;
    void change_own(OrderRecord const& order, Shares by);
    void fill(Fill const& fill, TradeId const& trade, bool as_maker);
    void publish_levels(ConditionId const& market, UtcTime now);
    void close_order(OrderRecord& order);
    void emit(OwnOrderNews::Type type, OrderRecord const& order, UtcTime now);
    void cancel_all(std::string_view owner, UtcTime now);
    TradeLeg leg_of(Fill const& fill) const;
    TradeLeg house_leg(TradeLeg const& other, WorldMarket const& market) const;

    // exchange_settlement.cpp
    void book_trade(TradeRecord& trade, UtcTime now);
    void book_leg(TradeRecord const& trade, TradeLeg const& leg, UtcTime now);
    void settle(TradeId const& trade, UtcTime now);
    void deliver(TradeRecord& trade, UtcTime now);
    void reverse(TradeRecord& trade, UtcTime now);
    void pay(ConditionId const& market, UtcTime now);
    void pay_account(Account& account, WorldMarket const& market, UtcTime now);
    void tell(ExchangeNews news);
    void schedule(Due due);
    void run(Due const& due);
    std::string uuid(std::uint64_t number) const;

    ExchangeOptions options_;
    MarketList& markets_;
    FaultSource& faults_;
    std::uint64_t seed_;
    simulated::Random random_;
    simulated::MatchingCore core_;
    polymarket::Contracts contracts_;
    Accounts accounts_;
    ApiKeys keys_;
    OrderGate gate_;
    std::map<ConditionId, Book> books_;
    std::unordered_map<OrderId, OrderRecord> orders_;
    std::map<std::uint64_t, OrderId> open_; // by number: oldest first
    std::unordered_map<OrderId, OpenOrder> reserved_;
    std::map<std::string, TradeRecord> trades_;
    std::map<std::string, std::vector<std::string>, std::less<>> trades_of_; // by API key
    std::map<std::string, Heart, std::less<>> hearts_;
    std::set<Due> due_;
    NewsSink sink_;
    std::vector<ExchangeNews> news_;
    std::vector<Consumed> consumed_;
    Usdc treasury_;
    Usdc in_flight_;
    std::uint64_t numbers_ = 0;
    UtcTime now_{};
};

} // namespace polyquant::sandbox

// A CLOB in memory for seeded simulations: an account, orders that fill or do not, trades that
// settle or fail, and every fault of network and venue. It knows the truth to the micro.
#pragma once

#include "connectors/net/http_message.hpp"
#include "connectors/net/https_client.hpp"
#include "connectors/simulated/random.hpp"
#include "engine/core/events.hpp"
#include "engine/runtime/clock.hpp"

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace polyquant::polymarket::testing {

struct SimFaults {
    double not_written = 0.03;  // the connection fails before a byte is written
    double lost_request = 0.04; // never arrives, never answered
    double lost_answer = 0.06;  // worked, never answered
    double late_answer = 0.04;  // worked, answered after every deadline
    double error_before = 0.04; // 5xx, not worked
    double error_after = 0.05;  // 5xx, and worked all the same
    double garbage = 0.02;      // worked, the answer is not JSON
    double frame_lost = 0.08;   // the user channel drops, and comes back later
    double frame_twice = 0.15;
    double trade_fails = 0.08;
};

class SimClob {
public:
    struct Trade {
        std::string id;
        OrderId order;
        Side side = Side::buy;
        TokenId token;
        Price price;
        Shares size;
        Usdc fee;
        bool maker = false;
        TradeState state = TradeState::matched;
        UtcTime at{};
    };

    using Frames = std::function<void(std::string)>;

    SimClob(
        runtime::Clock& clock,
        Market const& market,
        Usdc money,
        std::uint64_t seed,
        SimFaults faults
    );

    Task<Result<net::HttpResponse>>
    serve(net::HttpRequest request, Instant deadline, net::Exchange* exchange);

    // Delayed orders, fills of resting ones, settlement, frames of the user channel; until
    // cancelled.
    Task<void> run();

    void on_frame(Frames frames) { frames_ = std::move(frames); }

    void on_connection(std::function<void(bool up)> told) { connection_ = std::move(told); }

    // No more faults, no more fills: the world calms down.
    void calm() { calm_ = true; }

    bool is_settled() const;

    Usdc cash() const { return cash_; }

    Shares tokens(TokenId const& token) const;
    std::vector<Trade> trades_of(OrderId const& order) const;

    // Times a body was accepted for working, by order: more than once is a double order.
    std::map<OrderId, int> const& worked() const { return worked_; }

    std::vector<std::string> const& breaches() const { return breaches_; }

    std::uint64_t posts() const { return posts_; }

    std::uint64_t faults_injected() const { return injected_; }

private:
    struct Order {
        Side side = Side::buy;
        TokenId token;
        std::int64_t maker = 0;
        std::int64_t taker = 0;
        Price limit;
        Shares size;
        std::string type;
        std::string status; // LIVE, DELAYED, MATCHED, CANCELED...
        Shares matched;
        Usdc reserved;
        Shares reserved_tokens;
        std::vector<std::string> trades;
    };

    net::HttpResponse answer(net::HttpRequest const& request);
    net::HttpResponse post(std::string const& body);
    net::HttpResponse cancel(std::string const& body);
    std::string open_row(OrderId const& id, Order const& order) const;
    std::string trade_row(Trade const& trade, bool event) const;
    void match(OrderId const& id, Order& order, Shares size, Price price, bool maker);
    void finish(OrderId const& id, Order& order, std::string status);
    void schedule_settlement(std::string const& trade);
    void settle(std::string const& trade, TradeState to);
    void tell(std::string frame);
    void tell_order(OrderId const& id, Order const& order, char const* type);
    void at(Nanos delay, std::function<void()> action);
    bool chance(double p);
    Nanos between(Nanos low, Nanos high);
    Usdc free_cash() const;

    runtime::Clock& clock_;
    Market market_;
    simulated::Random random_;
    SimFaults faults_;
    Usdc cash_;
    std::map<TokenId, Shares> tokens_;
    std::map<OrderId, Order> orders_;
    std::map<std::string, Trade> trades_;
    std::map<OrderId, int> worked_;
    std::map<OrderId, std::string> bodies_;
    std::multimap<Instant, std::function<void()>> due_;
    std::vector<std::string> breaches_;
    Frames frames_;
    std::function<void(bool)> connection_;
    Instant restarting_until_{};
    bool up_ = true;
    bool calm_ = false;
    std::uint64_t numbers_ = 0;
    std::uint64_t posts_ = 0;
    std::uint64_t injected_ = 0;
};

} // namespace polyquant::polymarket::testing

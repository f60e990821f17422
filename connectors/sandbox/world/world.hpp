// The sandbox's world: coins, oracle, markets, books and the exchange, moved forward together.
// Pure: it is told the time, draws from its seed, and two worlds told the same give the same.
#pragma once

#include "connectors/sandbox/world/book_maker.hpp"
#include "connectors/sandbox/world/coin_market.hpp"
#include "connectors/sandbox/world/exchange.hpp"
#include "connectors/sandbox/world/market_list.hpp"
#include "connectors/sandbox/world/market_planner.hpp"
#include "connectors/sandbox/world/oracle.hpp"
#include "connectors/sandbox/world/price_path.hpp"
#include "connectors/sandbox/world/world_options.hpp"

#include <functional>
#include <memory>
#include <variant>
#include <vector>

namespace polyquant::sandbox {

struct CoinTraded {
    Asset asset = Asset::btc;
    CoinTrade trade;
};

struct CoinQuoted {
    Asset asset = Asset::btc;
    CoinQuote quote;
};

// The open minute once a second, and every bar of a second or a minute when it closes.
struct CoinBarred {
    Asset asset = Asset::btc;
    CoinBar bar;
    bool closed = false;
};

// One second of the oracle, all assets.
struct OraclePrinted {
    UtcTime at{};
};

// Listed, opened, ended, strike published, resolved: look at the market.
struct MarketChanged {
    UtcTime at{};
    ConditionId market;
};

using WorldEvent =
    std::variant<CoinTraded, CoinQuoted, CoinBarred, OraclePrinted, MarketChanged, ExchangeNews>;

class World {
public:
    using Listener = std::function<void(WorldEvent const&)>;

    // The path starts before options.start, so that bars and oracle prints have a past.
    // `faults` outlives the world.
    World(WorldOptions options, std::unique_ptr<PricePath> path, FaultSource& faults);
    World(World const&) = delete;
    World& operator=(World const&) = delete;

    // Every listener hears everything, in the order in which it happened, also what a trader's
    // request causes. A listener must not act on the world.
    void subscribe(Listener listener) { listeners_.push_back(std::move(listener)); }

    // Does everything that is due up to and including `now`; earlier times are a no-op.
    void advance_to(UtcTime now);
    // When something happens next: at most one path step ahead.
    UtcTime next_due() const;

    UtcTime now() const { return now_; }

    CoinMarket const& coin(Asset asset) const { return coins_[index_of(asset)]; }

    Oracle const& oracle() const { return oracle_; }

    MarketList const& markets() const { return markets_; }

    Exchange& exchange() { return exchange_; }

    Exchange const& exchange() const { return exchange_; }

    WorldOptions const& options() const { return options_; }

    // P(first outcome wins) as an informed trader sees it; 0.5 where nobody can know.
    double fair_value(ConditionId const& market) const;
    // The first outcome's price at each minute, newest last (GET /prices-history).
    std::vector<std::pair<UtcTime, Price>> const& price_history(ConditionId const& market) const;

private:
    struct Past {
        std::vector<std::pair<UtcTime, Price>> minutes;
    };

    void live_through_the_past();
    void step_path(UtcTime at);
    void step_second(UtcTime at);
    void step_frame(UtcTime at);
    void step_phase(WorldMarket& market, UtcTime at);
    void step_other(WorldMarket& market, UtcTime at);
    void note_price(WorldMarket const& market, UtcTime at);
    bool first_wins(WorldMarket const& market) const;
    void step_book(WorldMarket& market, UtcTime at, Nanos length, double rate_factor);
    void open(WorldMarket& market, UtcTime at);
    bool resolve(WorldMarket& market, UtcTime at);
    void sync_maker();
    void tell(WorldEvent const& event);

    WorldOptions options_;
    std::unique_ptr<PricePath> path_;
    simulated::Random random_;
    UtcTime now_;
    UtcTime next_frame_;
    CoinPrices prices_;
    std::vector<CoinMarket> coins_; // by asset
    Oracle oracle_;
    MarketList markets_;
    FaultSource& faults_;
    Exchange exchange_;
    MarketPlanner planner_;
    std::map<ConditionId, BookMaker> makers_;
    std::map<ConditionId, Past> pasts_;
    std::vector<ConditionId> running_; // five-minute markets whose window is open
    BookMaker::Step scratch_;
    std::vector<Listener> listeners_;
};

} // namespace polyquant::sandbox

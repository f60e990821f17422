// What the ledger keeps: every change of money, orders and windows as one numbered fact. The
// portfolio in memory, the SQLite ledger, the journal and the reports are all folds over facts.
#pragma once

#include "engine/core/orders.hpp"
#include "engine/core/settlement_facts.hpp"

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace polyquant {

// A strategy runs under this parameter set from now on. Statistics restart, money does not.
struct EpochOpened {
    StrategyName strategy;
    std::string kind;        // "scalp_s1"
    std::uint64_t epoch = 0; // hash of the parameters
    std::string parameters;  // printed table, for reading later
};

// Money put into (or, negative, taken out of) a strategy's bankroll.
struct CapitalMoved {
    StrategyName strategy;
    Usdc amount;
    std::string note;
};

// Booked before the order leaves. `reserved` is cost at the limit plus the fee rounded up.
struct OrderPlaced {
    OrderId order;
    PlaceOrder intent;
    Usdc reserved;
    std::string slug;
};

struct OrderChanged {
    OrderId order;
    StrategyName strategy;
    OrderState from = OrderState::created;
    OrderState to = OrderState::created;
    Reason reason = Reason::order_sent;
    Usdc reserved_left; // what the order still reserves after this change
    std::string text;
};

// A fill at MATCHED. Cash leaves (buy: cost + fee; sell: proceeds - fee arrive) and shares are
// exposure; TradeChanged later confirms or reverses exactly these amounts.
struct TradeMatched {
    TradeReport trade;
    StrategyName strategy;
    ConditionId market;
    Outcome outcome = Outcome::up;
    Usdc cost; // price * size: rounded up when buying, down when selling
    Usdc reserved_left;
    Millis fill_latency{0}; // decision to match
    Price seen_price;
};

struct TradeChanged {
    TradeId trade;
    OrderId order;
    StrategyName strategy;
    TradeState from = TradeState::matched;
    TradeState to = TradeState::matched;
};

// A window's end by the market's own rule, once known; `winner` empty means paid half and half.
struct WindowSettled {
    ConditionId market;
    std::string slug;
    std::optional<Asset> asset;
    Window window;
    SettlementRule rule;
    UsdPrice strike;
    UsdPrice final_price;
    PriceSource source = PriceSource::binance_bar; // of strike and final
    std::optional<Outcome> winner;
};

// One strategy's holding in a settled market paid out.
struct PositionSettled {
    StrategyName strategy;
    ConditionId market;
    TokenId token;
    Outcome outcome = Outcome::up;
    Shares size;
    Usdc payout;
    Usdc cost; // what the shares had cost, fees included
    bool won = false;
};

// Evaluations of one strategy in one window, written when the window ends: how often each reason
// was the answer. The decisions that led to orders are in OrderPlaced.
struct WindowEvaluated {
    StrategyName strategy;
    std::uint64_t epoch = 0;
    std::optional<Asset> asset;
    Window window;
    ReasonCounts counts;
    Reason last = Reason::outside_zone;
};

struct TradingStateChanged {
    StrategyName strategy; // empty: the whole engine, or the asset's markets
    bool halted = false;
    Reason reason = Reason::kill_switch;
    std::string text;
    std::optional<Asset> asset{};
};

// What the model promised at one moment of a window, and what the books offered then.
struct ForecastSample {
    Millis left{0};           // to the close
    std::optional<double> up; // P(UP); empty without a usable signal
    std::optional<Price> up_bid, up_ask, down_bid, down_ask;

    friend bool operator==(ForecastSample const&, ForecastSample const&) = default;
};

// The promises of one window, written when it ends, whether or not anybody bet on them.
struct WindowForecast {
    ConditionId market;
    std::string slug;
    std::optional<Asset> asset;
    Window window;
    FeeSchedule fee;
    std::uint64_t model_version = 0;     // of the last sample
    std::vector<ForecastSample> samples; // by falling time left
};

// One filled buy order against the outcome of its window.
struct BetJudged {
    StrategyName strategy;
    std::uint64_t epoch = 0; // of its decision
    OrderId order;
    std::optional<Asset> asset;
    Window window;
    Outcome outcome = Outcome::up;
    double promised = 0; // the win probability it was decided on
    Shares size;
    Usdc cost; // without fee
    Usdc fee;
    bool won = false;
    // The strategy's first bet in this window, and its first on this coin: others share its fate
    // and are no further evidence.
    bool first_of_window = false;
    bool first_of_asset = false;
    bool corrects = false; // the market was settled anew; this replaces what was judged before
};

// How far a strategy's promises are still believed.
enum class CalibrationState : std::uint8_t { trusted, reduced, stopped };
std::string_view to_string(CalibrationState state);

// The sequential test changed its mind about a strategy, or about one of its coins.
struct CalibrationChanged {
    StrategyName strategy;
    std::uint64_t epoch = 0;
    std::optional<Asset> asset; // empty: all its coins together
    CalibrationState from = CalibrationState::trusted;
    CalibrationState to = CalibrationState::trusted;
    double evidence = 1; // against the promises; 1 is none
    std::uint64_t bets = 0;
    double promised = 0; // mean
    double won = 0;      // share
};

// Is there an edge after costs? Once a UTC day for every coin, whether or not anything was bought.
struct DailyVerdict {
    Asset asset = Asset::btc;
    UtcTime from{}; // the windows it looked at
    UtcTime to{};
    bool trade = false;
    bool by_trades = false; // judged by own fills; else by would-be bets at the quotes seen
    std::uint64_t windows = 0;
    std::uint64_t bets = 0;
    double promised = 0;             // mean edge a share after fee, as the model saw it
    double edge = 0;                 // mean result a share after fee
    std::optional<double> low, high; // its 95 % interval; empty when a single hour says it all
    std::string text;
};

using FactBody = std::variant<
    EpochOpened,
    CapitalMoved,
    OrderPlaced,
    OrderChanged,
    TradeMatched,
    TradeChanged,
    WindowSettled,
    PositionSettled,
    WindowEvaluated,
    TradingStateChanged,
    WindowForecast,
    BetJudged,
    CalibrationChanged,
    DailyVerdict,
    OutcomeReported,
    CaptureDiffered,
    PayoutClaimed,
    RedemptionChanged,
    PayoutCollected,
    WalletMoved>;

struct Fact {
    std::uint64_t seq = 0; // 1, 2, 3 ... without gaps within a run's state directory
    UtcTime at{};
    FactBody body;
};

std::string_view name_of(FactBody const& body); // "order_placed"
std::string describe(Fact const& fact);

// Numbers, stamps and hands on; implemented by the app, which owns journal, portfolio and ledger.
class FactSink {
public:
    virtual ~FactSink() = default;
    virtual void record(FactBody body) = 0;
};

} // namespace polyquant

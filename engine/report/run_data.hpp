// A stored run as its reports need it: read from the ledger, run.json and moments.csv, nothing
// computed yet. Runs of any mode have a ledger; the other two are a backtest's.
#pragma once

#include "engine/backtest/run_record.hpp"
#include "engine/ledger/ledger.hpp"

#include <array>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace polyquant::report {

// An order that was sent, whatever became of it.
struct OrderRow {
    OrderId order;
    StrategyName strategy;
    std::optional<Asset> asset;
    std::string slug;
    std::optional<Window> window;
    Outcome outcome = Outcome::up;
    UtcTime decided_at{};
    Price limit;
    Price seen_price;
    Shares size; // asked for
    double win_probability = 0;
    double edge = 0; // promised
    OrderState state = OrderState::created;
    Reason reason = Reason::order_sent; // of its end, where it was not filled
    bool maker = false;                 // at least one fill was
    bool voided = false;                // every fill failed to settle
};

// A buy that was filled, with its share of what its position paid.
using Trade = ledger::TradeRow;

struct MomentRow {
    std::string slug;
    Asset asset = Asset::btc;
    double seconds_left = 0;
    double up = 0.5;
    bool usable = false;
    std::optional<double> bid; // of the Up token
    std::optional<double> ask;
};

struct WindowOutcome {
    std::optional<Asset> asset;
    Window window;
    std::optional<Outcome> winner; // empty: half and half
    std::string rule;
    PriceSource source = PriceSource::binance_bar;
};

// How one strategy's evaluations of one window ended.
struct EvaluationRow {
    StrategyName strategy;
    std::optional<Asset> asset;
    Window window;
    ReasonCounts counts;
};

struct StrategyInfo {
    StrategyName name;
    std::string kind;
    std::string parameters; // printed, of the last epoch
    Usdc capital;
    Usdc equity; // at cost
    Usdc fees;
    ReasonCounts reasons;
};

struct RunData {
    std::filesystem::path directory;
    std::optional<backtest::RunRecord> record;
    std::vector<StrategyInfo> strategies;
    std::vector<OrderRow> orders; // by the time of deciding
    std::vector<Trade> trades;    // buys, as the ledger orders them
    std::vector<MomentRow> moments;
    std::vector<EvaluationRow> evaluations;
    std::map<std::string, WindowOutcome> windows; // by slug
    std::vector<ledger::OpenPosition> open;       // nobody settled them
    std::vector<std::string> halts;               // states of trading at the end, in words
    UtcTime from{};                               // of the facts, where there is no record
    UtcTime until{};
    std::string ledger_digest;
};

// `where` is a run's directory or its ledger.
Result<RunData> read_run(std::filesystem::path const& where);

} // namespace polyquant::report

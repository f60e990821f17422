// The machine in the middle, wired: bus -> board -> models -> strategies -> gate -> execution,
// facts to journal, portfolio and ledger. The same objects in every mode; clock, feed and venue
// come from outside.
#pragma once

#include "config/reload.hpp"
#include "engine/accuracy/forecast_sampler.hpp"
#include "engine/accuracy/track_record.hpp"
#include "engine/app/decision_journal.hpp"
#include "engine/app/expiry_desk.hpp"
#include "engine/app/fact_log.hpp"
#include "engine/app/guarded_venue.hpp"
#include "engine/app/input_digest.hpp"
#include "engine/app/quote_anchor.hpp"
#include "engine/app/recovery.hpp"
#include "engine/app/trained_models.hpp"
#include "engine/app/window_signals.hpp"
#include "engine/execution/execution_actor.hpp"
#include "engine/market/market_board.hpp"
#include "engine/observe/status_text.hpp"
#include "engine/runtime/bus.hpp"
#include "engine/runtime/supervisor.hpp"
#include "engine/settlement/capture_check.hpp"
#include "engine/settlement/outcome_record.hpp"
#include "engine/settlement/window_settler.hpp"
#include "models/model_actor.hpp"
#include "strategies/strategy_actor.hpp"

#include <deque>
#include <memory>
#include <set>

namespace polyquant::app {

// What the engine tells the outside while it runs.
class EngineListener {
public:
    virtual ~EngineListener() = default;
    virtual void say(std::string const& line) = 0; // for people: alarms, notes

    virtual void trained(std::string const& line) { say(line); }

    virtual void window_settled(observe::SettledWindow const& window) = 0;
    // Something that must not go on: a bug, a storage failure, a diverging re-execution.
    virtual void fatal(Failure const& failure) = 0;
};

struct EngineParts {
    asio::any_io_executor executor;
    runtime::Clock& clock;
    runtime::Bus& bus;
    runtime::SidePool& training_pool;
    runtime::SidePool& disk_pool; // one thread, the ledger's
    OrderVenue& venue;
    runtime::Journal& journal;
    std::shared_ptr<ledger::Ledger> ledger;
    EngineListener& listener;
    // How far our clock is from the venue's; nothing while nobody has measured it. Absent in
    // recorded time, which has no offset against itself.
    std::function<std::optional<Nanos>()> clock_offset{};
    models::calibration::AskTable quote_table = models::calibration::AskTable{}; // to start from
    TrainedModels trained{}; // in use, for kind = "trained"
    // Where orders are real: puts each on the disk before it leaves (IntentFile::keep).
    GuardedVenue::MakeDurable make_durable{};
    std::optional<models::registry::FittedBlend> blend{}; // for market_blend = "on"
    // Where orders are real: told of each order of an earlier process that goes on, with the bytes
    // that were sent where they are known (empty: it is never posted again).
    std::function<void(PreparedOrder&)> resuming{};
    bool signs_ahead = false; // the venue's orders are signed, which takes time
    // Live feeds follow each market that is listed. A candidate of the expiry strategy that nobody
    // is interested in any more is let go before its end, and followed again if it comes back.
    // Both may be called from within one of the feeds' own events.
    std::function<void(Market const&)> follow{};
    std::function<void(ConditionId const&)> let_go{};
    // Called when books, windows and models know of a book or a tick, before any strategy does.
    std::function<void()> features_done{};
};

class Engine final : public strategies::StrategyHost {
public:
    Engine(EngineParts parts, config::RunConfig config);
    Engine(Engine const&) = delete;
    Engine& operator=(Engine const&) = delete;

    // Before start(), or later, when the history came late: closed bars, oldest first. What they
    // allow to be trained is trained.
    void warm_up(Asset asset, std::span<Bar const> history);
    // Before restore(), where a venue holds the money: a payout is a claim until it is back in the
    // wallet, and the venue's silence about a result is an alarm.
    void money_is_real();
    // Before start(): the state of an earlier process from the ledger. Orders that were open go on
    // when their market is listed again.
    Result<void> restore();
    // Markets in which an earlier process has money at work or traded within the last hour: they
    // must be listed for their orders, shares and trades to be followed.
    std::vector<std::string> slugs_wanted() const;
    // A human has looked: every halt of a safety rule is lifted.
    void clear_halts();
    // Books the bankrolls and epochs, subscribes to the bus, starts every coroutine.
    void start();

    // Whether evaluations that led to no order are journalled too; before start().
    void keep_decisions(bool keep) { keep_decisions_ = keep; }

    // The input is over: nothing is decided any more, what is open still settles.
    void input_over();
    // In order: no decisions, orders cancelled, books written.
    Task<runtime::StopReport> stop();

    config::ReloadHistory reload_history() const;
    // Takes over a configuration that check_reload() accepts, or changes nothing.
    config::ReloadVerdict reload(config::RunConfig next);

    // Other trained models from the next evaluation on, warmed up with the bars kept.
    void use_trained(TrainedModels models);

    TrainedModels const& trained() const { return parts_.trained; }

    // Newer values from outside for them; on record before anything is decided
    // with them.
    void use_outside(OutsideValues const& values);

    observe::StatusSnapshot status(std::string mode) const;
    // Nothing in flight: no open order, no unsettled position, no fact still to be written.
    bool is_quiet() const;
    std::size_t unsettled_positions() const;
    std::size_t windows_pending() const;

    config::RunConfig const& config() const { return config_; }

    execution::Portfolio const& portfolio() const { return portfolio_; }

    market::MarketBoard const& board() const { return board_; }

    settlement::WindowSettler const& settler() const { return settler_; }

    accuracy::TrackRecord const& track_record() const { return record_; }

    std::uint64_t facts() const { return facts_.recorded(); }

    runtime::Supervisor& supervisor() { return supervisor_; }

    execution::ExecutionActor& execution() { return execution_; }

    settlement::OutcomeRecord const& outcomes() const { return outcomes_; }

    settlement::CaptureCheck const& captures() const { return captures_; }

    // May this market's winnings be redeemed? With the reason, either way.
    settlement::Redeemable redeemable(ConditionId const& market) const {
        return outcomes_.redeemable(market);
    }

    // What a source beyond the bus says of a market's end.
    void
    outcome_said(ConditionId const& market, OutcomeSource source, Ruling ruling, std::string text);
    // Facts of those who move the money after its settlement, in order and in one go.
    void record(std::vector<FactBody> facts);
    // Ours minus the venue's, as the risk gate sees it; empty while nobody has measured it.
    std::optional<Nanos> clock_offset() const;

    // Gives a strategy money, or takes it (negative), outside of what it earns.
    void move_capital(StrategyName const& strategy, Usdc amount, std::string const& why);

    // Told of every fact after all of the engine's own parts.
    void listen_facts(FactLog::Listener listener) { facts_.listen(std::move(listener)); }

    // strategies::StrategyHost
    MarketView view(Asset asset, Window window) const override;
    models::Signal const* signal(Asset asset) const override;
    Usdc free_bankroll(StrategyName const& strategy) const override;
    Submitted submit(PlaceOrder const& order, MarketView const& view) override;

    bool signs_ahead() const override { return parts_.signs_ahead && config_.execution.presign; }

    void anticipate(PlaceOrder const& order) override { venue_.anticipate(order); }

    void evaluated(
        strategies::Strategy const& strategy,
        MarketView const& view,
        strategies::Decision const& decision,
        Reason answer
    ) override;
    void window_over(WindowEvaluated counts) override;

private:
    struct StrategySlot {
        std::unique_ptr<strategies::StrategyActor> actor;
    };

    void subscribe();
    void start_tasks();
    void open_books();
    void open_books(strategies::ConfiguredStrategy const& strategy);
    void open_epoch(strategies::ConfiguredStrategy const& strategy);
    void add_strategy(config::StrategyConfig const& strategy);
    void adopt(Market const& market);
    std::optional<execution::RiskView> risk_view(PlaceOrder const& order) const;
    execution::RiskView risk_view(PlaceOrder const& order, MarketView const& view) const;
    void let_go(ConditionId const& market);
    void pool_money_for(PlaceOrder const& order, Market const& market);
    void on_fact(Fact const& fact);
    void wake_all(Asset asset, std::uint64_t seq);
    void refresh_window_signal(Asset asset);
    void wake_for_token(TokenId const& token, std::uint64_t seq);
    Task<void> run_settlement();
    void sample_due();
    void settle_due();
    void on_resolved(MarketResolved const& event);
    void outcomes_due();
    void say_outcome_alarms();
    void captures_due();
    void judge_due();
    std::vector<settlement::Holding> holdings_of(ConditionId const& market) const;
    void update_pin(ConditionId const& market);
    void keep_history(BarUpdate const& update);
    runtime::StopLimits stop_limits() const;
    void journal_trained();
    void journal_blend();
    void rebuild_models(config::ModelParams const& params);
    void check(Result<void> const& written);
    void check(Result<std::uint64_t> const& appended);
    void fail(Failure const& failure);
    observe::AssetStatus asset_status(Asset asset, UtcTime now) const;
    observe::StrategyStatus strategy_status(strategies::StrategyActor const& actor) const;
    observe::StrategyStatus strategy_status(strategies::expiry::ExpiryActor const& actor) const;
    void add_account(observe::StrategyStatus& status, StrategyName const& name) const;

    EngineParts parts_;
    config::RunConfig config_;
    runtime::Supervisor supervisor_;
    market::MarketBoard board_;
    execution::Portfolio portfolio_;
    accuracy::TrackRecord record_;
    accuracy::ForecastSampler sampler_;
    LedgerWriter ledger_writer_;
    FactLog facts_;
    InputDigest digest_;
    DecisionJournal decisions_;
    execution::RiskGate gate_;
    GuardedVenue venue_;
    execution::ExecutionActor execution_;
    settlement::WindowSettler settler_;
    settlement::OutcomeRecord outcomes_;
    settlement::CaptureCheck captures_;
    models::ModelActor models_;
    WindowSignals window_signals_;
    std::optional<QuoteAnchor> anchor_;
    // What signal() answered last where it blends.
    mutable std::array<models::Signal, asset_count> anchored_;
    std::vector<StrategySlot> strategies_;
    std::vector<std::unique_ptr<ExpiryDesk>> expiries_;
    std::array<std::deque<Bar>, asset_count> history_; // closed bars, to rebuild models on a reload
    std::set<ConditionId> pinned_;                     // markets we hold shares of
    UnfinishedBusiness unfinished_;                    // of an earlier process
    std::set<std::string> slugs_held_;                 // by an earlier process
    std::map<std::string, BreakerState> breakers_;     // of the feeds and clients
    bool keep_decisions_ = true;
    bool payouts_are_claims_ = false;
    bool started_ = false;
    bool failed_ = false; // reported as fatal; a halt by a safety rule is not
};

} // namespace polyquant::app

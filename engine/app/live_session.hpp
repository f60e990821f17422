// One run on time that passes by itself, from its start to its summary: paper, sandbox or live.
#pragma once

#include "connectors/net/net_stack.hpp"
#include "connectors/tape/session/session_recorder.hpp"
#include "engine/app/engine.hpp"
#include "engine/app/engine_probe.hpp"
#include "engine/app/exit_code.hpp"
#include "engine/app/intent_file.hpp"
#include "engine/app/live_feeds.hpp"
#include "engine/app/live_storage.hpp"
#include "engine/app/live_venue.hpp"
#include "engine/app/operations.hpp"
#include "engine/app/outcome_desk.hpp"
#include "engine/app/outside_feed.hpp"
#include "engine/app/run_command.hpp"
#include "engine/app/timed_venue.hpp"
#include "engine/observe/console.hpp"
#include "engine/runtime/lag_meter.hpp"

#include <boost/asio/signal_set.hpp>

#include <deque>
#include <map>

namespace polyquant::app {

// Loads the files again and lays the command line over them, as at the start.
using ConfigLoader = std::function<config::Loaded()>;

// Real time, or the venue's where it runs faster.
std::unique_ptr<runtime::Clock> make_clock(config::EndpointParams const& endpoints);

class LiveSession final : public EngineListener {
public:
    struct Outside {
        std::unique_ptr<asio::io_context> io;
        std::unique_ptr<runtime::Clock> clock;
        std::optional<ExchangeAccount> account{}; // empty on paper
    };

    // What the session does instead of waiting for a signal; its result is the exit code.
    using Errand = std::function<Task<ExitCode>()>;

    LiveSession(
        RunOptions const& options,
        config::RunConfig config,
        ConfigLoader loader,
        LiveStorage storage,
        Outside outside,
        std::FILE* out
    );
    ~LiveSession() override;

    ExitCode run();

    // Before run(): stops in order when the errand is done, and prints no summary.
    void do_errand(Errand errand) { errand_ = std::move(errand); }

    Engine& engine() { return engine_; }

    OrderVenue const& venue() const { return slot_; }

    runtime::Clock& clock() { return *outside_.clock; }

    void say(std::string const& line) override;
    void window_settled(observe::SettledWindow const& window) override;
    void fatal(Failure const& failure) override;

private:
    Result<void> prepare();
    Result<void> make_venue();
    Task<Result<void>> make_durable(PreparedOrder order);
    Result<void> open_recorder();
    Result<void> open_operations();
    void complete(metrics::Figures& figures) const;
    void take(Event event);
    void take_history(Asset asset, std::span<Bar const> bars);
    void keep_round_trip(std::string path, Nanos took);
    void note_breaker(BreakerChanged const& change);
    void start_tasks();
    Task<void> draw_status();
    Task<void> flush_journal();
    void begin_outside(std::string const& name);
    Task<void> follow_outside();
    Task<void> run_errand();
    Nanos in_venue_time(Nanos real) const;
    Nanos verify_max() const;
    void resume(PreparedOrder& order);
    Task<void> stop_later(Seconds after);
    void wait_for_signals();
    void on_signal(int number);
    void reload();
    void reload_trained();
    void request_stop(ExitCode code);
    Task<void> stop();
    observe::StatusSnapshot status() const;
    void print_summary();

    RunOptions const& options_;
    ConfigLoader loader_;
    LiveStorage storage_;
    int reloads_of_models_ = 0;
    std::shared_ptr<OutsideFeed> outside_feed_; // shared with the job that reads; null: none
    Outside outside_;
    observe::Console console_;
    runtime::LiveClock real_;
    runtime::Bus bus_;
    runtime::SidePool training_;
    runtime::SidePool disk_;
    runtime::SidePool intents_pool_;
    runtime::SidePool cache_pool_;        // of bars: the ledger waits for nobody
    std::unique_ptr<IntentFile> intents_; // where orders are real
    std::unique_ptr<net::NetStack> net_;
    std::unique_ptr<tape::SessionRecorder> recorder_; // null: not recorded
    VenueSlot slot_;
    Engine engine_;
    std::unique_ptr<LiveVenue> venue_;
    std::unique_ptr<TimedVenue> timed_;
    std::unique_ptr<LiveFeeds> feeds_;
    std::unique_ptr<OutcomeDesk> outcomes_; // where a venue holds the money
    Errand errand_{};
    std::map<OrderId, std::string> bytes_sent_{}; // of an earlier start's orders
    runtime::LagMeter lag_;
    EngineProbe probe_;
    std::unique_ptr<Operations> operations_; // beside the engine, on a thread of its own
    asio::signal_set signals_;
    std::deque<observe::SettledWindow> settled_; // the newest
    std::uint64_t windows_settled_ = 0;
    std::uint64_t events_ = 0;
    std::map<std::string, std::uint64_t> breaker_openings_;
    UtcTime last_received_{};
    UtcTime began_{};
    Instant began_real_{};
    bool stopping_ = false;
    bool stopped_ = false;
    ExitCode exit_code_ = ExitCode::ok;
    bool is_misconfigured_ = false; // what prepare() failed at is the configuration's fault
};

} // namespace polyquant::app

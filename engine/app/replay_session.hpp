// One replay from its start to its summary.
#pragma once

#include "connectors/simulated/simulated_venue.hpp"
#include "engine/app/engine.hpp"
#include "engine/app/exit_code.hpp"
#include "engine/app/moment_sampler.hpp"
#include "engine/app/replay_command.hpp"
#include "engine/app/replay_feed.hpp"
#include "engine/app/replay_plan.hpp"
#include "engine/observe/console.hpp"
#include "engine/runtime/replay_loop.hpp"
#include "models/registry/fitted_blend.hpp"

#include <boost/asio/signal_set.hpp>

#include <deque>

namespace polyquant::app {

// Loads the files again and lays the command line over them, as at the start.
using ConfigLoader = std::function<config::Loaded()>;

class ReplaySession final : public EngineListener {
public:
    struct Storage {
        std::unique_ptr<runtime::Journal> journal;
        std::shared_ptr<ledger::Ledger> ledger;
        models::calibration::AskTable quote_table = models::calibration::AskTable{};
        TrainedModels trained{};
        std::optional<models::registry::FittedBlend> blend{};
    };

    ReplaySession(
        ReplayOptions const& options,
        ReplayPlan plan,
        config::RunConfig config,
        ConfigLoader loader,
        std::unique_ptr<RunInput> input,
        Storage storage,
        std::FILE* out
    );

    ExitCode run();

    UtcTime last_event() const { return last_event_; }

    void say(std::string const& line) override;
    void trained(std::string const& line) override;
    void window_settled(observe::SettledWindow const& window) override;
    void fatal(Failure const& failure) override;

private:
    struct RecordedReload {
        std::uint64_t after_events;
        bool trained; // other trained models came into use with it
        std::string text;
    };

    Result<void> recall_reloads();
    Result<void> keep_moments();
    void wait_for_signals();
    void on_signal(int number);
    void between_events(std::uint64_t published);
    void reload_from_files(std::uint64_t published);
    void repeat_reload(RecordedReload const& recorded);
    // The trained models in use now, if they are others than the engine has and can be used.
    std::optional<TrainedModels> newly_trained(config::RunConfig const& config);
    std::optional<TrainedModels> recorded_trained();
    // `recorded` is what an earlier execution of this run did here; null for a new reload.
    void apply(
        config::RunConfig next,
        std::string const& text,
        std::uint64_t published,
        RecordedReload const* recorded
    );
    bool wait_real(Instant until);
    void redraw_if_due();
    void set_speed();
    ExitCode finish();
    ExitCode leave_unfinished();
    void print_summary(ExitCode code);
    std::string mode_text() const;

    ReplayOptions const& options_;
    ReplayPlan plan_;
    ConfigLoader loader_;
    Storage storage_;
    observe::Console console_;
    runtime::SimClock clock_;
    runtime::LiveClock real_;
    asio::io_context io_;
    runtime::Bus bus_;
    runtime::SidePool training_;
    runtime::SidePool disk_;
    simulated::SimulatedVenue venue_;
    Engine engine_;
    std::unique_ptr<RunInput> input_;
    std::unique_ptr<MomentSampler> moments_; // where they are asked for
    ReplayFeed feed_;
    runtime::ReplayLoop loop_;
    asio::signal_set signals_;
    std::deque<RecordedReload> recorded_reloads_;
    std::deque<std::string>
        recorded_trained_; // sets of models, as the journal names them // still to be repeated
    std::vector<observe::SettledWindow> settled_;
    bool reload_wanted_ = false;
    bool interrupted_ = false;
    bool was_re_executing_ = false;
    std::optional<Failure> fatal_;
    Instant next_redraw_{};
    Instant began_{};
    UtcTime last_event_{};
};

} // namespace polyquant::app

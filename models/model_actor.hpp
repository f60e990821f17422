// Feeds the assets' models with bars, trains them on the side pool and keeps the newest signals.
#pragma once

#include "engine/core/events.hpp"
#include "engine/runtime/mailbox.hpp"
#include "engine/runtime/side_pool.hpp"
#include "models/baseline_model.hpp"

#include <array>
#include <functional>
#include <optional>

namespace polyquant::models {

enum class SignalTime : std::uint8_t {
    window_start, // one signal a window, from the bar that closes at its start
    continuous,   // after every bar, the open one included
};

class ModelActor {
public:
    // For the journal and the status line.
    struct Listener {
        std::function<void(Signal const&)> on_signal;
        std::function<void(TrainingOutcome const&, BaselineStatus const&)> on_training;
    };

    // One model an asset. The pool is for training only: a long job holds back what is behind it.
    ModelActor(
        asio::any_io_executor executor,
        runtime::SidePool& pool,
        std::vector<BaselineModel> models,
        SignalTime signal_time
    );

    void listen(Listener listener) { listener_ = std::move(listener); }

    // Other parameters: starts again with fresh models. Trainings still out are dropped.
    void replace(std::vector<BaselineModel> models, SignalTime signal_time);
    void warm_up(Asset asset, std::span<Bar const> history);
    void on(BarUpdate const& update, UtcTime now);

    // Runs the training jobs, one at a time.
    Task<void> run();
    // Asks every model whether a training is due; on() does so after each closed bar.
    void request_trainings();

    // Null for an asset without a model.
    Signal const* signal(Asset asset) const;
    BaselineModel const* model(Asset asset) const;

private:
    struct Desk {
        BaselineModel model;
        Signal signal;
        std::optional<Bar> open_bar;
    };

    void install(std::vector<BaselineModel> models);
    void queue_training(Desk& desk);
    void refresh(Desk& desk, UtcTime now);
    void publish(Desk& desk, Signal signal);

    runtime::SidePool& pool_;
    std::array<std::optional<Desk>, asset_count> desks_;
    SignalTime signal_time_;
    Listener listener_;

    struct Queued {
        TrainingJob job;
        std::uint64_t generation;
    };

    runtime::CountMailbox<Queued> jobs_; // a model has one job out at most: never full
    std::uint64_t generation_ = 0;       // of the models; an older one's training is dropped
    std::optional<UtcTime> now_;         // of the newest bar
};

} // namespace polyquant::models

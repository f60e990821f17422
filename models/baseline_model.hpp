// The baseline's model of one asset as a plain state machine: bars in, signals and training jobs
// out. No clock, no thread, no I/O; an actor feeds it and runs its jobs elsewhere.
//
//   warm up:   for each bar of history            on_bar(bar)
//   live:      on_bar(bar); if (auto job = training_due()) -> side pool: run(*job)
//   later:     accept(outcome)                    the new model takes effect at once, or not at all
//   strategy:  signal_at_start(window)            fixed at the window's start, as the baseline
//          or  signal_now(window, now), preview(window, open_bar, now)
#pragma once

#include "models/ensemble.hpp"
#include "models/feature_engine.hpp"
#include "models/heuristic.hpp"
#include "models/signal.hpp"
#include "models/trained_model.hpp"

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace polyquant::models {

struct BaselineParams {
    Asset asset = Asset::btc;
    Seconds bar_length{60};
    Seconds window_length{300};
    TrainParams train{};
    HeuristicParams heuristic{};
    EnsembleWeights weights{};
    int retrain_windows = 50;         // counted in time, so that an outage makes it due
    std::size_t train_bars = 2880;    // the newest bars a training sees: 2 days
    std::size_t train_bars_min = 720; // fewer bars are not worth a first model
    Seconds bar_age_max{90};          // since the newest bar's close, for signals inside a window
};

// What is wrong with the parameters; empty if nothing.
std::string defect_of(BaselineParams const& params);

enum class BarVerdict : std::uint8_t {
    accepted,
    after_gap, // accepted; features start anew and are NaN until their look-back is full again
    duplicate, // the newest bar once more: ignored
    older,     // earlier than the newest: refused
    defective, // cannot be true or has another length: refused
};

std::string_view to_string(BarVerdict verdict);

struct TrainingJob {
    Asset asset = Asset::btc;
    std::uint64_t number = 0; // becomes the model's version
    std::vector<Bar> bars;
    TrainParams params;
};

struct TrainingOutcome {
    Asset asset = Asset::btc;
    std::uint64_t number = 0;
    Result<TrainedModel> model;
};

// Pure; takes milliseconds; any thread.
TrainingOutcome run(TrainingJob const& job);

// For the status line and the audit.
struct BaselineStatus {
    std::size_t bars = 0; // accepted, history included
    std::size_t duplicates = 0;
    std::size_t older = 0;
    std::size_t defective = 0;
    std::size_t gaps = 0;
    std::string last_defect;
    std::size_t trainings = 0;
    std::size_t failed_trainings = 0;
    std::string last_training_failure; // kept until a training succeeds
    bool training = false;             // a job is out
    std::uint64_t model_version = 0;   // 0: none
};

class BaselineModel {
public:
    // Fails on parameters that defect_of() names.
    static Result<BaselineModel> create(BaselineParams params);

    BarVerdict on_bar(Bar const& bar);

    // Many bars of history; verdicts are counted in the status.
    void warm_up(std::span<Bar const> history);

    // A job when one is due and none is out: there is no model and enough bars, or the model is
    // retrain_windows old. After a failure, at the next window's start.
    std::optional<TrainingJob> training_due();

    // Swaps the model, or keeps the old one and notes why. False when this is not the job that is
    // out (the outcome is dropped).
    bool accept(TrainingOutcome outcome);

    // Takes a model from a file, for the time until the first training. Refused when it was made
    // for other features.
    Result<void> adopt(TrainedModel model);

    // The signal taken when the bar that closes at the window's start arrived. Unusable, saying
    // why, before that and for any other window. A model that arrives later in the window makes an
    // unusable signal usable, and never changes a usable one.
    Signal signal_at_start(Window window) const;

    // The newest closed bar's signal, unusable when that bar is older than bar_age_max.
    Signal signal_now(Window window, UtcTime now) const;

    // The signal with the bar still open as if it closed now. `as_of` is `now`.
    Signal preview(Window window, Bar const& open_bar, UtcTime now) const;

    BaselineStatus const& status() const { return status_; }

    TrainedModel const* model() const { return model_.get(); }

    BaselineParams const& params() const { return params_; }

    std::optional<UtcTime> newest_close() const;

private:
    explicit BaselineModel(BaselineParams params);

    struct Reading {
        FeatureRow row;
        HeuristicScore heuristic;
    };

    void remember(Bar const& bar);
    void install(TrainedModel model, std::uint64_t version);
    Signal signal_of(Window window, Reading const& reading) const;
    Signal unusable(Window window, std::string why) const;

    BaselineParams params_;
    FeatureEngine features_;
    HeuristicScorer heuristic_;
    std::vector<Bar> bars_; // the last train_bars of it count; trimmed when twice as long
    std::optional<Reading> newest_;
    std::optional<Reading> at_start_;
    Signal start_signal_;
    std::shared_ptr<TrainedModel const> model_;
    Predictor predictor_;
    std::optional<UtcTime> trained_at_;
    std::optional<UtcTime> retry_at_;
    std::uint64_t versions_ = 0; // of jobs and adopted models together
    std::optional<std::uint64_t> job_out_;
    BaselineStatus status_;
};

} // namespace polyquant::models

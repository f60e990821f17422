#include "models/model_actor.hpp"

namespace polyquant::models {

namespace {

bool same(Signal const& a, Signal const& b) {
    return a.window == b.window && a.as_of == b.as_of && a.up == b.up && a.usable == b.usable &&
           a.why == b.why && a.model_version == b.model_version;
}

} // namespace

ModelActor::ModelActor(
    asio::any_io_executor executor,
    runtime::SidePool& pool,
    std::vector<BaselineModel> models,
    SignalTime signal_time
)
    : pool_{pool}, signal_time_{signal_time}, jobs_{executor, "model.training", 4 * asset_count} {
    install(std::move(models));
}

void ModelActor::replace(std::vector<BaselineModel> models, SignalTime signal_time) {
    signal_time_ = signal_time;
    ++generation_;
    install(std::move(models));
}

void ModelActor::install(std::vector<BaselineModel> models) {
    desks_ = {};
    for (auto& model : models) {
        auto const asset = model.params().asset;
        auto nothing_yet = Signal{};
        nothing_yet.asset = asset;
        nothing_yet.why = "no bar yet";
        desks_[index_of(asset)].emplace(Desk{std::move(model), std::move(nothing_yet), {}});
    }
}

void ModelActor::warm_up(Asset asset, std::span<Bar const> history) {
    if (auto& desk = desks_[index_of(asset)]) desk->model.warm_up(history);
}

void ModelActor::on(BarUpdate const& update, UtcTime now) {
    auto& desk = desks_[index_of(update.asset)];
    if (!desk) return;
    now_ = now;
    if (update.closed) {
        desk->model.on_bar(update.bar);
        desk->open_bar.reset();
        queue_training(*desk);
    } else {
        if (signal_time_ == SignalTime::window_start) return;
        desk->open_bar = update.bar;
    }
    refresh(*desk, now);
}

Task<void> ModelActor::run() {
    for (;;) {
        auto queued = co_await jobs_.next();
        if (!queued) co_return;
        if (queued->generation != generation_) continue;
        auto const* job = &queued->job;
        auto const name = "train." + std::string{lower_name(job->asset)};
        std::function<Result<TrainingOutcome>()> const work = [job = *job] {
            return Result<TrainingOutcome>{models::run(job)};
        };
        auto outcome = co_await pool_.submit<TrainingOutcome>(name, work);
        if (!outcome && outcome.error().fault == Fault::cancelled) co_return;
        if (!outcome) outcome = TrainingOutcome{job->asset, job->number, outcome.error()};
        if (queued->generation != generation_) continue;
        auto& desk = *desks_[index_of(job->asset)];
        desk.model.accept(*outcome);
        if (listener_.on_training) listener_.on_training(*outcome, desk.model.status());
        // A model trained on history alone has no time to speak about until the first bar comes.
        if (now_) refresh(desk, *now_);
    }
}

void ModelActor::request_trainings() {
    for (auto& desk : desks_)
        if (desk) queue_training(*desk);
}

void ModelActor::queue_training(Desk& desk) {
    if (auto job = desk.model.training_due()) jobs_.post(Queued{std::move(*job), generation_});
}

Signal const* ModelActor::signal(Asset asset) const {
    auto const& desk = desks_[index_of(asset)];
    return desk ? &desk->signal : nullptr;
}

BaselineModel const* ModelActor::model(Asset asset) const {
    auto const& desk = desks_[index_of(asset)];
    return desk ? &desk->model : nullptr;
}

void ModelActor::refresh(Desk& desk, UtcTime now) {
    auto const window = window_at(now, desk.model.params().window_length);
    if (signal_time_ == SignalTime::window_start)
        return publish(desk, desk.model.signal_at_start(window));
    publish(
        desk,
        desk.open_bar ? desk.model.preview(window, *desk.open_bar, now)
                      : desk.model.signal_now(window, now)
    );
}

void ModelActor::publish(Desk& desk, Signal signal) {
    if (same(signal, desk.signal)) return;
    desk.signal = std::move(signal);
    if (listener_.on_signal) listener_.on_signal(desk.signal);
}

} // namespace polyquant::models

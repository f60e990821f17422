#include "models/baseline_model.hpp"

#include "models/trainer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace polyquant::models {

std::string_view to_string(BarVerdict verdict) {
    switch (verdict) {
    case BarVerdict::accepted: return "accepted";
    case BarVerdict::after_gap: return "after_gap";
    case BarVerdict::duplicate: return "duplicate";
    case BarVerdict::older: return "older";
    case BarVerdict::defective: return "defective";
    }
    std::abort();
}

std::string defect_of(BaselineParams const& params) {
    if (params.bar_length.count() <= 0) return "the bar length must be positive";
    if (params.window_length.count() <= 0 ||
        params.window_length.count() % params.bar_length.count() != 0)
        return fmt::format(
            "a window of {} s is no whole number of bars of {} s",
            params.window_length.count(),
            params.bar_length.count()
        );
    if (params.retrain_windows < 1) return "retrain_windows must be at least 1";
    if (!(params.train.logistic.c > 0)) return "C must be positive";
    if (params.train.horizon_bars < 1) return "the target needs a horizon of at least one bar";
    auto const needed =
        feature_warm_up_bars - 1 + params.train.rows_min + params.train.horizon_bars;
    if (params.train_bars_min > params.train_bars || params.train_bars_min < needed)
        return fmt::format(
            "train_bars_min must lie between {} ({} clean rows after the warm-up) and train_bars = "
            "{}, "
            "not {}",
            needed,
            params.train.rows_min,
            params.train_bars,
            params.train_bars_min
        );
    if (params.heuristic.macd_rows < 2) return "the heuristic's macd_rows must be at least 2";
    if (!(params.heuristic.shrink > 0 && params.heuristic.shrink <= 1))
        return "the heuristic's shrink must lie in (0, 1]";
    return defect_of(params.weights);
}

TrainingOutcome run(TrainingJob const& job) {
    return {job.asset, job.number, train(job.bars, job.params)};
}

Result<BaselineModel> BaselineModel::create(BaselineParams params) {
    if (auto defect = defect_of(params); !defect.empty())
        return Failure{
            Fault::invalid, fmt::format("model of {}", to_string(params.asset)), std::move(defect)
        };
    return BaselineModel{std::move(params)};
}

BaselineModel::BaselineModel(BaselineParams params)
    : params_{std::move(params)}, heuristic_{params_.heuristic} {
    bars_.reserve(2 * params_.train_bars);
}

BarVerdict BaselineModel::on_bar(Bar const& bar) {
    auto defect = bar_defect(bar);
    if (defect.empty() && bar.length != params_.bar_length) defect = "another bar length";
    if (!defect.empty()) {
        ++status_.defective;
        status_.last_defect = fmt::format("{}: {}", format_utc(bar.open_time), defect);
        return BarVerdict::defective;
    }
    bool gap = false;
    if (!bars_.empty()) {
        if (bar.open_time == bars_.back().open_time) {
            ++status_.duplicates;
            return BarVerdict::duplicate;
        }
        if (bar.open_time < bars_.back().close_time()) {
            ++status_.older;
            return BarVerdict::older;
        }
        gap = bar.open_time != bars_.back().close_time();
    }
    if (gap) {
        ++status_.gaps;
        heuristic_.restart();
    }
    ++status_.bars;
    remember(bar);
    auto& reading = newest_ ? *newest_ : newest_.emplace();
    reading.row = features_.push(bar);
    reading.heuristic = heuristic_.push(reading.row);
    if (auto const window = window_at(bar.close_time(), params_.window_length);
        window.start == bar.close_time()) {
        at_start_ = reading;
        start_signal_ = signal_of(window, reading);
    }
    return gap ? BarVerdict::after_gap : BarVerdict::accepted;
}

void BaselineModel::warm_up(std::span<Bar const> history) {
    for (auto const& bar : history)
        on_bar(bar);
}

std::optional<TrainingJob> BaselineModel::training_due() {
    if (job_out_ || bars_.size() < params_.train_bars_min) return std::nullopt;
    auto const now = bars_.back().close_time();
    if (retry_at_ && now < *retry_at_) return std::nullopt;
    if (trained_at_ && now < *trained_at_ + params_.window_length * params_.retrain_windows)
        return std::nullopt;
    job_out_ = ++versions_;
    status_.training = true;
    auto const count = std::min(bars_.size(), params_.train_bars);
    return TrainingJob{
        params_.asset,
        *job_out_,
        {bars_.end() - static_cast<std::ptrdiff_t>(count), bars_.end()},
        params_.train
    };
}

bool BaselineModel::accept(TrainingOutcome outcome) {
    if (outcome.asset != params_.asset || outcome.number != job_out_) return false;
    job_out_.reset();
    status_.training = false;
    if (!outcome.model) {
        ++status_.failed_trainings;
        status_.last_training_failure = describe(outcome.model.error());
        retry_at_ = window_at(bars_.back().close_time(), params_.window_length).end();
        return true;
    }
    ++status_.trainings;
    status_.last_training_failure.clear();
    retry_at_.reset();
    trained_at_ = outcome.model->last_close;
    install(std::move(*outcome.model), outcome.number);
    return true;
}

Result<void> BaselineModel::adopt(TrainedModel model) {
    if (model.params.features != params_.train.features)
        return Failure{
            Fault::invalid,
            fmt::format("model of {}", to_string(params_.asset)),
            fmt::format(
                "made for the features {}, configured are {}",
                to_string(model.params.features),
                to_string(params_.train.features)
            )
        };
    install(std::move(model), ++versions_);
    return {};
}

void BaselineModel::install(TrainedModel model, std::uint64_t version) {
    model_ = std::make_shared<TrainedModel const>(std::move(model));
    predictor_ = Predictor{*model_};
    status_.model_version = version;
    if (at_start_ && !start_signal_.usable)
        start_signal_ = signal_of(start_signal_.window, *at_start_);
}

Signal BaselineModel::signal_at_start(Window window) const {
    if (at_start_ && start_signal_.window == window) return start_signal_;
    if (!newest_) return unusable(window, "no bars yet");
    return unusable(
        window,
        fmt::format(
            "the newest bar closed at {}, the window starts at {}",
            format_utc(newest_->row.as_of),
            format_utc(window.start)
        )
    );
}

Signal BaselineModel::signal_now(Window window, UtcTime now) const {
    if (!newest_) return unusable(window, "no bars yet");
    auto const age = now - newest_->row.as_of;
    if (age > params_.bar_age_max || age < Nanos{0})
        return unusable(
            window,
            fmt::format(
                "the newest bar closed at {}, it is {}",
                format_utc(newest_->row.as_of),
                format_utc(now)
            )
        );
    return signal_of(window, *newest_);
}

Signal BaselineModel::preview(Window window, Bar const& open_bar, UtcTime now) const {
    if (!newest_) return unusable(window, "no bars yet");
    if (auto const defect = bar_defect(open_bar); !defect.empty())
        return unusable(window, fmt::format("the open bar: {}", defect));
    if (open_bar.length != params_.bar_length || open_bar.open_time != newest_->row.as_of)
        return unusable(
            window,
            fmt::format(
                "the open bar of {} does not follow the newest bar, closed at {}",
                format_utc(open_bar.open_time),
                format_utc(newest_->row.as_of)
            )
        );
    auto const age = now - open_bar.close_time();
    if (age > params_.bar_age_max)
        return unusable(
            window,
            fmt::format(
                "the open bar should have closed at {}, it is {}",
                format_utc(open_bar.close_time()),
                format_utc(now)
            )
        );
    Reading reading;
    reading.row = features_.preview(open_bar);
    reading.heuristic = heuristic_.preview(reading.row);
    auto signal = signal_of(window, reading);
    signal.as_of = now;
    return signal;
}

std::optional<UtcTime> BaselineModel::newest_close() const {
    if (!newest_) return std::nullopt;
    return newest_->row.as_of;
}

void BaselineModel::remember(Bar const& bar) {
    if (bars_.size() == 2 * params_.train_bars)
        bars_.erase(bars_.begin(), bars_.begin() + static_cast<std::ptrdiff_t>(params_.train_bars));
    bars_.push_back(bar);
}

Signal BaselineModel::signal_of(Window window, Reading const& reading) const {
    Signal signal{
        .asset = params_.asset,
        .window = window,
        .as_of = reading.row.as_of,
        .why = {},
        .model_version = status_.model_version
    };
    std::optional<double> const heuristic =
        reading.heuristic.usable ? std::optional{reading.heuristic.up} : std::nullopt;
    std::optional<double> const learned = model_ ? predictor_.up(reading.row) : std::nullopt;
    signal.learned = learned.value_or(0.5);
    signal.heuristic = heuristic.value_or(0.5);
    auto const up = blend(learned, heuristic, params_.weights);
    signal.usable = up.has_value();
    signal.up = up.value_or(0.5);
    if (signal.usable) return signal;

    if (params_.weights.learned > 0 && !model_) {
        signal.why = status_.last_training_failure.empty()
                         ? fmt::format("not trained yet: {} bars", status_.bars)
                         : "not trained: " + status_.last_training_failure;
    } else if (auto const missing = predictor_.missing(reading.row);
               params_.weights.learned > 0 && missing) {
        signal.why = fmt::format("feature {} is missing", to_string(*missing));
        if (!features_.warmed_up())
            signal.why += fmt::format(
                ": {} of {} bars since the start or the last gap",
                features_.bars(),
                feature_warm_up_bars
            );
    } else {
        signal.why = fmt::format(
            "{} of {} heuristic signals", reading.heuristic.signals, params_.heuristic.signals_min
        );
    }
    return signal;
}

Signal BaselineModel::unusable(Window window, std::string why) const {
    return {
        .asset = params_.asset,
        .window = window,
        .as_of = newest_ ? newest_->row.as_of : UtcTime{},
        .why = std::move(why),
        .model_version = status_.model_version
    };
}

} // namespace polyquant::models

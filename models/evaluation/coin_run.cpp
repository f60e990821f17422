#include "models/evaluation/coin_run.hpp"

#include "models/boosting/boosting_model.hpp"
#include "models/calibration/calibrator.hpp"
#include "models/calibration/ridge_correction.hpp"
#include "models/calibration/stacking.hpp"
#include "models/evaluation/baseline_predictions.hpp"
#include "models/evaluation/coin_rows.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace polyquant::models::evaluation {

namespace {

using window::WindowDataset;
using window::WindowFeature;

constexpr std::array stack_members{
    Member::baseline, Member::closed_form, Member::logistic, Member::boosting, Member::recent
};

} // namespace

struct CoinRun::Work {
    Work(
        Asset asset,
        std::vector<Bar> const& bars,
        WindowDataset& dataset,
        EvaluationOptions const& options,
        boosting::LightGbm const* lightgbm,
        std::function<void()> work_done
    )
        : bars_{bars}, dataset_{dataset}, options_{options}, lightgbm_{lightgbm},
          work_done_{std::move(work_done)}, split_{split_rows(dataset, options)} {
        coin_.asset = asset;
        coin_.train_rows = split_.train.size();
        coin_.tune_rows = split_.tune.size();
        // Tune and test rows are predicted: the first for the stack, the second for the report.
        predicted_ = {split_.tune.first, split_.test.last};
        auto const times = dataset_.times();
        auto const known = std::span{times}.first(predicted_.last);
        recent_steps_ = steps_over(known, options_.walk_forward.recent, options_.tune_from);
        stack_steps_ = steps_over(known.subspan(predicted_.first), Seconds{0}, options_.test_from);
    }

    // How often run() calls `work_done`.
    std::size_t pieces() const { return fixed_pieces + recent_steps_.size() + stack_steps_.size(); }

    Result<CoinEvaluation> run() {
        constexpr std::size_t rows_min = 2000;
        if (split_.train.size() < rows_min || split_.tune.size() < rows_min / 2 ||
            split_.test.size() == 0)
            return Failure{
                Fault::invalid,
                fmt::format("evaluation of {}", to_string(coin_.asset)),
                fmt::format(
                    "{} training, {} tuning and {} test rows; at least {}, {} and 1 needed",
                    split_.train.size(),
                    split_.tune.size(),
                    split_.test.size(),
                    rows_min,
                    rows_min / 2
                )
            };
        apply_shape(choose_shape(dataset_, split_, coin_));
        work_done();
        if (auto const done = predict_baseline(); !done) return done.error();
        work_done();
        if (auto const done = predict_logistic(); !done) return done.error();
        work_done();
        if (auto const done = predict_boosting(); !done) return done.error();
        work_done();
        if (auto const done = predict_recent(); !done) return done.error();
        if (auto const done = stack_daily(); !done) return done.error();
        run_placebos();
        work_done();
        return std::move(coin_);
    }

    static constexpr std::size_t fixed_pieces = 5;

    void work_done() const { work_done_(); }

    // Rows in order of time; a span of 0 is all that came before.
    std::vector<validation::WalkForwardStep>
    steps_over(std::span<validation::RowTimes const> rows, Seconds span, UtcTime first) const {
        auto steps = validation::walk_forward(
            rows,
            {.train = span,
             .step = options_.walk_forward.step,
             .embargo = options_.walk_forward.embargo,
             .first_test = first,
             .train_rows_min = 0,
             .test_rows_min = 1}
        );
        ENSURE(steps.has_value(), "rows of a dataset are in order of time");
        return std::move(*steps);
    }

    std::vector<double>& up(Member member) { return up_[static_cast<std::size_t>(member)]; }

    std::span<double const> row(std::size_t i) const { return dataset_.features[i]; }

    validation::Rows rows(Range range) const {
        return dataset_.features.rows().slice(range.first, range.size());
    }

    void apply_shape(window::TailShape const& shape) {
        auto const z = window::index_of(WindowFeature::z);
        auto const log_odds = window::index_of(WindowFeature::closed_form_log_odds);
        for (std::size_t i = 0; i < dataset_.rows.size(); ++i)
            dataset_.features.mutable_row(i)[log_odds] = window::log_odds_of(row(i)[z], shape);
        for (std::size_t i = predicted_.first; i < predicted_.last; ++i)
            up(Member::closed_form)
                .push_back(1 - shape.cdf(-row(i)[window::index_of(WindowFeature::z)]));
    }

    Result<void> predict_baseline() {
        std::vector<UtcTime> starts;
        for (std::size_t i = predicted_.first; i < predicted_.last; ++i)
            starts.push_back(dataset_.rows[i].window.start);
        auto predicted = predict_at_window_starts(bars_, starts, options_.walk_forward);
        if (!predicted) return predicted.error();
        up(Member::heuristic) = std::move(predicted->heuristic);
        up(Member::baseline) = std::move(predicted->ensemble);
        return boost::system::in_place_value;
    }

    Result<void> predict_logistic() {
        auto const outcomes = outcomes_of(dataset_, split_.train);
        for (bool const with_lead : {true, false}) {
            auto params = options_.correction;
            params.inputs.lead = params.inputs.lead && with_lead;
            auto const fit = window::LogisticCorrection::fit(rows(split_.train), outcomes, params);
            if (!fit) return fit.error();
            auto& out = with_lead ? up(Member::logistic) : logistic_alone_;
            for (std::size_t i = predicted_.first; i < predicted_.last; ++i)
                out.push_back(fit->up_probability(row(i)));
        }
        return boost::system::in_place_value;
    }

    Result<void> predict_boosting() {
        if (!lightgbm_) {
            coin_.boosting = "not trained: LightGBM is not here";
            up(Member::boosting) = up(Member::logistic);
            boosting_alone_ = logistic_alone_;
            return boost::system::in_place_value;
        }
        auto const train_outcomes = outcomes_of(dataset_, split_.train);
        auto const tune_outcomes = outcomes_of(dataset_, split_.tune);
        auto const train_start =
            column(dataset_, split_.train, WindowFeature::closed_form_log_odds);
        auto const tune_start = column(dataset_, split_.tune, WindowFeature::closed_form_log_odds);
        for (bool const with_lead : {true, false}) {
            auto const columns = boosting_columns(dataset_, coin_.asset, split_.train, with_lead);
            auto const blocks = cut_columns(dataset_, split_, columns);
            auto const trained = lightgbm_->train(
                {blocks.train.rows(), train_outcomes, train_start},
                {blocks.tune.rows(), tune_outcomes, tune_start},
                blocks.names,
                options_.boosting
            );
            if (!trained) return trained.error();
            auto const model = boosting::BoostingModel::make(
                trained->text, boosting::Offset::closed_form_log_odds, window::row_feature_names()
            );
            if (!model) return model.error();
            if (with_lead)
                coin_.boosting = fmt::format(
                    "{} trees on {} columns, log loss {:.5f} in training, {:.5f} on the tuning "
                    "block",
                    trained->rounds,
                    columns.size(),
                    trained->train_log_loss,
                    trained->later_log_loss
                );
            auto& out = with_lead ? up(Member::boosting) : boosting_alone_;
            auto const log_odds = window::index_of(WindowFeature::closed_form_log_odds);
            for (std::size_t i = predicted_.first; i < predicted_.last; ++i)
                out.push_back(model->up_probability(row(i), row(i)[log_odds]));
        }
        return boost::system::in_place_value;
    }

    // Too little to fit on: the logistic correction of the whole training block.
    Result<void> predict_recent() {
        for (auto const& step : recent_steps_) {
            auto const known = Range{step.train.first, step.train.last};
            auto const fit = window::LogisticCorrection::fit(
                rows(known), outcomes_of(dataset_, known), options_.correction
            );
            for (auto i = std::max(step.test.first, predicted_.first); i < step.test.last; ++i)
                up(Member::recent)
                    .push_back(
                        fit ? fit->up_probability(row(i))
                            : up(Member::logistic)[i - predicted_.first]
                    );
            work_done();
        }
        return boost::system::in_place_value;
    }

    // Every test block gets weights and calibration from all before it, tuning block included.
    Result<void> stack_daily() {
        auto& test = coin_.test;
        auto const offset = predicted_.first;
        validation::RowTable members{stack_members.size()};
        std::vector<double> cells(stack_members.size());
        std::vector<double> outcomes;
        std::vector<double> seconds_left;
        for (std::size_t i = predicted_.first; i < predicted_.last; ++i) {
            for (std::size_t k = 0; k < stack_members.size(); ++k)
                cells[k] = up(stack_members[k])[i - offset];
            members.add(cells);
            outcomes.push_back(dataset_.rows[i].outcome);
            seconds_left.push_back(dataset_.rows[i].seconds_left);
        }
        for (auto const& step : stack_steps_) {
            // Steps count from the first predicted row; a block may begin before the test does.
            auto const first = std::max(step.test.first + offset, split_.test.first);
            auto const last = step.test.last + offset;
            auto const past = step.train.last;
            auto const known = std::span{outcomes}.first(past);
            auto const fit = calibration::fit_stack(members.rows().slice(0, past), known);
            if (!fit) return fit.error();
            std::vector<double> blended;
            for (std::size_t i = 0; i < past; ++i)
                blended.push_back(calibration::blend(fit->weights, members[i]));
            if (first == split_.test.first)
                for (std::size_t i = 0; i < first - offset; ++i)
                    coin_.stack_promised.push_back(calibration::blend(fit->weights, members[i]));
            std::array<calibration::Calibrator, 4> calibrators;
            for (std::size_t m = 0; m < calibrators.size(); ++m) {
                auto calibrator = calibration::fit_calibrator(
                    static_cast<calibration::CalibrationMethod>(m), blended, known
                );
                if (!calibrator) return calibrator.error();
                calibrators[m] = std::move(*calibrator);
            }
            auto const timed = calibration::MomentCalibrator::fit(
                blended, std::span{seconds_left}.first(past), known
            );
            if (!timed) return timed.error();
            for (auto i = first; i < last; ++i) {
                auto const p = calibration::blend(fit->weights, members[i - offset]);
                coin_.stack_promised.push_back(p);
                test.stacked_by.back().push_back(timed->apply(p, seconds_left[i - offset]));
                for (std::size_t m = 0; m < calibrators.size(); ++m)
                    test.stacked_by[m].push_back(calibrators[m].apply(p));
            }
            coin_.stack_weights.clear();
            for (std::size_t k = 0; k < stack_members.size(); ++k)
                coin_.stack_weights.emplace_back(to_string(stack_members[k]), fit->weights[k]);
            work_done();
        }
        coin_.stack_outcome = outcomes;
        coin_.stack_seconds_left = seconds_left;
        for (auto i = predicted_.first; i < predicted_.last; ++i)
            coin_.stack_day.push_back(day_of(i));
        auto const skip = split_.test.first - offset;
        auto const tail = [&](std::vector<double> const& all) {
            return std::vector<double>(all.begin() + static_cast<std::ptrdiff_t>(skip), all.end());
        };
        for (std::size_t m = 0; m + 1 < member_count; ++m)
            test.up[m] = tail(up_[m]);
        test.up[static_cast<std::size_t>(Member::stacked)] = test.stacked_by.back();
        test.logistic_alone = tail(logistic_alone_);
        test.boosting_alone = tail(boosting_alone_);
        for (auto i = split_.test.first; i < split_.test.last; ++i) {
            auto const& row = dataset_.rows[i];
            test.window_start.push_back(row.window.start);
            test.seconds_left.push_back(row.seconds_left);
            test.day.push_back(day_of(i));
            test.outcome.push_back(row.outcome);
        }
        return boost::system::in_place_value;
    }

    std::int64_t day_of(std::size_t i) const {
        return unix_seconds(dataset_.rows[i].window.start) / 86'400;
    }

    // Outcomes are dealt anew over tuning and test windows together; the pipeline is trained on the
    // first part and scored on the second.
    void run_placebos() {
        auto const all = Range{split_.tune.first, split_.test.last};
        auto const outcomes = outcomes_of(dataset_, all);
        std::vector<std::int64_t> windows;
        for (auto i = all.first; i < all.last; ++i)
            windows.push_back(unix_seconds(dataset_.rows[i].window.start));
        auto const train = Range{0, split_.tune.size()};
        auto const skill = [&](std::span<double const> shuffled, auto const& predict) {
            double model = 0;
            double reference = 0;
            for (auto i = train.last; i < shuffled.size(); ++i) {
                auto const p = predict(all.first + i);
                model += (p - shuffled[i]) * (p - shuffled[i]);
                reference += (0.5 - shuffled[i]) * (0.5 - shuffled[i]);
            }
            return 1 - model / reference;
        };
        auto const of_logistic = [&](std::span<double const> shuffled) {
            auto params = options_.correction;
            params.must_rise_with_z = false;
            auto const fit = window::LogisticCorrection::fit(
                rows(split_.tune), shuffled.first(train.last), params
            );
            return fit ? skill(shuffled, [&](std::size_t i) { return fit->up_probability(row(i)); })
                       : 0.0;
        };
        coin_.placebo.emplace_back(
            "logistic",
            validation::run_placebo(
                of_logistic, outcomes, windows, options_.placebo_repeats, options_.seed
            )
        );
        if (!lightgbm_) return;
        auto const columns = boosting_columns(dataset_, coin_.asset, split_.tune, true);
        auto const early = Range{split_.tune.first, split_.tune.first + train.last * 3 / 4};
        auto const late = Range{early.last, split_.tune.last};
        auto const blocks = cut_columns(dataset_, {early, late, {}}, columns);
        auto params = options_.boosting;
        params.rising.clear();
        params.rounds_max = 60;
        params.early_stopping_rounds = 0; // stopping at once would hide a leak
        auto const of_boosting = [&](std::span<double const> shuffled) {
            auto const trained = lightgbm_->train(
                {blocks.train.rows(), shuffled.first(early.size()), {}},
                {blocks.tune.rows(), shuffled.subspan(early.size(), late.size()), {}},
                blocks.names,
                params
            );
            if (!trained) return 0.0;
            auto const model = boosting::BoostingModel::make(
                trained->text, boosting::Offset::none, window::row_feature_names()
            );
            return model ? skill(
                               shuffled,
                               [&](std::size_t i) { return model->up_probability(row(i), 0); }
                           )
                         : 0.0;
        };
        coin_.placebo.emplace_back(
            "boosting",
            validation::run_placebo(
                of_boosting, outcomes, windows, options_.placebo_repeats, options_.seed
            )
        );
    }

    std::vector<Bar> const& bars_;
    WindowDataset& dataset_;
    EvaluationOptions const& options_;
    boosting::LightGbm const* lightgbm_;
    std::function<void()> work_done_;
    Split split_;
    Range predicted_;
    std::vector<validation::WalkForwardStep> recent_steps_;
    std::vector<validation::WalkForwardStep> stack_steps_; // rows counted from the first predicted
    CoinEvaluation coin_;
    std::array<std::vector<double>, member_count> up_;
    std::vector<double> logistic_alone_;
    std::vector<double> boosting_alone_;
};

CoinRun::CoinRun(
    Asset asset,
    std::vector<Bar> const& bars,
    window::WindowDataset& dataset,
    EvaluationOptions const& options,
    boosting::LightGbm const* lightgbm,
    std::function<void()> work_done
)
    : work_{std::make_unique<Work>(asset, bars, dataset, options, lightgbm, std::move(work_done))} {
}

CoinRun::CoinRun(CoinRun&&) noexcept = default;
CoinRun::~CoinRun() = default;

std::size_t CoinRun::pieces() const {
    return work_->pieces();
}

Result<CoinEvaluation> CoinRun::run() {
    return work_->run();
}

} // namespace polyquant::models::evaluation

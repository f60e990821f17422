#include "models/registry/train.hpp"

#include "models/boosting/lightgbm.hpp"
#include "models/calibration/scores.hpp"
#include "models/fingerprint.hpp"

#include <Eigen/Core>
#include <boost/version.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace polyquant::models::registry {

namespace {

using window::WindowFeature;

constexpr std::size_t train_rows_min = 2000;
constexpr std::size_t tune_rows_min = 500;

std::string fingerprint_of(window::AssetBars const& bars) {
    Fingerprint print;
    for (auto const asset : all_assets) {
        print.add(std::string_view{to_string(asset)});
        for (auto const& bar : bars[index_of(asset)]) {
            print.add(unix_seconds(bar.open_time));
            for (auto const value : {bar.open, bar.high, bar.low, bar.close, bar.volume})
                print.add(value);
        }
    }
    return print.hex();
}

window::AssetBars cut(window::AssetBars bars, UtcTime until) {
    for (auto& own : bars)
        std::erase_if(own, [&](Bar const& bar) { return bar.close_time() > until; });
    return bars;
}

class Training {
public:
    Training(window::AssetBars bars, TrainSpec const& spec) : bars_{std::move(bars)}, spec_{spec} {}

    Result<RegisteredModel> run() {
        model_.name = spec_.name;
        model_.kind = spec_.kind;
        model_.asset = spec_.asset;
        model_.style = spec_.style;
        model_.features = window::row_feature_names();
        auto const& own = bars_[index_of(spec_.asset)];
        if (own.empty()) return refuse("no bars of that coin before the end");
        tune_from_ = own.back().close_time() - spec_.tune;
        if (auto const done = fit_volatilities(); !done) return done.error();
        if (auto const done = build_rows(); !done) return done.error();
        choose_shape();
        if (auto const done = fit_correction(); !done) return done.error();
        if (auto const done = calibrate(); !done) return done.error();
        if (auto const done = try_outside(); !done) return done.error();
        note_provenance();
        return std::move(model_);
    }

private:
    Failure refuse(std::string why) const {
        return {
            Fault::invalid, fmt::format("training of {}", to_string(spec_.asset)), std::move(why)
        };
    }

    validation::Rows rows(std::size_t first, std::size_t last) const {
        return data_.features.rows().slice(first, last - first);
    }

    std::vector<double> outcomes(std::size_t first, std::size_t last) const {
        std::vector<double> list;
        for (auto i = first; i < last; ++i)
            list.push_back(data_.rows[i].outcome);
        return list;
    }

    std::vector<double> column(std::size_t first, std::size_t last, WindowFeature feature) const {
        std::vector<double> list;
        for (auto i = first; i < last; ++i)
            list.push_back(data_.features[i][window::index_of(feature)]);
        return list;
    }

    // A leader whose bars do not suffice is left out: its features are then unknown.
    Result<void> fit_volatilities() {
        for (auto const asset : all_assets) {
            auto& bars = bars_[index_of(asset)];
            if (bars.empty()) continue;
            auto fit = window::fit_volatility(bars, tune_from_);
            if (fit)
                model_.volatility[index_of(asset)] = std::move(fit->model);
            else if (asset == spec_.asset)
                return fit.error();
            else
                bars.clear();
        }
        return boost::system::in_place_value;
    }

    Result<void> build_rows() {
        auto datasets = window::build_datasets(
            bars_,
            model_.models(),
            model_.shapes(),
            {.style = spec_.style, .from = spec_.from, .to = spec_.until}
        );
        data_ = std::move(datasets[index_of(spec_.asset)]);
        auto const border = std::partition_point(
            data_.rows.begin(),
            data_.rows.end(),
            [&](window::WindowRow const& row) { return row.window.end() <= tune_from_; }
        );
        border_ = static_cast<std::size_t>(border - data_.rows.begin());
        // A window across the border is in neither block.
        tune_first_ = border_;
        while (tune_first_ < data_.rows.size() && data_.rows[tune_first_].window.start < tune_from_)
            ++tune_first_;
        auto const tune_rows = data_.rows.size() - tune_first_;
        if (border_ < train_rows_min || tune_rows < tune_rows_min)
            return refuse(fmt::format(
                "{} moments (4 a window) before {} for the fits and {} after it for tuning; at "
                "least {} and {} needed: give more bars or other --tune-days",
                border_,
                format_utc(tune_from_),
                tune_rows,
                train_rows_min,
                tune_rows_min
            ));
        return boost::system::in_place_value;
    }

    void choose_shape() {
        std::vector<double> moves;
        for (std::size_t i = 0; i < border_; ++i)
            if (auto const move = data_.rows[i].standardised_move(); std::isfinite(move))
                moves.push_back(move);
        std::vector<window::TailShape> candidates{window::TailShape::normal()};
        if (auto shape = window::TailShape::student_t(window::fit_degrees_of_freedom(moves)))
            candidates.push_back(std::move(*shape));
        if (auto shape = window::TailShape::empirical(moves))
            candidates.push_back(std::move(*shape));
        auto const last = data_.rows.size();
        auto const z = column(tune_first_, last, WindowFeature::z);
        auto const won = outcomes(tune_first_, last);
        auto best = std::numeric_limits<double>::infinity();
        for (auto const& candidate : candidates) {
            std::vector<double> promised;
            for (auto const value : z)
                promised.push_back(1 - candidate.cdf(-value));
            auto const loss = calibration::log_loss(promised, won);
            if (loss >= best) continue;
            best = loss;
            model_.shape = candidate;
        }
        auto const z_column = window::index_of(WindowFeature::z);
        auto const log_odds = window::index_of(WindowFeature::closed_form_log_odds);
        for (std::size_t i = 0; i < last; ++i)
            data_.features.mutable_row(i)[log_odds] =
                window::log_odds_of(data_.features[i][z_column], model_.shape);
        metric("log_loss_closed_form", best);
    }

    Result<void> fit_correction() {
        if (spec_.kind == ModelKind::logistic) {
            auto fit = window::LogisticCorrection::fit(rows(0, border_), outcomes(0, border_), {});
            if (!fit) return fit.error();
            model_.correction = *fit;
        }
        if (spec_.kind == ModelKind::boosting) return spec_.trees ? read_trees() : grow_trees();
        return boost::system::in_place_value;
    }

    Result<void> read_trees() {
        // Calibrated on outcomes they were grown on, they would look better than they are.
        if (spec_.trees->until > tune_from_)
            return refuse(fmt::format(
                "the trees know outcomes up to {}, the tuning days begin {}: give later bars or "
                "other "
                "--tune-days",
                format_utc(spec_.trees->until),
                format_utc(tune_from_)
            ));
        auto read = boosting::BoostingModel::load(spec_.trees->file, model_.features);
        if (!read) return read.error();
        auto model =
            boosting::BoostingModel::make(read->text(), spec_.trees->offset, model_.features);
        if (!model) return model.error();
        model_.boosting = std::move(*model);
        Fingerprint print;
        print.add(std::string_view{model_.boosting->text()});
        model_.trained.libraries.emplace_back("trees read from a file, hash", print.hex());
        metric("trees", static_cast<double>(model_.boosting->trees()));
        return boost::system::in_place_value;
    }

    Result<void> grow_trees() {
        auto const lightgbm = boosting::LightGbm::open(spec_.lightgbm);
        if (!lightgbm) return lightgbm.error();
        std::vector<std::size_t> columns;
        std::vector<std::string> names;
        for (auto const k : window::columns_of(spec_.asset)) {
            auto seen = false;
            for (std::size_t i = 0; i < border_ && !seen; ++i)
                seen = std::isfinite(data_.features[i][k]);
            if (!seen) continue;
            columns.push_back(k);
            names.push_back(model_.features[k]);
        }
        auto const last = data_.rows.size();
        auto const early = window::select_columns(rows(0, border_), columns);
        auto const late = window::select_columns(rows(tune_first_, last), columns);
        auto const early_won = outcomes(0, border_);
        auto const late_won = outcomes(tune_first_, last);
        auto const early_start = column(0, border_, WindowFeature::closed_form_log_odds);
        auto const late_start = column(tune_first_, last, WindowFeature::closed_form_log_odds);
        auto const trained = lightgbm->train(
            {early.rows(), early_won, early_start}, {late.rows(), late_won, late_start}, names, {}
        );
        if (!trained) return trained.error();
        auto model = boosting::BoostingModel::make(
            trained->text, boosting::Offset::closed_form_log_odds, model_.features
        );
        if (!model) return model.error();
        model_.boosting = std::move(*model);
        model_.trained.libraries.emplace_back(
            "LightGBM", std::filesystem::path{trained->library}.filename().string()
        );
        metric("trees", trained->rounds);
        return boost::system::in_place_value;
    }

    Result<void> calibrate() {
        auto const last = data_.rows.size();
        std::vector<double> raw, left;
        for (auto i = tune_first_; i < last; ++i) {
            raw.push_back(model_.uncalibrated(data_.features[i]));
            left.push_back(data_.rows[i].seconds_left);
        }
        auto const won = outcomes(tune_first_, last);
        auto fit = calibration::MomentCalibrator::fit(raw, left, won);
        if (!fit) return fit.error();
        model_.calibrator = *fit;
        metric("log_loss", calibration::log_loss(raw, won));
        metric("brier", calibration::brier(raw, won));
        metric("fit_moments", static_cast<double>(border_));
        metric("tune_moments", static_cast<double>(won.size()));
        return boost::system::in_place_value;
    }

    Result<void> try_outside() {
        if (!spec_.external) return boost::system::in_place_value;
        auto const first = spec_.kind == ModelKind::boosting ? tune_first_ : 0;
        std::vector<ExternalMoment> moments;
        std::vector<UtcTime> asked;
        for (auto i = first; i < data_.rows.size(); ++i) {
            auto const& row = data_.rows[i];
            asked.push_back(row.moment.now);
            moments.push_back(
                {row.window.start,
                 row.moment.now,
                 model_.up_probability(data_.features[i]),
                 row.outcome}
            );
        }
        if (auto const fresh = spec_.external->check_fresh(asked, spec_.external_age); !fresh)
            return fresh;
        auto const trials =
            try_external(spec_.name, moments, *spec_.external, spec_.external_age, spec_.seed);
        if (!trials) return trials.error();
        for (std::size_t k = 0; k < trials->size(); ++k) {
            auto const& trial = (*trials)[k];
            auto const name = "external_" + spec_.external->names()[k];
            metric(name + "_gain", trial.gain.mean);
            metric(name + "_gain_low", trial.gain.low);
            metric(name + "_gain_high", trial.gain.high);
            metric(name + "_kept", trial.is_kept() ? 1 : 0);
        }
        auto fit = fit_external(*trials, moments, *spec_.external, spec_.external_age);
        if (!fit) return fit.error();
        model_.external = std::move(*fit);
        if (model_.external) model_.outside = spec_.external;
        return boost::system::in_place_value;
    }

    void note_provenance() {
        auto const& own = bars_[index_of(spec_.asset)];
        auto& trained = model_.trained;
        trained.command = spec_.command;
        trained.code_version = spec_.code_version;
        trained.libraries.emplace_back(
            "Eigen",
            fmt::format("{}.{}.{}", EIGEN_WORLD_VERSION, EIGEN_MAJOR_VERSION, EIGEN_MINOR_VERSION)
        );
        trained.libraries.emplace_back("Boost", BOOST_LIB_VERSION);
        trained.first_open = own.front().open_time;
        trained.last_close = own.back().close_time();
        trained.bars = own.size();
        trained.data_hash = fingerprint_of(bars_);
    }

    void metric(std::string name, double value) {
        model_.trained.metrics.emplace_back(std::move(name), value);
    }

    window::AssetBars bars_;
    TrainSpec const& spec_;
    UtcTime tune_from_{};
    window::WindowDataset data_;
    std::size_t border_ = 0;     // first row after the fits' block
    std::size_t tune_first_ = 0; // first row of the tuning block
    RegisteredModel model_;
};

} // namespace

Result<RegisteredModel> train(window::AssetBars const& bars, TrainSpec const& spec) {
    return Training{cut(bars, spec.until), spec}.run();
}

} // namespace polyquant::models::registry

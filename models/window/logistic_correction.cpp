#include "models/window/logistic_correction.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace polyquant::models::window {

namespace {

constexpr double move_max = 4;
constexpr double regime_max = 1;
constexpr std::string_view format_word = "window-logistic-1";

double within(double value, double limit) {
    return std::isnan(value) ? 0 : std::clamp(value, -limit, limit);
}

double time_term(double seconds_left) {
    return std::log(std::clamp(seconds_left, 5.0, 300.0) / 120);
}

} // namespace

std::array<std::string_view, LogisticCorrection::terms> const& LogisticCorrection::term_names() {
    static constexpr std::array<std::string_view, terms> names{
        "log_odds",
        "log_odds*time",
        "log_odds*regime",
        "move_last_minute",
        "move_last_5_minutes",
        "move_before",
        "range_position",
        "bb_zscore",
        "rsi_norm",
        "btc_gap",
        "btc_move_last_minute",
        "eth_gap",
        "eth_move_last_minute",
        "relative_strength"
    };
    return names;
}

LogisticCorrection::Terms LogisticCorrection::make_terms(std::span<double const> row) {
    auto const get = [&](WindowFeature feature) {
        return row[index_of(feature)];
    };
    auto const bar = [&](Feature feature) {
        return row[window_feature_count + polyquant::models::index_of(feature)];
    };
    auto const log_odds = get(WindowFeature::closed_form_log_odds);
    return {
        log_odds,
        log_odds * time_term(get(WindowFeature::seconds_left)),
        log_odds * within(get(WindowFeature::sigma_short_long), regime_max),
        within(get(WindowFeature::move_last_minute), move_max),
        within(get(WindowFeature::move_last_5_minutes), move_max),
        within(get(WindowFeature::move_before), move_max),
        within(get(WindowFeature::range_position) - 0.5, 0.5),
        within(bar(Feature::bb_zscore), move_max),
        within(bar(Feature::rsi_norm), 1),
        within(get(WindowFeature::btc_gap), move_max),
        within(get(WindowFeature::btc_move_last_minute), move_max),
        within(get(WindowFeature::eth_gap), move_max),
        within(get(WindowFeature::eth_move_last_minute), move_max),
        within(get(WindowFeature::relative_strength), move_max)
    };
}

Result<LogisticCorrection> LogisticCorrection::fit(
    validation::Rows rows, std::span<double const> outcomes, CorrectionParams const& params
) {
    constexpr std::size_t rows_min = 1000;
    auto const refuse = [](std::string why) {
        return Failure{Fault::invalid, "logistic_correction", std::move(why)};
    };
    if (rows.size() < rows_min)
        return refuse(fmt::format("{} rows, at least {} needed", rows.size(), rows_min));
    if (rows.columns != row_feature_count)
        return refuse(fmt::format("{} columns, {} expected", rows.columns, row_feature_count));
    std::vector<std::size_t> used{0, 1, 2};
    if (params.inputs.own)
        for (std::size_t k = 3; k < 9; ++k)
            used.push_back(k);
    if (params.inputs.lead)
        for (std::size_t k = 9; k < terms; ++k)
            used.push_back(k);

    std::vector<Terms> all(rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
        all[i] = make_terms(rows[i]);
        if (!std::isfinite(all[i][0])) return refuse(fmt::format("row {} has no closed form", i));
    }
    Terms scale{};
    for (auto const k : used) {
        double squares = 0;
        for (auto const& row : all)
            squares += row[k] * row[k];
        scale[k] = std::sqrt(squares / static_cast<double>(all.size()));
    }
    // A term that is always 0 (a coin without a leader) is left out.
    std::erase_if(used, [&](std::size_t k) { return scale[k] <= 0; });

    LogisticCorrection correction;
    // Should the time and regime interactions turn the slope around somewhere, they are dropped.
    for (bool const with_interactions : {true, false}) {
        auto chosen = used;
        if (!with_interactions)
            std::erase_if(chosen, [](std::size_t k) { return k == 1 || k == 2; });
        validation::RowTable table{chosen.size()};
        std::vector<double> cells(chosen.size());
        for (auto const& row : all) {
            for (std::size_t k = 0; k < chosen.size(); ++k)
                cells[k] = row[chosen[k]] / scale[chosen[k]];
            table.add(cells);
        }
        auto const fit = calibration::fit_logistic(table.rows(), outcomes, {}, {.l2 = params.l2});
        if (!fit) return fit.error();
        if (!fit->converged) return refuse("the fit did not converge");
        correction = {};
        correction.intercept_ = fit->intercept;
        for (std::size_t k = 0; k < chosen.size(); ++k)
            correction.weights_[chosen[k]] = fit->coefficients[k] / scale[chosen[k]];
        if (!params.must_rise_with_z || correction.rises_with_z()) return correction;
    }
    return refuse("the probability would fall when z rises: the labels or the strike are wrong");
}

// The slope is linear in both interaction terms: their extremes suffice.
bool LogisticCorrection::rises_with_z() const {
    for (auto const seconds : {5.0, 300.0})
        for (auto const regime : {-regime_max, regime_max})
            if (weights_[0] + weights_[1] * time_term(seconds) + weights_[2] * regime <= 0)
                return false;
    return true;
}

double LogisticCorrection::up_probability(std::span<double const> row) const {
    auto const values = make_terms(row);
    double sum = intercept_;
    for (std::size_t k = 0; k < terms; ++k)
        sum += weights_[k] * values[k];
    return calibration::sigmoid(sum);
}

std::string LogisticCorrection::describe() const {
    auto text = fmt::format("intercept {:.4f}", intercept_);
    for (std::size_t k = 0; k < terms; ++k)
        if (weights_[k] != 0) text += fmt::format(", {} {:.4f}", term_names()[k], weights_[k]);
    return text;
}

std::string LogisticCorrection::print() const {
    auto text = fmt::format("{} {}", format_word, intercept_);
    for (auto const weight : weights_)
        text += fmt::format(" {}", weight);
    return text;
}

Result<LogisticCorrection> LogisticCorrection::parse(std::string_view text) {
    auto const refuse = [](std::string_view why) {
        return Failure{Fault::parse, "logistic_correction", std::string{why}};
    };
    if (!text.starts_with(format_word)) return refuse("is not a window-logistic-1 line");
    text.remove_prefix(format_word.size());
    auto const next = [&](double& value) {
        if (!text.starts_with(' ')) return false;
        text.remove_prefix(1);
        auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        text.remove_prefix(static_cast<std::size_t>(end - text.data()));
        return error == std::errc{} && std::isfinite(value);
    };
    LogisticCorrection correction;
    if (!next(correction.intercept_)) return refuse("the intercept is missing or no number");
    for (auto& weight : correction.weights_)
        if (!next(weight)) return refuse("a weight is missing or no number");
    if (!text.empty()) return refuse("has more weights than terms");
    if (!correction.rises_with_z()) return refuse("falls in z: the line is damaged");
    return correction;
}

} // namespace polyquant::models::window

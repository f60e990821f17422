// The learned correction as a logistic regression on the closed form's log-odds and a few moves, in
// a form in which the probability can only rise with z.
#pragma once

#include "models/calibration/logistic_fit.hpp"
#include "models/window/window_features.hpp"

#include <array>
#include <span>
#include <string>
#include <string_view>

namespace polyquant::models::window {

// Which groups of inputs a fit may use; the evaluation compares them.
struct CorrectionInputs {
    bool own = true;  // the coin's own moves and position
    bool lead = true; // BTC's and ETH's moves, beta, relative strength
};

struct CorrectionParams {
    CorrectionInputs inputs;
    // Only the placebo test turns this off: on shuffled outcomes there is no slope to insist on.
    bool must_rise_with_z = true;
    double l2 = 50; // on standardised inputs, against a sum of log losses over all rows
};

// Terms: the log-odds times 1, times ln(seconds_left / 120), times the volatility regime
// (sigma_short_long within +-1), and the inputs above within +-4, NaN as 0. Allocates nothing in
// prediction.
class LogisticCorrection {
public:
    static constexpr std::size_t terms = 14;

    // `rows` are full feature rows (row_feature_count columns). Fails with too few rows, one
    // outcome only, or when the fitted probability would fall in z for some time left or regime.
    static Result<LogisticCorrection>
    fit(validation::Rows rows, std::span<double const> outcomes, CorrectionParams const& params);

    double up_probability(std::span<double const> row) const;

    // "log_odds 1.02, log_odds*time 0.01, ..." for reports.
    std::string describe() const;

    std::string print() const; // one line; parse() reads it back exactly
    static Result<LogisticCorrection> parse(std::string_view text);

    static std::array<std::string_view, terms> const& term_names();

private:
    using Terms = std::array<double, terms>;
    static Terms make_terms(std::span<double const> row);
    bool rises_with_z() const;

    Terms weights_{}; // of unscaled terms; 0 for those not used
    double intercept_ = 0;
};

} // namespace polyquant::models::window

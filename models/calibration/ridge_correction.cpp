#include "models/calibration/ridge_correction.hpp"

#include "models/calibration/logistic_fit.hpp"

#include <Eigen/Dense>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace polyquant::models::calibration {

namespace {

using Cells = std::array<double, MomentCalibrator::moments.size() + 1>;

constexpr std::string_view format_word = "moments";

// How much of each moment's slope applies.
Cells moment_cells(double log_odds, double seconds_left) {
    constexpr auto const& moments = MomentCalibrator::moments;
    Cells cells{};
    cells.back() = 1;
    auto const t = std::clamp(seconds_left, moments.front(), moments.back());
    auto const above = static_cast<std::size_t>(
        std::upper_bound(moments.begin() + 1, moments.end() - 1, t) - moments.begin()
    );
    auto const share = (t - moments[above - 1]) / (moments[above] - moments[above - 1]);
    cells[above - 1] = log_odds * (1 - share);
    cells[above] = log_odds * share;
    return cells;
}

} // namespace

Result<std::vector<double>> fit_ridge_correction(
    validation::Rows cells,
    std::span<double const> start,
    std::span<double const> targets,
    std::span<double const> weights,
    std::span<double const> ridge
) {
    constexpr int iterations_max = 50;
    constexpr double step_min = 1e-10;
    auto const refuse = [](std::string why) {
        return Failure{Fault::invalid, "fit_ridge_correction", std::move(why)};
    };
    auto const n = cells.size();
    if (n == 0 || start.size() != n || targets.size() != n ||
        (!weights.empty() && weights.size() != n))
        return refuse(fmt::format(
            "{} rows, {} starting log-odds, {} targets and {} weights given; one of each a row and "
            "at least one row needed",
            n,
            start.size(),
            targets.size(),
            weights.size()
        ));
    if (ridge.size() != cells.columns || *std::min_element(ridge.begin(), ridge.end()) <= 0)
        return refuse("one positive ridge a column needed");
    auto const weight = [&](std::size_t i) {
        return weights.empty() ? 1.0 : weights[i];
    };
    for (std::size_t i = 0; i < n; ++i) {
        auto sum = start[i] + targets[i] + weight(i);
        for (auto const cell : cells[i])
            sum += cell;
        if (!std::isfinite(sum))
            return refuse(fmt::format("row {} holds a value that is not finite", i));
    }

    auto const columns = static_cast<Eigen::Index>(cells.columns);
    Eigen::Map<Eigen::VectorXd const> const pull{ridge.data(), columns};
    // ln(1 + e^x) - target * x, without overflow.
    auto const objective = [&](Eigen::VectorXd const& point) {
        auto sum = 0.5 * pull.dot(point.cwiseProduct(point));
        for (std::size_t i = 0; i < n; ++i) {
            Eigen::Map<Eigen::VectorXd const> const row{cells[i].data(), columns};
            auto const x = start[i] + point.dot(row);
            auto const softplus = std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x)));
            sum += weight(i) * (softplus - targets[i] * x);
        }
        return sum;
    };
    Eigen::VectorXd at = Eigen::VectorXd::Zero(columns);
    auto reached = objective(at);
    for (int round = 0; round < iterations_max; ++round) {
        Eigen::VectorXd gradient = pull.cwiseProduct(at);
        Eigen::MatrixXd curvature = pull.asDiagonal();
        for (std::size_t i = 0; i < n; ++i) {
            Eigen::Map<Eigen::VectorXd const> const row{cells[i].data(), columns};
            auto const p = sigmoid(start[i] + at.dot(row));
            gradient += weight(i) * (p - targets[i]) * row;
            curvature.noalias() += weight(i) * p * (1 - p) * row * row.transpose();
        }
        // A full step can overshoot far from the optimum; halved often enough it never does.
        Eigen::VectorXd step = curvature.ldlt().solve(gradient);
        auto next = objective(at - step);
        while (next > reached && step.norm() >= step_min) {
            step *= 0.5;
            next = objective(at - step);
        }
        if (step.norm() < step_min) break;
        at -= step;
        reached = next;
    }
    return std::vector<double>(at.data(), at.data() + columns);
}

Result<MomentCalibrator> MomentCalibrator::fit(
    std::span<double const> promised,
    std::span<double const> seconds_left,
    std::span<double const> outcomes
) {
    if (promised.size() != seconds_left.size())
        return Failure{Fault::invalid, "moment_calibrator", "one time left a promise needed"};
    validation::RowTable cells{Cells{}.size()};
    std::vector<double> start;
    for (std::size_t i = 0; i < promised.size(); ++i) {
        start.push_back(logit(promised[i]));
        cells.add(moment_cells(start.back(), seconds_left[i]));
    }
    Cells ridge;
    ridge.fill(slope_ridge);
    ridge.back() = shift_ridge;
    auto const fit = fit_ridge_correction(cells.rows(), start, outcomes, {}, ridge);
    if (!fit) return fit.error();
    MomentCalibrator calibrator;
    for (std::size_t k = 0; k < moments.size(); ++k) {
        calibrator.slopes_[k] = 1 + (*fit)[k];
        if (calibrator.slopes_[k] <= 0)
            return Failure{
                Fault::invalid,
                "moment_calibrator",
                fmt::format(
                    "promises at {:.0f} s are worse than their opposite: the outcomes are wrong",
                    moments[k]
                )
            };
    }
    calibrator.shift_ = fit->back();
    return calibrator;
}

double MomentCalibrator::apply(double promised, double seconds_left) const {
    auto const cells = moment_cells(logit(promised), seconds_left);
    auto sum = shift_;
    for (std::size_t k = 0; k < moments.size(); ++k)
        sum += slopes_[k] * cells[k];
    return sigmoid(sum);
}

std::string MomentCalibrator::print() const {
    std::string text{format_word};
    for (auto const slope : slopes_)
        text += fmt::format(" {}", slope);
    return text + fmt::format(" {}", shift_);
}

Result<MomentCalibrator> MomentCalibrator::parse(std::string_view text) {
    auto const refuse = [&](std::string_view why) {
        return Failure{Fault::parse, "moment_calibrator", std::string{why}};
    };
    if (!text.starts_with(format_word)) return refuse("is not a line of moments");
    text.remove_prefix(format_word.size());
    MomentCalibrator calibrator;
    auto const next = [&](double& value) {
        if (!text.starts_with(' ')) return false;
        text.remove_prefix(1);
        auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        text.remove_prefix(static_cast<std::size_t>(end - text.data()));
        return error == std::errc{} && std::isfinite(value);
    };
    for (auto& slope : calibrator.slopes_)
        if (!next(slope) || slope <= 0) return refuse("a slope is missing or not positive");
    if (!next(calibrator.shift_)) return refuse("the shift is missing or not finite");
    if (!text.empty()) return refuse("has more than four slopes and a shift");
    return calibrator;
}

} // namespace polyquant::models::calibration

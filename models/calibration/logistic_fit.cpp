#include "models/calibration/logistic_fit.hpp"

#include <Eigen/Cholesky>
#include <Eigen/Core>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace polyquant::models::calibration {

namespace {

// ln(1 + e^x) without overflow.
double softplus(double x) {
    return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x)));
}

struct Problem {
    validation::Rows rows;
    std::span<double const> targets;
    std::span<double const> weights;
    double l2;

    double weight(std::size_t i) const { return weights.empty() ? 1 : weights[i]; }

    // The intercept is the last entry of beta.
    double linear(std::size_t i, Eigen::VectorXd const& beta) const {
        auto const row = rows[i];
        auto const columns = static_cast<Eigen::Index>(rows.columns);
        return Eigen::Map<Eigen::VectorXd const>(row.data(), columns).dot(beta.head(columns)) +
               beta[columns];
    }

    double objective(Eigen::VectorXd const& beta) const {
        double sum = 0;
        for (std::size_t i = 0; i < rows.size(); ++i) {
            auto const x = linear(i, beta);
            sum += weight(i) * (softplus(x) - targets[i] * x);
        }
        auto const columns = static_cast<Eigen::Index>(rows.columns);
        return sum + 0.5 * l2 * beta.head(columns).squaredNorm();
    }

    void derivatives(
        Eigen::VectorXd const& beta, Eigen::VectorXd& gradient, Eigen::MatrixXd& hessian
    ) const {
        auto const columns = static_cast<Eigen::Index>(rows.columns);
        gradient.setZero();
        hessian.setZero();
        // Rows are gathered into blocks so that the rank updates run as matrix products.
        constexpr Eigen::Index block = 256;
        Eigen::MatrixXd scaled(columns + 1, block);
        Eigen::Index filled = 0;
        auto const flush = [&] {
            hessian.selfadjointView<Eigen::Lower>().rankUpdate(scaled.leftCols(filled));
            filled = 0;
        };
        for (std::size_t i = 0; i < rows.size(); ++i) {
            auto const p = sigmoid(linear(i, beta));
            auto const error = weight(i) * (p - targets[i]);
            auto const root = std::sqrt(weight(i) * p * (1 - p));
            Eigen::Map<Eigen::VectorXd const> const x(rows[i].data(), columns);
            gradient.head(columns) += error * x;
            gradient[columns] += error;
            scaled.col(filled).head(columns) = root * x;
            scaled(columns, filled) = root;
            if (++filled == block) flush();
        }
        flush();
        gradient.head(columns) += l2 * beta.head(columns);
        hessian.diagonal().head(columns).array() += l2;
    }
};

Result<double>
check(validation::Rows rows, std::span<double const> targets, std::span<double const> weights) {
    auto const refuse = [](std::string why) {
        return Failure{Fault::invalid, "fit_logistic", std::move(why)};
    };
    if (rows.size() == 0) return refuse("no rows");
    if (targets.size() != rows.size() || (!weights.empty() && weights.size() != rows.size()))
        return refuse(fmt::format(
            "{} rows, {} targets, {} weights", rows.size(), targets.size(), weights.size()
        ));
    for (std::size_t i = 0; i < rows.values.size(); ++i)
        if (!std::isfinite(rows.values[i]))
            return refuse(
                fmt::format("row {} column {} is not finite", i / rows.columns, i % rows.columns)
            );
    double total = 0;
    for (std::size_t i = 0; i < targets.size(); ++i) {
        if (!(targets[i] >= 0 && targets[i] <= 1))
            return refuse(fmt::format("target {} is not in [0, 1]", i));
        if (!weights.empty() && !(weights[i] >= 0))
            return refuse(fmt::format("weight {} is negative or not a number", i));
        total += weights.empty() ? 1 : weights[i];
    }
    if (!(total > 0)) return refuse("all weights are zero");
    return total;
}

} // namespace

double sigmoid(double x) {
    if (x >= 0) return 1 / (1 + std::exp(-x));
    auto const e = std::exp(x);
    return e / (1 + e);
}

double logit(double p) {
    auto const inside = std::clamp(p, 1e-9, 1 - 1e-9);
    return std::log(inside / (1 - inside));
}

double LogisticFit::linear(std::span<double const> row) const {
    double sum = intercept;
    for (std::size_t i = 0; i < coefficients.size(); ++i)
        sum += coefficients[i] * row[i];
    return sum;
}

double LogisticFit::probability(std::span<double const> row) const {
    return sigmoid(linear(row));
}

Result<LogisticFit> fit_logistic(
    validation::Rows rows,
    std::span<double const> targets,
    std::span<double const> weights,
    LogisticOptions const& options
) {
    auto const total_weight = check(rows, targets, weights);
    if (!total_weight) return total_weight.error();
    auto const columns = static_cast<Eigen::Index>(rows.columns);
    Problem const problem{rows, targets, weights, options.l2};
    Eigen::VectorXd beta = Eigen::VectorXd::Zero(columns + 1);
    Eigen::VectorXd gradient(columns + 1);
    Eigen::MatrixXd hessian(columns + 1, columns + 1);
    auto value = problem.objective(beta);
    LogisticFit fit;
    while (fit.iterations < options.iterations_max) {
        problem.derivatives(beta, gradient, hessian);
        fit.converged = gradient.cwiseAbs().maxCoeff() / *total_weight <= options.gradient_max;
        if (fit.converged) break;
        ++fit.iterations;
        // A trace of ridge keeps columns that say the same thing solvable.
        hessian.diagonal().array() += 1e-12 * *total_weight;
        Eigen::VectorXd const step = hessian.selfadjointView<Eigen::Lower>().ldlt().solve(gradient);
        if (!step.allFinite()) break;
        // Newton overshoots far from the optimum: halve until the objective falls.
        double length = 1;
        auto next = problem.objective(beta - step);
        while (!(next <= value) && length > 1e-6) {
            length *= 0.5;
            next = problem.objective(beta - length * step);
        }
        if (!(next <= value)) break;
        beta -= length * step;
        value = next;
    }
    fit.coefficients.assign(beta.data(), beta.data() + columns);
    fit.intercept = beta[columns];
    return fit;
}

} // namespace polyquant::models::calibration

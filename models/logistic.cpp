#include "models/logistic.hpp"

#include "models/rolling.hpp"

#include <Eigen/Cholesky>
#include <Eigen/Core>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace polyquant::models {

namespace {

using Vector = Eigen::VectorXd;
using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

double dot(double const* a, double const* b, std::size_t n) {
    double lane[4] = {0, 0, 0, 0};
    std::size_t i = 0;
    for (; i + 4 <= n; i += 4)
        for (std::size_t j = 0; j < 4; ++j)
            lane[j] += a[i + j] * b[i + j];
    double sum = (lane[0] + lane[1]) + (lane[2] + lane[3]);
    for (; i < n; ++i)
        sum += a[i] * b[i];
    return sum;
}

// The objective and its derivatives over the coefficients, with the intercept as the last one.
class Problem {
public:
    Problem(Sample const& sample, LogisticParams const& params, std::size_t up_rows)
        : sample_{sample}, size_{sample.columns + 1} {
        auto const rows = static_cast<double>(sample.rows());
        auto const up = static_cast<double>(up_rows);
        weight_[1] = params.c * (params.balanced ? rows / (2 * up) : 1);
        weight_[0] = params.c * (params.balanced ? rows / (2 * (rows - up)) : 1);
    }

    Eigen::Index size() const { return static_cast<Eigen::Index>(size_); }

    double objective(Vector const& theta) const {
        auto const columns = static_cast<Eigen::Index>(sample_.columns);
        double sum = 0.5 * theta.head(columns).squaredNorm();
        for (std::size_t i = 0; i < sample_.rows(); ++i) {
            double const z = logit(theta, i);
            double const margin = sample_.up[i] ? z : -z;
            double const loss = std::max(-margin, 0.0) + std::log1p(std::exp(-std::abs(margin)));
            sum += weight_[sample_.up[i]] * loss;
        }
        return sum;
    }

    // Fills the lower triangle of the Hessian. Accumulated by hand: Eigen blocks its products by
    // the cache sizes of the machine, and so would its sums.
    void derivatives(Vector const& theta, Vector& gradient, Matrix& hessian) const {
        gradient = theta;
        gradient[size() - 1] = 0;
        hessian.setZero();
        hessian.diagonal().head(size() - 1).setOnes();
        std::vector<double> x(size_, 1.0);
        for (std::size_t i = 0; i < sample_.rows(); ++i) {
            std::copy_n(sample_.values.data() + i * sample_.columns, sample_.columns, x.data());
            double const up = 1 / (1 + std::exp(-logit(theta, i)));
            double const weight = weight_[sample_.up[i]];
            double const residual = weight * (up - sample_.up[i]);
            double const curvature = weight * up * (1 - up);
            for (std::size_t j = 0; j < size_; ++j)
                gradient.data()[j] += residual * x[j];
            for (std::size_t j = 0; j < size_; ++j) {
                double const scaled = curvature * x[j];
                double* const row = hessian.data() + j * size_;
                for (std::size_t k = 0; k <= j; ++k)
                    row[k] += scaled * x[k];
            }
        }
    }

private:
    double logit(Vector const& theta, std::size_t i) const {
        auto const columns = sample_.columns;
        return theta[size() - 1] + dot(theta.data(), sample_.values.data() + i * columns, columns);
    }

    Sample const& sample_;
    std::size_t size_;
    double weight_[2] = {1, 1};
};

// A Newton direction; where the Hessian is numerically singular, it is damped until it is not.
Vector newton_direction(Matrix& hessian, Vector const& gradient) {
    for (double damping = 0;; damping = damping == 0 ? 1e-10 : damping * 100) {
        Matrix damped = hessian;
        damped.diagonal().array() += damping * (1 + hessian.diagonal().maxCoeff());
        Eigen::LLT<Matrix, Eigen::Lower> const factor{damped};
        if (factor.info() == Eigen::Success) {
            Vector const direction = factor.solve(-gradient);
            if (direction.allFinite() && direction.dot(gradient) <= 0) return direction;
        }
        if (damping > 1e6) return -gradient;
    }
}

Failure refuse(std::string detail) {
    return {Fault::invalid, "logistic regression", std::move(detail)};
}

} // namespace

StandardScaler StandardScaler::fit(Sample const& sample) {
    StandardScaler scaler{
        std::vector<double>(sample.columns, 0.0), std::vector<double>(sample.columns, 1.0)
    };
    auto const rows = static_cast<double>(sample.rows());
    if (sample.rows() == 0) return scaler;
    for (std::size_t j = 0; j < sample.columns; ++j) {
        // Taken from the first value on, so that a constant column deviates by exactly zero.
        double const first = sample.values[j];
        double sum = 0;
        for (std::size_t i = 0; i < sample.rows(); ++i)
            sum += sample.values[i * sample.columns + j] - first;
        scaler.means[j] = first + sum / rows;
        double squares = 0;
        for (std::size_t i = 0; i < sample.rows(); ++i) {
            double const d = sample.values[i * sample.columns + j] - first - sum / rows;
            squares += d * d;
        }
        double const deviation = std::sqrt(squares / rows);
        scaler.scales[j] = deviation > 0 ? deviation : 1;
    }
    return scaler;
}

void StandardScaler::apply(Sample& sample) const {
    for (std::size_t i = 0; i < sample.rows(); ++i)
        for (std::size_t j = 0; j < sample.columns; ++j) {
            double& x = sample.values[i * sample.columns + j];
            x = (x - means[j]) / scales[j];
        }
}

Result<LogisticFit> fit_logistic(Sample const& sample, LogisticParams const& params) {
    if (sample.rows() == 0) return refuse("no rows");
    if (sample.columns == 0) return refuse("no columns");
    if (!(params.c > 0) || !std::isfinite(params.c))
        return refuse(fmt::format("C must be positive, not {}", params.c));
    ENSURE(sample.values.size() == sample.rows() * sample.columns, "ragged sample");
    auto const bad = std::find_if_not(sample.values.begin(), sample.values.end(), [](double x) {
        return std::isfinite(x);
    });
    if (bad != sample.values.end()) {
        auto const at = static_cast<std::size_t>(bad - sample.values.begin());
        return refuse(fmt::format(
            "value {} in row {}, column {}", *bad, at / sample.columns, at % sample.columns
        ));
    }
    auto const up_rows = static_cast<std::size_t>(
        std::count_if(sample.up.begin(), sample.up.end(), [](auto up) { return up != 0; })
    );
    if (up_rows == 0 || up_rows == sample.rows())
        return refuse(fmt::format("all {} rows are of one class", sample.rows()));

    Problem const problem{sample, params, up_rows};
    Vector theta = Vector::Zero(problem.size());
    Vector gradient(problem.size());
    Matrix hessian(problem.size(), problem.size());
    LogisticFit fit;
    double objective = problem.objective(theta);
    for (;; ++fit.iterations) {
        problem.derivatives(theta, gradient, hessian);
        fit.gradient_norm = gradient.norm();
        fit.converged = fit.gradient_norm <= params.gradient_norm_max;
        if (fit.converged || fit.iterations == params.iterations_max) break;

        Vector const direction = newton_direction(hessian, gradient);
        double const slope = direction.dot(gradient);
        // Next to the minimum the gain is under the objective's rounding: room for that much.
        double const rounding = 1e-13 * (1 + std::abs(objective));
        double step = 1;
        double reached = problem.objective(theta + direction);
        while (!(reached <= objective + 1e-4 * step * slope + rounding) && step > 1e-10) {
            step /= 2;
            reached = problem.objective(theta + step * direction);
        }
        theta += step * direction;
        objective = reached;
    }
    fit.coefficients.assign(theta.data(), theta.data() + sample.columns);
    fit.intercept = theta[problem.size() - 1];
    return fit;
}

} // namespace polyquant::models

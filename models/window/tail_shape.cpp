#include "models/window/tail_shape.hpp"

#include <boost/math/special_functions/beta.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace polyquant::models::window {

namespace {

constexpr double knot_at(std::size_t i) {
    return -TailShape::reach + static_cast<double>(i) / TailShape::knots_per_unit;
}

double unit_variance_t_cdf(double z, double degrees) {
    return student_t_cdf(z * std::sqrt(degrees / (degrees - 2)), degrees);
}

} // namespace

double normal_cdf(double z) {
    return 0.5 * std::erfc(-z / std::numbers::sqrt2);
}

double student_t_cdf(double t, double degrees_of_freedom) {
    auto const x = degrees_of_freedom / (degrees_of_freedom + t * t);
    auto const tail = 0.5 * boost::math::ibeta(0.5 * degrees_of_freedom, 0.5, x);
    return t < 0 ? tail : 1 - tail;
}

TailShape TailShape::normal() {
    TailShape shape;
    shape.name_ = "normal";
    return shape;
}

Result<TailShape> TailShape::student_t(double degrees_of_freedom) {
    if (!(degrees_of_freedom > 2) || !std::isfinite(degrees_of_freedom))
        return Failure{
            Fault::invalid,
            "tail_shape.student_t",
            fmt::format("degrees of freedom must be finite and above 2, got {}", degrees_of_freedom)
        };
    std::vector<double> cdf(knots);
    for (std::size_t i = 0; i < knots; ++i)
        cdf[i] = unit_variance_t_cdf(knot_at(i), degrees_of_freedom);
    return from_table(fmt::format("student-t({:.3g})", degrees_of_freedom), std::move(cdf));
}

Result<TailShape>
TailShape::empirical(std::span<double const> moves, double tail_degrees, double prior_moves) {
    constexpr std::size_t moves_min = 200;
    auto const refuse = [](std::string why) {
        return Failure{Fault::invalid, "tail_shape.empirical", std::move(why)};
    };
    if (moves.size() < moves_min)
        return refuse(fmt::format("{} moves given, at least {} needed", moves.size(), moves_min));
    if (!(tail_degrees > 2) || !(prior_moves > 0))
        return refuse("tail degrees must exceed 2 and prior moves 0");
    double sum_squares = 0;
    for (auto const move : moves) {
        if (!std::isfinite(move)) return refuse("a move is not finite");
        sum_squares += move * move;
    }
    if (sum_squares <= 0) return refuse("all moves are zero");
    auto const scale = std::sqrt(static_cast<double>(moves.size()) / sum_squares);

    std::vector<double> sorted(moves.begin(), moves.end());
    for (auto& move : sorted)
        move *= scale;
    std::sort(sorted.begin(), sorted.end());

    // Each move is spread evenly over one knot distance, so that the count between two knots grows
    // smoothly; without it the slope at a knot would be the noise of a single bin.
    auto const half = 0.5 / knots_per_unit;
    auto const n = static_cast<double>(sorted.size());
    std::vector<double> cdf(knots);
    for (std::size_t i = 0; i < knots; ++i) {
        auto const z = knot_at(i);
        auto const first = std::lower_bound(sorted.begin(), sorted.end(), z - half);
        auto const last = std::upper_bound(first, sorted.end(), z + half);
        auto below = static_cast<double>(first - sorted.begin());
        for (auto it = first; it != last; ++it)
            below += (z + half - *it) / (2 * half);
        auto const prior = unit_variance_t_cdf(z, tail_degrees);
        cdf[i] = (below + prior_moves * prior) / (n + prior_moves);
    }
    return from_table(fmt::format("empirical({})", moves.size()), std::move(cdf));
}

Result<TailShape> TailShape::from_table(std::string name, std::vector<double> cdf) {
    auto const refuse = [](std::string why) {
        return Failure{Fault::invalid, "tail_shape.from_table", std::move(why)};
    };
    if (cdf.size() != knots)
        return refuse(fmt::format("{} knots given, {} expected", cdf.size(), knots));
    for (std::size_t i = 0; i < knots; ++i) {
        if (!(cdf[i] >= 0 && cdf[i] <= 1)) return refuse(fmt::format("knot {} is not in [0,1]", i));
        if (i > 0 && cdf[i] < cdf[i - 1]) return refuse(fmt::format("knot {} decreases", i));
    }
    TailShape shape;
    shape.name_ = std::move(name);
    shape.cdf_ = std::move(cdf);
    shape.fit_slopes();
    return shape;
}

// Fritsch and Carlson (1980): the cubic stays monotone between monotone knots.
void TailShape::fit_slopes() {
    slope_.assign(knots, 0);
    for (std::size_t i = 1; i + 1 < knots; ++i) {
        auto const left = cdf_[i] - cdf_[i - 1];
        auto const right = cdf_[i + 1] - cdf_[i];
        if (left > 0 && right > 0) slope_[i] = 2 * left * right / (left + right);
    }
    slope_.front() = cdf_[1] - cdf_[0];
    slope_.back() = cdf_[knots - 1] - cdf_[knots - 2];
}

double TailShape::cdf(double z) const {
    if (cdf_.empty()) return normal_cdf(z);
    if (std::isnan(z)) return z;
    // Beyond the table a power law with cubic decay continues it (the tails of short-horizon
    // returns fall about like that, Gopikrishnan et al. 1999).
    if (z <= -reach) return std::isinf(z) ? 0 : cdf_.front() * std::pow(reach / -z, 3);
    if (z >= reach) return std::isinf(z) ? 1 : 1 - (1 - cdf_.back()) * std::pow(reach / z, 3);
    auto const position = (z + reach) * knots_per_unit;
    auto const i = std::min(static_cast<std::size_t>(position), knots - 2);
    auto const t = position - static_cast<double>(i);
    auto const rise = cdf_[i + 1] - cdf_[i];
    auto const cubic = slope_[i] + slope_[i + 1] - 2 * rise;
    auto const square = 3 * rise - 2 * slope_[i] - slope_[i + 1];
    return std::clamp(cdf_[i] + t * (slope_[i] + t * (square + t * cubic)), 0.0, 1.0);
}

double fit_degrees_of_freedom(std::span<double const> moves) {
    double best = 60;
    double best_score = -std::numeric_limits<double>::infinity();
    for (double degrees = 2.2; degrees < 60; degrees *= 1.05) {
        auto const scale = degrees - 2;
        double sum = 0;
        for (auto const z : moves)
            sum += std::log1p(z * z / scale);
        auto const n = static_cast<double>(moves.size());
        auto const constant = std::lgamma(0.5 * (degrees + 1)) - std::lgamma(0.5 * degrees) -
                              0.5 * std::log(scale * std::numbers::pi);
        auto const score = n * constant - 0.5 * (degrees + 1) * sum;
        if (score > best_score) {
            best_score = score;
            best = degrees;
        }
    }
    return best;
}

} // namespace polyquant::models::window

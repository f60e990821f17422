// The shape of standardised moves: how likely a move of at least -z standard deviations is.
// Normal, Student-t, or learned from past moves; always scaled to unit variance, so that the
// volatility forecast alone carries the size.
#pragma once

#include "engine/core/failure.hpp"

#include <span>
#include <string>
#include <vector>

namespace polyquant::models::window {

// Immutable after construction. cdf() costs a table look-up (normal: one erfc), allocates nothing.
class TailShape {
public:
    static TailShape normal();

    // Degrees of freedom > 2, else the variance is infinite: refused.
    static Result<TailShape> student_t(double degrees_of_freedom);

    // From moves divided by their own forecast standard deviation; not finite ones are refused, at
    // least 200 are needed. Far tails, where few moves were seen, lean on a Student-t with
    // `tail_degrees` that counts as `prior_moves` further moves.
    static Result<TailShape>
    empirical(std::span<double const> moves, double tail_degrees = 4, double prior_moves = 50);

    // P(Z <= z); increasing in z, 0 and 1 at the infinities, NaN for NaN.
    double cdf(double z) const;

    std::string const& name() const { return name_; } // "normal", "student-t(4.5)"

    // The empirical shape's table for saving: cdf on a grid from -reach to +reach. Empty for
    // normal.
    std::span<double const> table() const { return cdf_; }

    static Result<TailShape> from_table(std::string name, std::vector<double> cdf);

    static constexpr double reach = 10;
    static constexpr int knots_per_unit = 32;
    static constexpr std::size_t knots = 2 * 10 * knots_per_unit + 1;

private:
    TailShape() = default;
    void fit_slopes();

    std::string name_;
    std::vector<double> cdf_;   // at the knots; empty means normal
    std::vector<double> slope_; // monotone cubic Hermite slopes per knot distance
};

// Maximum-likelihood degrees of freedom of a unit-variance Student-t, on a grid from 2.2 to 60.
double fit_degrees_of_freedom(std::span<double const> moves);

double normal_cdf(double z);
// Student-t with its natural scale (not unit variance), by the incomplete beta function.
double student_t_cdf(double t, double degrees_of_freedom);

} // namespace polyquant::models::window

// Rolling windows that never drift: every sum is taken anew over the values of its window, so a
// result depends on these values only, not on the years of bars before them, and a flat window has
// a deviation of exactly zero.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <limits>

namespace polyquant::models {

inline constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

// The newest `Capacity` values, contiguous and oldest first. Each value is stored twice, a whole
// capacity apart, so that no window wraps. Starts out as NaN: a window that reaches back beyond the
// first value is NaN without being asked about.
template <std::size_t Capacity>
class History {
public:
    History() { clear(); }

    void clear() { values_.fill(not_a_number); }

    void push(double value) {
        values_[next_] = value;
        values_[next_ + Capacity] = value;
        next_ = next_ + 1 == Capacity ? 0 : next_ + 1;
    }

    // The last n values, n <= Capacity.
    double const* last(std::size_t n) const { return values_.data() + next_ + Capacity - n; }

    // 1 is the newest.
    double ago(std::size_t n) const { return *last(n); }

private:
    std::array<double, 2 * Capacity> values_;
    std::size_t next_ = 0;
};

struct Sums {
    double of_values = 0;
    double of_squares = 0;

    friend Sums operator+(Sums a, Sums b) {
        return {a.of_values + b.of_values, a.of_squares + b.of_squares};
    }
};

// Four running lanes: a fixed order of addition that the compiler may still vectorise.
template <std::size_t N>
double sum_of(double const* values) {
    double lane[4] = {0, 0, 0, 0};
    std::size_t i = 0;
    for (; i + 4 <= N; i += 4)
        for (std::size_t j = 0; j < 4; ++j)
            lane[j] += values[i + j];
    double sum = (lane[0] + lane[1]) + (lane[2] + lane[3]);
    for (; i < N; ++i)
        sum += values[i];
    return sum;
}

template <std::size_t N>
Sums sums_around(double centre, double const* values) {
    double lane[4] = {0, 0, 0, 0};
    double square[4] = {0, 0, 0, 0};
    std::size_t i = 0;
    for (; i + 4 <= N; i += 4)
        for (std::size_t j = 0; j < 4; ++j) {
            double const d = values[i + j] - centre;
            lane[j] += d;
            square[j] += d * d;
        }
    Sums sums{
        (lane[0] + lane[1]) + (lane[2] + lane[3]), (square[0] + square[1]) + (square[2] + square[3])
    };
    for (; i < N; ++i) {
        double const d = values[i] - centre;
        sums.of_values += d;
        sums.of_squares += d * d;
    }
    return sums;
}

// Mean and squared deviations of a window that still lacks its newest value. The centre must be one
// of the values: then the shifted sums lose at most a factor of n to cancellation, and equal values
// give exactly zero.
struct OpenMoments {
    double mean = not_a_number;
    double deviations = not_a_number; // sum of squared deviations from the mean

    static OpenMoments from(double centre, Sums sums, std::size_t n) {
        double const count = static_cast<double>(n);
        double const offset = sums.of_values / count;
        double const deviations = sums.of_squares - sums.of_values * offset;
        // Written so that a NaN stays one.
        return {centre + offset, deviations < 0 ? 0 : deviations};
    }
};

// The sample standard deviation of N - 1 known values and one more (Welford's update).
template <std::size_t N>
double sd_with(OpenMoments const& known, double newest) {
    double const delta = newest - known.mean;
    constexpr double weight = static_cast<double>(N - 1) / static_cast<double>(N);
    return std::sqrt((known.deviations + delta * delta * weight) / static_cast<double>(N - 1));
}

template <std::size_t N>
double mean_with(OpenMoments const& known, double newest) {
    return known.mean + (newest - known.mean) / static_cast<double>(N);
}

} // namespace polyquant::models

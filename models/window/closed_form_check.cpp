#include "models/window/closed_form_check.hpp"

#include "models/validation/random.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

namespace polyquant::models::window {

namespace {

constexpr double spot = 60'000;
constexpr double sigma = 6e-5; // about 10 basis points in five minutes

// The final value of one simulated price that starts at `spot`.
double simulate_final(
    double seconds_left,
    double average_seconds,
    double average_so_far,
    validation::SeededRandom& random
) {
    auto const walk = [&](double from, double seconds) {
        auto const sd = sigma * std::sqrt(seconds);
        return from * std::exp(sd * random.normal() - 0.5 * sd * sd);
    };
    if (average_seconds <= 0) return walk(spot, seconds_left);

    auto price = spot;
    auto averaged_seconds = seconds_left;
    auto integral = 0.0;
    if (seconds_left > average_seconds) {
        price = walk(price, seconds_left - average_seconds);
        averaged_seconds = average_seconds;
    } else {
        integral = average_so_far * (average_seconds - seconds_left);
    }
    auto const steps = std::max(1.0, std::ceil(averaged_seconds));
    auto const step = averaged_seconds / steps;
    auto const bridge_sd = sigma * std::sqrt(step * step * step / 12);
    for (int i = 0; i < static_cast<int>(steps); ++i) {
        auto const next = walk(price, step);
        integral += step * 0.5 * (price + next) + price * bridge_sd * random.normal();
        price = next;
    }
    return integral / average_seconds;
}

} // namespace

std::vector<ClosedFormCell> check_closed_form(
    double seconds_left,
    double average_seconds,
    std::span<double const> z_scores,
    std::size_t paths,
    std::uint64_t seed
) {
    // The average so far lies off the spot, so that a wrong weight between the two would show.
    WindowState state{
        .strike = spot,
        .spot = spot,
        .average_so_far = spot * 1.0004,
        .seconds_left = seconds_left,
        .average_seconds = average_seconds
    };
    Uncertainty const uncertainty{.sigma = sigma};
    auto const shape = TailShape::normal();
    auto const expected = final_value(state, uncertainty);

    std::vector<ClosedFormCell> cells;
    std::vector<double> strikes;
    for (auto const z : z_scores) {
        strikes.push_back(expected.mean - z * expected.sd);
        state.strike = strikes.back();
        cells.push_back(
            {seconds_left, average_seconds, z, up_probability(state, uncertainty, shape), 0, 0}
        );
    }
    std::vector<std::size_t> ups(z_scores.size());
    validation::SeededRandom random{seed};
    for (std::size_t path = 0; path < paths; ++path) {
        auto const final =
            simulate_final(seconds_left, average_seconds, state.average_so_far, random);
        for (std::size_t i = 0; i < strikes.size(); ++i)
            ups[i] += final >= strikes[i] ? 1 : 0;
    }
    for (std::size_t i = 0; i < cells.size(); ++i) {
        auto& cell = cells[i];
        auto const n = static_cast<double>(paths);
        cell.observed = static_cast<double>(ups[i]) / n;
        cell.standard_errors =
            (cell.observed - cell.promised) / std::sqrt(cell.promised * (1 - cell.promised) / n);
    }
    return cells;
}

std::vector<ClosedFormCell> check_all_cells(std::size_t paths, std::uint64_t seed) {
    constexpr double z_scores[] = {-2, -1, -0.3, 0, 0.3, 1, 2};
    constexpr double lengths[] = {0, 30, 60};
    constexpr double lefts[] = {240, 120, 60, 45, 30, 15, 5};
    std::vector<ClosedFormCell> all;
    for (auto const length : lengths)
        for (auto const left : lefts) {
            auto cells = check_closed_form(left, length, z_scores, paths, ++seed);
            std::move(cells.begin(), cells.end(), std::back_inserter(all));
        }
    return all;
}

std::string format_cells(std::span<ClosedFormCell const> cells, std::size_t paths) {
    std::string text = fmt::format(
        "{} paths a cell\n\n| tau s | L s | z | promised | observed | standard errors |\n"
        "|---:|---:|---:|---:|---:|---:|\n",
        paths
    );
    double worst = 0;
    for (auto const& cell : cells) {
        text += fmt::format(
            "| {:.0f} | {:.0f} | {:.1f} | {:.5f} | {:.5f} | {:+.2f} |\n",
            cell.seconds_left,
            cell.average_seconds,
            cell.z,
            cell.promised,
            cell.observed,
            cell.standard_errors
        );
        worst = std::max(worst, std::abs(cell.standard_errors));
    }
    return text +
           fmt::format("\nWorst of {} cells: {:.2f} standard errors.\n", cells.size(), worst);
}

} // namespace polyquant::models::window

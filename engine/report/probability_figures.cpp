// How well probabilities were calibrated, and against the market's own price.

#include "engine/report/figure_parts.hpp"

#include <cmath>
#include <functional>
#include <map>

namespace polyquant::report {

namespace {

namespace cal = models::calibration;

constexpr std::size_t bins = 10;
constexpr std::size_t samples_min = 20; // of a moment, to be judged
constexpr std::size_t draws = 1000;

struct Judged {
    std::vector<double> model, market, won;
    std::vector<std::int64_t> days;
};

// Of every sampled window whose outcome is known, traded or not, by seconds left.
void add_moments(Figures& f, RunData const& run) {
    std::map<double, Judged, std::greater<>> by_moment;
    std::vector<double> promised, outcomes;
    for (auto const& m : run.moments) {
        auto const window = run.windows.find(m.slug);
        if (window == run.windows.end() || !window->second.winner || !m.usable) continue;
        auto const up = *window->second.winner == Outcome::up ? 1.0 : 0.0;
        promised.push_back(m.up);
        outcomes.push_back(up);
        // Samples are taken at set moments, but events come a little after them.
        auto& j = by_moment[std::ceil(m.seconds_left)];
        if (!m.bid || !m.ask) continue;
        j.model.push_back(m.up);
        j.market.push_back((*m.bid + *m.ask) / 2);
        j.won.push_back(up);
        j.days.push_back(day_of(window->second.window.start));
    }
    if (!promised.empty())
        f.calibration = cal::reliability(promised, outcomes, cal::equal_edges(bins));
    for (auto const& [left, j] : by_moment) {
        if (j.model.size() < samples_min) continue;
        f.moments.push_back(
            {left,
             j.model.size(),
             cal::brier(j.model, j.won),
             cal::brier(j.market, j.won),
             cal::log_loss(j.model, j.won),
             cal::log_loss(j.market, j.won),
             cal::brier_advantage(j.model, j.market, j.won, j.days, resample_seed, draws)}
        );
    }
}

} // namespace

void add_probabilities(Figures& f, RunData const& run, Trades const& trades) {
    add_moments(f, run);
    std::vector<double> promised, won;
    for (auto const* trade : trades) {
        promised.push_back(trade->win_probability);
        won.push_back(*trade->won ? 1 : 0);
        f.outcomes.push_back({to_double(trade->fill_price), trade->win_probability, *trade->won});
    }
    if (!promised.empty())
        f.trade_calibration = cal::reliability(promised, won, cal::equal_edges(bins));
}

} // namespace polyquant::report

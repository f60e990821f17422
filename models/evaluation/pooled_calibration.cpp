#include "models/evaluation/pooled_calibration.hpp"

#include "models/calibration/calibrator.hpp"
#include "models/calibration/ridge_correction.hpp"

#include <limits>
#include <map>
#include <set>

namespace polyquant::models::evaluation {

namespace {

constexpr std::int64_t recent_days = 14;

struct Past {
    std::vector<double> promised, outcome, seconds_left;
};

// Of all coins, days in [from, to).
Past past_of(std::vector<CoinEvaluation> const& coins, std::int64_t from, std::int64_t to) {
    Past past;
    for (auto const& coin : coins)
        for (std::size_t i = 0; i < coin.stack_day.size() && coin.stack_day[i] < to; ++i) {
            if (coin.stack_day[i] < from) continue;
            past.promised.push_back(coin.stack_promised[i]);
            past.outcome.push_back(coin.stack_outcome[i]);
            past.seconds_left.push_back(coin.stack_seconds_left[i]);
        }
    return past;
}

// Slopes that cannot be fitted change nothing.
calibration::MomentCalibrator slopes_of(Past const& past) {
    auto const fit =
        calibration::MomentCalibrator::fit(past.promised, past.seconds_left, past.outcome);
    return fit ? *fit : calibration::MomentCalibrator{};
}

struct Maps {
    calibration::MomentCalibrator slopes;
    std::map<int, calibration::Calibrator> isotonic; // by seconds left
};

// A map that cannot be fitted changes nothing.
Maps fit_maps(Past const& past) {
    Maps maps;
    maps.slopes = slopes_of(past);
    for (auto const left : window::decision_seconds) {
        std::vector<double> promised, outcome;
        for (std::size_t i = 0; i < past.promised.size(); ++i) {
            if (past.seconds_left[i] != left) continue;
            promised.push_back(past.promised[i]);
            outcome.push_back(past.outcome[i]);
        }
        if (auto fit = calibration::fit_isotonic(promised, outcome)) maps.isotonic[left] = *fit;
    }
    return maps;
}

} // namespace

void calibrate_pooled(std::vector<CoinEvaluation>& coins) {
    std::set<std::int64_t> days;
    for (auto const& coin : coins)
        days.insert(coin.test.day.begin(), coin.test.day.end());
    for (auto const day : days) {
        auto const maps = fit_maps(past_of(coins, std::numeric_limits<std::int64_t>::min(), day));
        auto const recent = slopes_of(past_of(coins, day - recent_days, day));
        for (auto& coin : coins)
            for (std::size_t i = 0; i < coin.test.size(); ++i) {
                if (coin.test.day[i] != day) continue;
                auto const p = coin.test.stacked_by.front()[i];
                auto const left = coin.test.seconds_left[i];
                coin.test.pooled_slopes.push_back(maps.slopes.apply(p, left));
                coin.test.pooled_recent_slopes.push_back(recent.apply(p, left));
                auto const isotonic = maps.isotonic.find(left);
                coin.test.pooled_isotonic.push_back(
                    isotonic == maps.isotonic.end() ? p : isotonic->second.apply(p)
                );
            }
    }
}

} // namespace polyquant::models::evaluation

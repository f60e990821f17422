#include "models/evaluation/pooled_calibration.hpp"

#include "models/calibration/calibrator.hpp"
#include "models/calibration/ridge_correction.hpp"

#include <map>
#include <set>

namespace polyquant::models::evaluation {

namespace {

struct Past {
    std::vector<double> promised, outcome, seconds_left;
};

struct Maps {
    calibration::MomentCalibrator slopes;
    std::map<int, calibration::Calibrator> isotonic; // by seconds left
};

// A map that cannot be fitted changes nothing.
Maps fit_maps(Past const& past) {
    Maps maps;
    if (auto fit =
            calibration::MomentCalibrator::fit(past.promised, past.seconds_left, past.outcome))
        maps.slopes = *fit;
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
        Past past;
        for (auto const& coin : coins)
            for (std::size_t i = 0; i < coin.stack_day.size() && coin.stack_day[i] < day; ++i) {
                past.promised.push_back(coin.stack_promised[i]);
                past.outcome.push_back(coin.stack_outcome[i]);
                past.seconds_left.push_back(coin.stack_seconds_left[i]);
            }
        auto const maps = fit_maps(past);
        for (auto& coin : coins)
            for (std::size_t i = 0; i < coin.test.size(); ++i) {
                if (coin.test.day[i] != day) continue;
                auto const p = coin.test.stacked_by.front()[i];
                auto const left = coin.test.seconds_left[i];
                coin.test.pooled_slopes.push_back(maps.slopes.apply(p, left));
                auto const isotonic = maps.isotonic.find(left);
                coin.test.pooled_isotonic.push_back(
                    isotonic == maps.isotonic.end() ? p : isotonic->second.apply(p)
                );
            }
    }
}

} // namespace polyquant::models::evaluation

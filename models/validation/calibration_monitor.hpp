// Stops a strategy whose promised win probabilities turn out too high, with a false-alarm rate that
// holds however often it is looked at.
//
// The null: each bet wins at least as often as promised. For a shift s of the log-odds let
// r = e^-s; the likelihood ratio of "the log-odds are s lower" against the promise p is
//   r / (1 - p + p r) for a win,  1 / (1 - p + p r) for a loss,
// whose mean under the null is at most 1. Products of them started at bet j and mixed over j with
// weights j^-1/2 - (j + 1)^-1/2, then over four shifts, form a non-negative supermartingale E with
// E_0 = 1, so P(E ever >= 1/alpha) <= alpha (Ville 1939). Mixing over j lets it notice a late break
// although the early bets went well; log E is the money a gambler against our promises would have
// made.
#pragma once

#include "engine/core/facts.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace polyquant::models::validation {

struct MonitorLimits {
    // Lifetime chances that a well-calibrated strategy is ever reduced, or ever stopped.
    double reduce_alpha = 0.10;
    double stop_alpha = 0.01;
};

class CalibrationMonitor {
public:
    static constexpr std::array<double, 4> log_odds_shifts{0.25, 0.5, 1.0, 2.0};

    explicit CalibrationMonitor(MonitorLimits limits = {});

    // `promised` is the win probability of the side that was bought, in (0, 1) (ENSUREd). Bets of
    // one window on several coins win and lose together: feed one (their mean is not a bet).
    CalibrationState on_bet(double promised, bool won);

    // Stopped stays stopped until reset by a human; reduced ends when the evidence halves.
    CalibrationState state() const { return state_; }

    // The evidence against the promises: 1 is none, 1/alpha the level that alpha names.
    double evidence() const;

    std::uint64_t bets() const { return bets_; }

    double promised_mean() const; // NaN before the first bet
    double won_share() const;

    // One line that parse() reads back exactly; survives a restart.
    std::string print() const;
    static Result<CalibrationMonitor> parse(std::string_view text, MonitorLimits limits = {});

private:
    void judge();

    MonitorLimits limits_;
    std::array<double, log_odds_shifts.size()> started_{}; // evidence of all started products
    std::uint64_t bets_ = 0;
    std::uint64_t wins_ = 0;
    double promised_sum_ = 0;
    CalibrationState state_ = CalibrationState::trusted;
};

// What the limits mean in practice, by simulation.
struct MonitorTrial {
    double promised_low = 0.85; // promises uniform in [low, high]
    double promised_high = 0.95;
    double excess = 0;              // how much too high the promises are from `break_at` on
    std::uint64_t break_at = 0;     // bets before the break are calibrated
    std::uint64_t bets_max = 2'000; // watched after the break
    std::size_t simulations = 10'000;
    std::uint64_t seed = 1;
};

struct MonitorOutcome {
    double reduced_share = 0; // of simulations, after the break (all bets where excess is 0)
    double stopped_share = 0;
    double false_stop_share = 0; // stopped before the break
    // Bets after the break until the stop; quantiles over the simulations that stopped in time.
    double median_delay = 0;
    double p90_delay = 0;
    double median_reduce_delay = 0;
};

MonitorOutcome simulate_monitor(MonitorTrial const& trial, MonitorLimits limits = {});

} // namespace polyquant::models::validation

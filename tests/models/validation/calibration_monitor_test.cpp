#include "models/validation/calibration_monitor.hpp"
#include "models/validation/random.hpp"
#include "tests/support/catch.hpp"

#include <cmath>

using polyquant::CalibrationState;
using namespace polyquant::models::validation;

TEST_CASE("Evidence is a fair game when promises are exact", "[models][validation]") {
    // The mean of E over all 2^10 outcomes, each weighed by its probability, is exactly 1.
    double const promises[] = {0.9, 0.6, 0.85, 0.95, 0.5, 0.7, 0.88, 0.92, 0.97, 0.3};
    double mean = 0;
    for (unsigned outcome = 0; outcome < 1024; ++outcome) {
        CalibrationMonitor monitor{{.reduce_alpha = 1e-11, .stop_alpha = 1e-12}};
        double probability = 1;
        for (unsigned i = 0; i < 10; ++i) {
            auto const won = (outcome >> i & 1) != 0;
            monitor.on_bet(promises[i], won);
            probability *= won ? promises[i] : 1 - promises[i];
        }
        mean += probability * monitor.evidence();
    }
    CHECK(mean == Approx(1).epsilon(1e-12));
}

TEST_CASE("Well-calibrated bets are stopped less often than alpha allows", "[models][validation]") {
    auto const outcome = simulate_monitor({.bets_max = 1000, .seed = 31});

    CHECK(outcome.stopped_share <= 0.01);
    CHECK(outcome.reduced_share <= 0.10);
    CHECK(outcome.stopped_share > 0); // alpha is spent, not hoarded
}

TEST_CASE("Bets that win more than promised raise no alarm", "[models][validation]") {
    auto const outcome =
        simulate_monitor({.excess = -0.03, .bets_max = 1000, .simulations = 2000, .seed = 32});

    CHECK(outcome.stopped_share <= 0.001);
}

TEST_CASE("Promises ten points too high are stopped within stated bets", "[models][validation]") {
    auto const outcome =
        simulate_monitor({.excess = 0.10, .bets_max = 1000, .simulations = 2000, .seed = 33});

    CHECK(outcome.stopped_share > 0.999);
    CHECK(outcome.median_delay < 130);
    CHECK(outcome.p90_delay < 250);
    CHECK(outcome.median_reduce_delay < outcome.median_delay);
}

TEST_CASE("A break after a thousand good bets is still noticed", "[models][validation]") {
    auto const outcome = simulate_monitor(
        {.excess = 0.10, .break_at = 1000, .bets_max = 1000, .simulations = 2000, .seed = 34}
    );

    CHECK(outcome.false_stop_share <= 0.01);
    CHECK(outcome.stopped_share > 0.98);
    CHECK(outcome.median_delay < 250);
}

TEST_CASE("Monitor reduces first, stops later and then stays stopped", "[models][validation]") {
    CalibrationMonitor monitor;
    CHECK(monitor.evidence() == 1);
    int reduced_at = 0, stopped_at = 0;
    for (int i = 1; i <= 60; ++i) {
        auto const state = monitor.on_bet(0.9, i % 2 == 0);
        if (state == CalibrationState::reduced && reduced_at == 0) reduced_at = i;
        if (state == CalibrationState::stopped && stopped_at == 0) stopped_at = i;
    }
    CHECK(reduced_at > 0);
    CHECK(stopped_at > reduced_at);

    for (int i = 0; i < 1000; ++i)
        monitor.on_bet(0.5, true);

    CHECK(monitor.state() == CalibrationState::stopped);
    CHECK(monitor.bets() == 1060);
}

TEST_CASE("A reduced monitor is trusted again when wins return", "[models][validation]") {
    CalibrationMonitor monitor;
    while (monitor.state() == CalibrationState::trusted)
        monitor.on_bet(0.9, false);
    REQUIRE(monitor.state() == CalibrationState::reduced);

    for (int i = 0; i < 30; ++i)
        monitor.on_bet(0.7, true);

    CHECK(monitor.state() == CalibrationState::trusted);
}

TEST_CASE("Printed monitor goes on exactly where it was", "[models][validation]") {
    SeededRandom random{3};
    CalibrationMonitor monitor;
    for (int i = 0; i < 57; ++i)
        monitor.on_bet(0.8 + 0.1 * random.uniform(), random.uniform() < 0.8);

    auto again = CalibrationMonitor::parse(monitor.print()).value();

    CHECK(again.print() == monitor.print());
    monitor.on_bet(0.9, false);
    again.on_bet(0.9, false);
    CHECK(again.evidence() == monitor.evidence());
}

TEST_CASE("Damaged monitor state is refused", "[models][validation]") {
    for (auto const* text :
         {"",
          "trusted",
          "happy 1 1 0.5 0 0 0 0",
          "trusted 1 2 0.5 0 0 0 0",
          "trusted 2 1 1.5 0 0 0",
          "trusted 2 1 1.5 0 0 0 -1",
          "trusted 2 1 1.5 0 0 0 0 x",
          "trusted 2 1 9 0 0 0 0"})
        CHECK(CalibrationMonitor::parse(text).has_error());
}

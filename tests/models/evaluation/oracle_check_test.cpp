#include "models/evaluation/oracle_check.hpp"
#include "tests/support/catch.hpp"

#include <cmath>
#include <cstdio>
#include <filesystem>

using namespace polyquant;
using namespace polyquant::models::evaluation;

namespace {

// A tick a second whose price is given by its second.
template <class PriceAt>
OracleDay day_of(int seconds, PriceAt price_at) {
    std::vector<OracleTick> ticks;
    for (int s = 0; s <= seconds; ++s)
        ticks.push_back({utc_from_seconds(s), price_at(s)});
    return OracleDay{std::move(ticks)};
}

} // namespace

TEST_CASE(
    "Oracle averages take the ticks after the first second and up to the last",
    "[models][evaluation]"
) {
    auto const day = day_of(700, [](int s) { return 100.0 + s; });

    CHECK(day.settlement_value(utc_from_seconds(600), spot_rule()) == 700.0);
    CHECK(
        day.settlement_value(utc_from_seconds(600), twap_rule(Seconds{60})) ==
        Approx(100 + (541 + 600) / 2.0)
    );
    CHECK_FALSE(day.settlement_value(utc_from_seconds(704), spot_rule()));
    CHECK_FALSE(day.settlement_value(utc_from_seconds(30), twap_rule(Seconds{60})));
}

TEST_CASE("Rules disagree when the price jumps at the last second", "[models][evaluation]") {
    auto const day = day_of(700, [](int s) { return s < 300 ? 100.0 : s < 600 ? 99.0 : 101.0; });
    Window const window{utc_from_seconds(300)};

    CHECK(day.up_won(window, spot_rule()) == true);
    CHECK(day.up_won(window, twap_rule(Seconds{60})) == false);
}

TEST_CASE("A flat price is Up by every rule", "[models][evaluation]") {
    auto const day = day_of(700, [](int) { return 63'304.2; });
    Window const window{utc_from_seconds(300)};

    for (auto const rule : {spot_rule(), twap_rule(Seconds{30}), twap_rule(Seconds{60})})
        CHECK(day.up_won(window, rule) == true);
}

TEST_CASE(
    "Recomputed spot outcomes equal the official ones of a recorded day", "[models][evaluation]"
) {
    std::filesystem::path const folder{PQ_SOURCE_DIR
                                       "/../shared/data/polymarket-btc5m-chainlink-markets"};
    if (!std::filesystem::exists(folder)) {
        std::puts("skipped: the recorded day is not here");
        return;
    }
    auto ticks = read_oracle_ticks(folder / "BTCUSD-prices-2026-06-08.csv.gz").value();
    auto const official =
        read_official_outcomes(folder / "BTC-5m-markets-2026-06-08.jsonl.gz").value();

    auto const study = study_oracle(OracleDay{std::move(ticks)}, official);

    CHECK(study.agreements[0].windows >= 280);
    CHECK(study.agreements[0].agree_official == study.agreements[0].windows);
    for (auto const& forecast : study.forecasts) {
        CAPTURE(to_string(forecast.rule), forecast.seconds_left, forecast.promised, forecast.won);
        auto const n = static_cast<double>(forecast.windows);
        auto const error = std::sqrt(forecast.promised * (1 - forecast.promised) / n);
        CHECK(std::abs(forecast.promised - forecast.won) < 4 * error);
    }
}

#include "models/feature_table.hpp"
#include "models/heuristic.hpp"
#include "tests/models/golden_csv.hpp"
#include "tests/models/random_bars.hpp"
#include "tests/support/catch.hpp"

using namespace polyquant;
using namespace polyquant::models;

namespace {

std::vector<FeatureRow> rows_of(std::string const& name) {
    auto const length = name == "15m" ? 900s : 60s;
    return compute_features(golden::read_bars("features_" + name + "_bars.csv", length)).value();
}

bool close_to(double a, double b) {
    return std::abs(a - b) <= 1e-9 * std::max(1.0, std::abs(b));
}

FeatureRow calm_row() {
    FeatureRow row;
    row.values.fill(0);
    row[Feature::vol_ratio] = 1;
    return row;
}

} // namespace

TEST_CASE("HeuristicScorer equals the reference with the rolling scale", "[models][heuristic]") {
    for (std::string const name : {"15m", "1m_ohlcv", "awkward"}) {
        auto const rows = rows_of(name);
        auto const expected = golden::read("heuristic_" + name + ".csv");
        HeuristicScorer scorer{{.signals_min = 0}};

        REQUIRE(expected.rows.size() == rows.size());
        for (std::size_t t = 0; t < rows.size(); ++t) {
            auto const have = scorer.push(rows[t]);

            CAPTURE(name, t, have.score, expected.rows[t][0]);
            REQUIRE(close_to(have.score, expected.rows[t][0]));
            REQUIRE(have.signals == static_cast<int>(expected.rows[t][1]));
            REQUIRE(close_to(have.up, expected.rows[t][2]));
        }
    }
}

TEST_CASE(
    "HeuristicScorer repeats the baseline's saturated MACD when asked", "[models][heuristic]"
) {
    for (std::string const name : {"15m", "1m_ohlcv", "awkward"}) {
        auto const rows = rows_of(name);
        auto const expected = golden::read("heuristic_" + name + ".csv");
        HeuristicScorer scorer{baseline_heuristic()};
        HeuristicScorer earlier{baseline_heuristic(0.85)};

        for (std::size_t t = 0; t < rows.size(); ++t) {
            auto const have = scorer.push(rows[t]);

            CAPTURE(name, t);
            REQUIRE(close_to(have.score, expected.rows[t][3]));
            REQUIRE(have.signals == static_cast<int>(expected.rows[t][4]));
            REQUIRE(close_to(have.up, expected.rows[t][5]));
            REQUIRE(close_to(earlier.push(rows[t]).up, expected.rows[t][6]));
        }
    }
}

TEST_CASE("HeuristicScorer previews what push gives", "[models][heuristic]") {
    auto const rows = rows_of("15m");
    HeuristicScorer scorer;

    for (auto const& row : rows) {
        auto const preview = scorer.preview(row);
        auto const pushed = scorer.push(row);

        REQUIRE(preview.up == pushed.up);
        REQUIRE(preview.score == pushed.score);
    }
}

TEST_CASE("HeuristicScorer has no opinion on too few signals", "[models][heuristic]") {
    FeatureRow row;
    row.values.fill(not_a_number);
    row[Feature::candle_streak] = 5;
    row[Feature::net_taker_flow] = 0.4;

    auto const score = score_row(row, 1, {});

    CHECK(score.signals == 2);
    CHECK_FALSE(score.usable);
    CHECK(score.up == 0.5);
}

TEST_CASE("The heuristic's regime factor spares the candle streak", "[models][heuristic]") {
    auto row = calm_row();
    row[Feature::ret_5] = 0.01;
    row[Feature::candle_streak] = 2;
    row[Feature::vol_ratio] = 1.3;

    auto const expanding = score_row(row, 1, {});
    row[Feature::vol_ratio] = 0.7;
    auto const shrinking = score_row(row, 1, {});
    row[Feature::vol_ratio] = not_a_number;
    auto const unknown = score_row(row, 1, {});

    CHECK(expanding.score == Approx(1.3 + 0.3));
    CHECK(shrinking.score == Approx(0.7 + 0.3));
    CHECK(unknown.score == Approx(1.0 + 0.3));
    CHECK(expanding.signals == 8);
}

TEST_CASE("HeuristicScorer starts its scale anew after a restart", "[models][heuristic]") {
    auto const rows = compute_features(RandomBars{3}.next(400)).value();
    HeuristicScorer used;
    for (auto const& row : rows)
        used.push(row);
    HeuristicScorer fresh;

    used.restart();

    for (auto const& row : rows)
        REQUIRE(used.push(row).score == fresh.push(row).score);
}

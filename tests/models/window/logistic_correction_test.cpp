#include "models/validation/random.hpp"
#include "models/window/logistic_correction.hpp"
#include "tests/support/catch.hpp"

#include <cmath>

using namespace polyquant::models;
using namespace polyquant::models::window;
using polyquant::models::calibration::sigmoid;
using polyquant::models::validation::RowTable;
using polyquant::models::validation::SeededRandom;

namespace {

struct Rows {
    RowTable table{row_feature_count};
    std::vector<double> outcomes;
};

// The closed form is too sure of itself, and BTC's gap adds to it.
Rows draw(std::size_t count, double slope) {
    SeededRandom random{19};
    Rows rows;
    for (std::size_t i = 0; i < count; ++i) {
        std::vector<double> row(row_feature_count, NAN);
        auto const set = [&](WindowFeature feature, double value) {
            row[index_of(feature)] = value;
        };
        auto const log_odds = 2 * random.normal();
        auto const gap = random.normal();
        set(WindowFeature::closed_form_log_odds, log_odds);
        set(WindowFeature::seconds_left, 60.0 * static_cast<double>(1 + random.below(4)));
        set(WindowFeature::sigma_short_long, 0.3 * random.normal());
        set(WindowFeature::btc_gap, gap);
        rows.table.add(row);
        rows.outcomes.push_back(random.uniform() < sigmoid(slope * log_odds + 0.4 * gap) ? 1 : 0);
    }
    return rows;
}

} // namespace

TEST_CASE("Correction finds how far the closed form is off and what leads", "[models][window]") {
    auto const rows = draw(40'000, 0.8);

    auto const correction = LogisticCorrection::fit(rows.table.rows(), rows.outcomes, {}).value();

    std::vector<double> row(row_feature_count, NAN);
    row[index_of(WindowFeature::seconds_left)] = 120;
    row[index_of(WindowFeature::closed_form_log_odds)] = 1.5;
    CHECK(correction.up_probability(row) == Approx(sigmoid(1.2)).margin(0.01));
    row[index_of(WindowFeature::btc_gap)] = 1;
    CHECK(correction.up_probability(row) == Approx(sigmoid(1.6)).margin(0.01));
    CHECK(correction.describe().find("move_before") == std::string::npos);
}

TEST_CASE("Correction without leads does not see them", "[models][window]") {
    auto const rows = draw(5'000, 0.8);

    auto const correction = LogisticCorrection::fit(
                                rows.table.rows(), rows.outcomes, {.inputs = {.lead = false}}
    ).value();

    CHECK(correction.describe().find("gap") == std::string::npos);
}

TEST_CASE("Correction that would fall in z is refused", "[models][window]") {
    auto const rows = draw(5'000, -0.8);

    auto const correction = LogisticCorrection::fit(rows.table.rows(), rows.outcomes, {});

    REQUIRE(correction.has_error());
    CHECK(correction.error().detail.find("fall") != std::string::npos);
    CHECK(LogisticCorrection::fit(draw(100, 1).table.rows(), draw(100, 1).outcomes, {}).has_error()
    );
}

TEST_CASE("Printed correction reads back exactly and damage is refused", "[models][window]") {
    auto const rows = draw(5'000, 0.8);
    auto const line = LogisticCorrection::fit(rows.table.rows(), rows.outcomes, {}).value().print();

    auto const again = LogisticCorrection::parse(line).value();

    CHECK(again.print() == line);
    CHECK(
        again.up_probability(rows.table[7]) ==
        LogisticCorrection::parse(line)->up_probability(rows.table[7])
    );
    CHECK(LogisticCorrection::parse(line + " 1").has_error());
    CHECK(LogisticCorrection::parse(line.substr(0, line.size() - 4)).has_error());
    CHECK(LogisticCorrection::parse("window-logistic-1 x").has_error());
    CHECK(LogisticCorrection::parse("").has_error());
}

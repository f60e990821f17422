#include "models/validation/walk_forward.hpp"
#include "tests/support/catch.hpp"

using namespace polyquant;
using namespace polyquant::models::validation;

namespace {

// One row every five minutes, its outcome five minutes later.
std::vector<RowTimes> five_minute_rows(int days) {
    std::vector<RowTimes> rows;
    for (int i = 0; i < days * 288; ++i) {
        auto const at = utc_from_seconds(1'767'225'600 + 300 * i);
        rows.push_back({at, at + 5min});
    }
    return rows;
}

} // namespace

TEST_CASE("Walk-forward trains on seven days and tests the next one", "[models][validation]") {
    auto const rows = five_minute_rows(10);

    auto const steps = walk_forward(rows, {}).value();

    REQUIRE(steps.size() == 3);
    CHECK(steps[0].test_start == rows[7 * 288].decided_at);
    CHECK(steps[0].train.first == 0);
    CHECK(steps[0].test.first == 7 * 288);
    CHECK(steps[0].test.last == 8 * 288);
    CHECK(steps[1].train.first == 288);
    CHECK(steps[2].test.last == rows.size());
}

TEST_CASE(
    "No outcome of a training row reaches the embargo before the test", "[models][validation]"
) {
    auto const rows = five_minute_rows(12);
    for (auto const embargo : {Seconds{0}, Seconds{300}, Seconds{7200}}) {
        WalkForwardOptions const options{.embargo = embargo, .tune = Seconds{86'400}};
        for (auto const& step : walk_forward(rows, options).value()) {
            auto const& last_tuned = rows[step.tune.last - 1];
            auto const& last_trained = rows[step.train.last - 1];
            auto const& first_tuned = rows[step.tune.first];
            CHECK(last_tuned.outcome_at <= step.test_start - embargo);
            CHECK(last_tuned.outcome_at > step.test_start - embargo - 5min);
            CHECK(last_trained.outcome_at <= first_tuned.decided_at - embargo);
            CHECK(rows[step.test.first].decided_at >= step.test_start);
        }
    }
}

TEST_CASE("Test blocks cover every later row exactly once", "[models][validation]") {
    auto const rows = five_minute_rows(20);
    auto const steps = walk_forward(rows, {.train = Seconds{0}, .step = Seconds{43'200}}).value();

    auto next = steps.front().test.first;
    for (auto const& step : steps) {
        CHECK(step.test.first == next);
        CHECK(step.train.first == 0);
        next = step.test.last;
    }
    CHECK(next == rows.size());
}

TEST_CASE("Steps across a gap without enough rows are left out", "[models][validation]") {
    auto rows = five_minute_rows(30);
    rows.erase(rows.begin() + 10 * 288, rows.begin() + 20 * 288);

    auto const steps = walk_forward(rows, {}).value();

    for (auto const& step : steps) {
        CHECK(step.train.size() >= 100);
        CHECK(step.test.size() >= 10);
        CHECK(rows[step.train.first].decided_at >= step.test_start - Seconds{7 * 86'400});
    }
    CHECK(steps.size() < 23);
    CHECK(steps.size() > 10);
}

TEST_CASE("Walk-forward refuses disordered rows and senseless options", "[models][validation]") {
    auto rows = five_minute_rows(10);
    std::swap(rows[5], rows[6]);

    CHECK(walk_forward(rows, {}).error().detail == "row 6 is older than the one before it");
    CHECK(walk_forward({}, {.step = Seconds{0}}).has_error());
    CHECK(walk_forward({}, {.train = Seconds{100}, .tune = Seconds{100}}).has_error());
    rows = five_minute_rows(1);
    rows[3].outcome_at = rows[3].decided_at;
    CHECK(walk_forward(rows, {}).has_error());
    CHECK(walk_forward({}, {}).value().empty());
}

TEST_CASE("Test blocks may begin before a whole training span has passed", "[models][validation]") {
    auto const rows = five_minute_rows(4);

    auto const steps =
        walk_forward(rows, {.first_test = rows[2 * 288 + 7].decided_at, .test_rows_min = 1})
            .value();

    REQUIRE(steps.size() == 2);
    CHECK(steps[0].test_start == rows[2 * 288].decided_at);
    CHECK(steps[0].train.first == 0);
    CHECK(rows[steps[0].train.last - 1].outcome_at == steps[0].test_start - 5min);
    CHECK(steps[1].test.last == rows.size());
}

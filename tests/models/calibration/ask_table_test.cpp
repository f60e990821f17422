#include "models/calibration/ask_table.hpp"
#include "tests/support/catch.hpp"

#include <cmath>

using namespace polyquant::models::calibration;

TEST_CASE("An ask nobody has bought yet is taken as fair", "[models][calibration]") {
    AskTable const table;

    CHECK(table.win_probability(0.87, 40) == Approx(0.87));
    CHECK(std::isnan(table.win_probability(1.0, 40)));
    CHECK(std::isnan(table.win_probability(0.5, 301)));
}

TEST_CASE("Ask table moves towards what the cell's asks have won", "[models][calibration]") {
    AskTable table{20};
    for (int i = 0; i < 80; ++i)
        table.add(0.86, 50, i % 4 != 0); // 60 won at 0.86

    CHECK(table.win_probability(0.86, 55) == Approx(0.86 + (60 - 80 * 0.86) / 100));
    CHECK(table.win_probability(0.88, 55) == Approx(0.88 + (60 - 80 * 0.86) / 100));
    CHECK(table.win_probability(0.86, 61) == Approx(0.86));
    CHECK(table.win_probability(0.91, 55) == Approx(0.91));
}

TEST_CASE("Ask bucket borders belong to the bucket above", "[models][calibration]") {
    AskTable table;
    table.add(0.85, 45, true);
    table.add(0.8499, 45, true);

    CHECK(table.cell(17, 2).count == 1);
    CHECK(table.cell(16, 2).count == 1);
    CHECK_FALSE(table.add(0, 45, true));
    CHECK_FALSE(table.add(0.5, -1, true));
}

TEST_CASE("Printed ask table reads back exactly and damage is refused", "[models][calibration]") {
    AskTable table;
    for (int i = 0; i < 50; ++i)
        table.add(0.3 + 0.0137 * i / 2, 6.0 * i, i % 3 == 0);

    CHECK(AskTable::parse(table.print()).value().print() == table.print());
    for (auto const* text :
         {"1 2 3\n",
          "9 0 1 1 0.5\n",
          "0 20 1 1 0.5\n",
          "0 0 1 2 0.5\n",
          "0 0 1 1 0.5 7\n",
          "x\n",
          "0.5 0 1 1 0.5\n"})
        CHECK(AskTable::parse(text).has_error());
}

TEST_CASE("AskTable forgets what is taken back", "[models][calibration]") {
    AskTable table;
    table.add(0.9, 30, true);
    auto const before = table.print();

    table.add(0.9, 30, false);
    table.take_back(0.9, 30, false);

    CHECK(table.print() == before);
    table.take_back(0.9, 30, true);
    CHECK(table.print().empty());
}

#include "config/report.hpp"
#include "strategies/break_even.hpp"
#include "strategies/scalp/params.hpp"
#include "tests/support/catch.hpp"

#include <fstream>
#include <sstream>

using namespace polyquant;
using namespace polyquant::strategies;

TEST_CASE(
    "The break-even table has a row for each cent and both ends", "[strategies][break_even]"
) {
    auto const rows = break_even_table({Price::from_micros(855'000), cents(88), 0.03});

    REQUIRE(rows.size() == 4);
    CHECK(rows[0].ask == Price::from_micros(855'000));
    CHECK(rows[1].ask == cents(86));
    CHECK(rows[3].ask == cents(88));
    CHECK(rows[3].fee == Approx(0.07 * 0.88 * 0.12));
    CHECK(rows[3].break_even == Approx(0.88 + 0.07 * 0.88 * 0.12));
    CHECK(rows[3].required == Approx(rows[3].break_even + 0.03));
    CHECK(break_even_table({cents(90), cents(90), 0.03}).size() == 1);
}

TEST_CASE(
    "An edge before the fee requires less than break-even allows", "[strategies][break_even]"
) {
    auto const rows = break_even_table({cents(50), cents(50), 0.01, false});

    CHECK(rows.at(0).required < rows.at(0).break_even);
}

TEST_CASE("Each unsound number is named once", "[strategies][break_even]") {
    SizingParams sizing;
    config::RiskParams risk;
    risk.price_max = cents(94);
    sizing.bet = usd(15);

    auto const faults = unsound_numbers({cents(85), cents(97), 0.0}, sizing, risk);

    std::vector<std::string> keys;
    for (auto const& fault : faults)
        keys.push_back(fault.key);
    CHECK(keys == std::vector<std::string>{"min_edge", "ask_max", "bet"});
    CHECK(unsound_numbers({cents(85), cents(95), 0.03}, {}, {}).empty());
}

TEST_CASE("A ladder is judged by its smallest and its largest bet", "[strategies][break_even]") {
    SizingParams sizing;
    sizing.sizing = Sizing::ladder;
    sizing.ladder_low_bet = usd(1);
    sizing.ladder_high_bet = usd(30);

    auto const faults = unsound_numbers({cents(85), cents(95), 0.03}, sizing, {});

    REQUIRE(faults.size() == 2);
    CHECK(faults[0].key == "ladder_low_bet");
    CHECK(faults[1].key == "ladder_high_bet");
}

TEST_CASE("A break-even table prints as Markdown", "[strategies][break_even]") {
    CHECK(
        config::break_even_markdown(break_even_table({cents(90), cents(90), 0.03})) ==
        "| ask | fee a share | break-even | required |\n|---|---|---|---|\n"
        "| 0.9 | 0.0063 | 0.9063 | 0.9363 |\n"
    );
}

TEST_CASE("The scalp README's break-even table is the code's", "[strategies][break_even][doc]") {
    std::ifstream file{PQ_SOURCE_DIR "/strategies/scalp/README.md"};
    std::ostringstream text;
    text << file.rdbuf();

    auto const table = config::break_even_markdown(ScalpS1Params{}.break_even());

    INFO("strategies/scalp/README.md must contain:\n" << table);
    CHECK((text.str().find(table) != std::string::npos));
}

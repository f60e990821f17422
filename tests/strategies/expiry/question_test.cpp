#include "strategies/expiry/question.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/golden.hpp"

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <set>
#include <vector>

using namespace polyquant;
using namespace polyquant::strategies::expiry;

namespace {

std::string answer(std::string_view text) {
    auto const question = parse_question(text);
    return question.claim ? to_string(*question.claim)
                          : "refused: " + std::string{to_string(question.defect)};
}

Claim claim_of(std::string_view text) {
    auto const question = parse_question(text);
    INFO(text);
    REQUIRE(question.claim);
    return *question.claim;
}

UsdPrice usd_price(double usd) {
    return UsdPrice::from_e8(static_cast<std::int64_t>(usd * 1e8));
}

UtcTime utc(char const* text) {
    return parse_utc(text).value();
}

} // namespace

TEST_CASE(
    "The parser reads every question of the corpus as written beside it", "[expiry][question]"
) {
    std::istringstream corpus{golden_text("questions.tsv")};
    std::string line;
    std::size_t read = 0;
    std::size_t refused = 0;
    while (std::getline(corpus, line)) {
        if (line.empty() || line.front() == '#') continue;
        auto const tab = line.find('\t');
        REQUIRE(tab != std::string::npos);
        auto const question = line.substr(0, tab);
        auto const expected = line.substr(tab + 1);
        INFO(question);
        CHECK(answer(question) == expected);
        (expected.starts_with("refused: ") ? refused : read) += 1;
    }

    CHECK(read >= 120);
    CHECK(refused >= 50);
}

TEST_CASE("Blanks, case and typographic dashes do not change a claim", "[expiry][question]") {
    auto const plain = claim_of("Will Bitcoin reach $66,000 July 27-August 2?");

    CHECK(claim_of("  WILL bitcoin\tREACH $66,000 july 27 – august 2  ?") == plain);
    CHECK(
        claim_of("Will Bitcoin reach $66,000 July\xC2\xA0"
                 "27\xE2\x80\x94"
                 "August 2") == plain
    );
    CHECK(claim_of("Will Bitcoin (BTC) reach $66K Jul 27-Aug 2?") == plain);
    CHECK(claim_of("Will $BTC reach 66000 USD Jul. 27-Aug. 2?") == plain);
}

TEST_CASE("Hostile texts are refused with a reason", "[expiry][question]") {
    std::string const good = "Will the price of Bitcoin be above $64,000 on March 11?";
    std::string const huge(100'000, 'a');

    CHECK(answer("") == "refused: no_coin");
    CHECK(answer(huge) == "refused: too_long");
    CHECK(answer(good + std::string(100'000, ' ')) == "refused: too_long");
    CHECK(answer("\xE2\x80\xAE" + good) == "refused: foreign_text"); // right-to-left override
    CHECK(answer("\xE2\x80\x8F" + good) == "refused: foreign_text"); // right-to-left mark
    CHECK(answer("هل سيكون سعر Bitcoin above $64,000 on March 11?") == "refused: foreign_text");
    CHECK(
        answer("Will Bitc\xD0\xBEin reach $100 in May?") == "refused: foreign_text"
    ); // Cyrillic o
    CHECK(
        answer("Will Bitcoin reach $\xEF\xBC\x96"
               "4,000 in May?") == "refused: foreign_text"
    );
    CHECK(answer(good + '\0') == "refused: foreign_text");
    CHECK(answer("Will Bitcoin reach \xFF\xFE in May?") == "refused: foreign_text");
    CHECK(answer("$ $ $ ? ? -") == "refused: no_coin");
}

TEST_CASE("A number that could be read in two ways is refused", "[expiry][question]") {
    CHECK(answer("Bitcoin above $64.000 on March 11?") == "refused: ambiguous_number");
    CHECK(answer("XRP above $2.125 on March 11?") == "refused: ambiguous_number");
    CHECK(answer("XRP above $0.625 on March 11?") == "above XRP 0.625 on 03-11");
    CHECK(answer("Bitcoin above $64.000,00 on March 11?") == "refused: bad_number");
    CHECK(answer("Bitcoin above $64,00 on March 11?") == "refused: bad_number");
    CHECK(answer("Bitcoin above $1,23,456 on March 11?") == "refused: bad_number");
    CHECK(answer("Bitcoin above $,640 on March 11?") == "refused: bad_number");
    CHECK(answer("Bitcoin above $0 on March 11?") == "refused: bad_number");
    CHECK(answer("Bitcoin above -64000 on March 11?") == "refused: bad_number");
    CHECK(answer("Bitcoin above $999999999999999999999999 on March 11?") == "refused: bad_number");
    CHECK(answer("Bitcoin above $999,999b on March 11?") == "refused: bad_number");
    CHECK(answer("Bitcoin above 64Q on March 11?") == "refused: bad_number");
    CHECK(answer("Bitcoin above 5% on March 11?") == "refused: bad_number");
    CHECK(answer("Bitcoin between $95 and $100k on March 11?") == "refused: bad_range");
    CHECK(answer("Bitcoin between $100k and $95k on March 11?") == "refused: bad_range");
    CHECK(answer("Bitcoin between $95k on March 11?") == "refused: bad_range");
}

TEST_CASE("A date that is no date, or no moment, is refused", "[expiry][question]") {
    CHECK(answer("Bitcoin above $64,000 on February 30?") == "refused: bad_date");
    CHECK(answer("Bitcoin above $64,000 on February 29, 2025?") == "refused: bad_date");
    CHECK(answer("Bitcoin above $64,000 on February 29, 2024?") == "above BTC 64000 on 2024-02-29");
    CHECK(answer("Bitcoin above $64,000 on 3/11?") == "refused: bad_date");
    CHECK(answer("Bitcoin above $64,000 on 2026-03-11?") == "above BTC 64000 on 2026-03-11");
    CHECK(answer("Bitcoin above $64,000 on 11th March?") == "above BTC 64000 on 03-11");
    CHECK(answer("Bitcoin above $64,000 on March 11 at 5PM?") == "refused: unknown_zone");
    CHECK(answer("Bitcoin above $64,000 on March 11 at 5PM PT?") == "refused: unknown_zone");
    CHECK(answer("Bitcoin above $64,000 on March 11 at 25:00 UTC?") == "refused: bad_date");
    CHECK(answer("Bitcoin above $64,000 on March 11 at 13PM ET?") == "refused: bad_date");
    CHECK(
        answer("Bitcoin above $64,000 on March 11 at 16:30 UTC?") ==
        "above BTC 64000 at 03-11 16:30 UTC"
    );
    CHECK(answer("Bitcoin above $64,000 by March 11?") == "refused: ambiguous_date");
    CHECK(answer("Will Bitcoin reach $64,000 before March 11?") == "refused: ambiguous_date");
    CHECK(answer("Will Bitcoin reach $64,000 August 9-2?") == "refused: bad_date");
    CHECK(answer("Will Bitcoin reach $64,000 in March?!") == "refused: leftover_words");
    CHECK(answer("Will Bitcoin reach $64,000 in March or April?") == "refused: leftover_words");
    CHECK(
        answer("Will Bitcoin dip to $64,000 December 29-January 4, 2027?") ==
        "touch_down BTC 64000 from 2026-12-29 to 2027-01-04"
    );
}

TEST_CASE(
    "Eastern time follows daylight saving and refuses the hours it confuses", "[expiry][question]"
) {
    CHECK(utc_of({2026, 9, 4}, 12 * 60, Zone::et) == utc("2026-09-04T16:00:00Z"));
    CHECK(utc_of({2026, 1, 4}, 12 * 60, Zone::et) == utc("2026-01-04T17:00:00Z"));
    CHECK(utc_of({2026, 3, 8}, 60 + 59, Zone::et) == utc("2026-03-08T06:59:00Z"));
    CHECK_FALSE(utc_of({2026, 3, 8}, 2 * 60 + 30, Zone::et));
    CHECK(utc_of({2026, 3, 8}, 3 * 60, Zone::et) == utc("2026-03-08T07:00:00Z"));
    CHECK(utc_of({2026, 11, 1}, 59, Zone::et) == utc("2026-11-01T04:59:00Z"));
    CHECK_FALSE(utc_of({2026, 11, 1}, 90, Zone::et));
    CHECK(utc_of({2026, 11, 1}, 120, Zone::et) == utc("2026-11-01T07:00:00Z"));
    CHECK(utc_of({2026, 7, 1}, 0, Zone::est) == utc("2026-07-01T05:00:00Z"));
    CHECK(utc_of({2026, 7, 1}, 0, Zone::utc) == utc("2026-07-01T00:00:00Z"));
}

TEST_CASE("A listed end must be the one the question speaks of", "[expiry][question]") {
    auto const on_day = claim_of("Bitcoin above $64,000 on March 11?").time;
    CHECK(end_agrees(on_day, utc("2026-03-11T16:00:00Z")));
    CHECK(end_agrees(on_day, utc("2026-03-12T04:00:00Z")));
    CHECK_FALSE(end_agrees(on_day, utc("2026-03-10T16:00:00Z")));
    CHECK_FALSE(end_agrees(on_day, utc("2026-03-12T16:00:00Z")));

    auto const timed = claim_of("XRP above $2.70 on September 4 at 12PM ET?").time;
    CHECK(end_agrees(timed, utc("2026-09-04T16:00:00Z")));
    CHECK_FALSE(end_agrees(timed, utc("2026-09-04T17:00:00Z")));

    auto const during = claim_of("Will Bitcoin reach $90,000 in March?").time;
    CHECK(end_agrees(during, utc("2026-04-01T04:00:00Z")));
    CHECK_FALSE(end_agrees(during, utc("2026-04-03T04:00:00Z")));

    auto const dated = claim_of("Will Bitcoin reach $90,000 by December 31, 2026?").time;
    CHECK(end_agrees(dated, utc("2027-01-01T05:00:00Z")));
    CHECK_FALSE(end_agrees(dated, utc("2026-01-01T05:00:00Z")));

    auto const turn = claim_of("Will Bitcoin dip to $64,000 December 29-January 4?").time;
    CHECK(end_agrees(turn, utc("2027-01-05T05:00:00Z")));

    auto const window = claim_of("Ethereum Up or Down - September 12, 11:55PM-12:00AM ET").time;
    CHECK(end_agrees(window, utc("2026-09-13T04:00:00Z")));
}

TEST_CASE("The margin is the distance on the side that wins", "[expiry][question]") {
    auto const above = claim_of("Bitcoin above $100,000 on March 11?");
    CHECK(margin_ppm(above, usd_price(101'000), Outcome::up) == 10'000);
    CHECK(margin_ppm(above, usd_price(101'000), Outcome::down) == -10'000);

    auto const below = claim_of("Bitcoin below $100,000 on March 11?");
    CHECK(margin_ppm(below, usd_price(101'000), Outcome::up) == -10'000);

    auto const between = claim_of("Bitcoin between $100,000 and $102,000 on March 11?");
    CHECK(margin_ppm(between, usd_price(100'500), Outcome::up) == 5'000);
    CHECK(margin_ppm(between, usd_price(99'000), Outcome::up) == -10'000);
    CHECK(margin_ppm(between, usd_price(99'000), Outcome::down) == 10'000);
    CHECK(margin_ppm(between, usd_price(104'040), Outcome::down) == 20'000);
}

TEST_CASE("The price cannot confirm that something will be touched", "[expiry][question]") {
    auto const reach = claim_of("Will Bitcoin reach $100,000 in March?");
    CHECK(margin_ppm(reach, usd_price(99'000), Outcome::down) == 10'000);
    CHECK(margin_ppm(reach, usd_price(101'000), Outcome::down) == -10'000);
    CHECK_FALSE(margin_ppm(reach, usd_price(101'000), Outcome::up));

    auto const dip = claim_of("Will Bitcoin dip to $100,000 in March?");
    CHECK(margin_ppm(dip, usd_price(101'000), Outcome::down) == 10'000);
    CHECK_FALSE(margin_ppm(dip, usd_price(99'000), Outcome::up));

    auto const hit = claim_of("Will Bitcoin hit $100,000 in March?");
    CHECK_FALSE(margin_ppm(hit, usd_price(99'000), Outcome::down));
    auto const low = claim_of("Will Bitcoin hit (LOW) $100,000 in March?");
    CHECK(low.kind == ClaimKind::touch_down);

    auto const updown = claim_of("Bitcoin Up or Down on August 22?");
    CHECK_FALSE(margin_ppm(updown, usd_price(99'000), Outcome::up));
    CHECK(margin_ppm(updown, usd_price(99'000), Outcome::down, usd_price(100'000)) == 10'000);
}

TEST_CASE(
    "Every prefix of a question parses or is refused, and never crashes", "[expiry][question]"
) {
    std::istringstream corpus{golden_text("questions.tsv")};
    std::string line;
    std::set<QuestionDefect> seen;
    while (std::getline(corpus, line)) {
        auto const question = line.substr(0, line.find('\t'));
        for (std::size_t n = 0; n <= question.size(); ++n) {
            auto const parsed = parse_question(std::string_view{question}.substr(0, n));
            CHECK(parsed.claim.has_value() == (parsed.defect == QuestionDefect::none));
            seen.insert(parsed.defect);
        }
    }

    CHECK(seen.size() >= 12);
}

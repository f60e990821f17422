#include "engine/core/failure.hpp"
#include "tests/support/catch.hpp"

using namespace polyquant;

TEST_CASE("A fault answers the three questions", "[core][failure]") {
    CHECK(is_retryable(Fault::timeout));
    CHECK(outcome_unknown(Fault::timeout));
    CHECK(counts_against_breaker(Fault::timeout));

    CHECK_FALSE(is_retryable(Fault::rejected));
    CHECK_FALSE(outcome_unknown(Fault::rejected));
    CHECK_FALSE(counts_against_breaker(Fault::rejected));

    CHECK(outcome_unknown(Fault::cancelled));
    CHECK_FALSE(is_retryable(Fault::parse));
}

TEST_CASE("describe names fault, place, detail and status", "[core][failure]") {
    auto const failure = Failure{Fault::timeout, "clob.post_order", "no answer", 504};

    CHECK(describe(failure) == "timeout in clob.post_order: no answer (HTTP 504)");
}

TEST_CASE("Using an unchecked failure is a logic error that names it", "[core][failure]") {
    Result<int> const result = Failure{Fault::parse, "gamma.market", "no tick", 0};

    CHECK_THROWS_WITH(result.value(), Catch::Contains("parse in gamma.market: no tick"));
}

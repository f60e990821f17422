#include "config/run_config.hpp"
#include "config/toml_file.hpp"
#include "strategies/scalp/params.hpp"
#include "tests/config/random_params.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/seeded_check.hpp"

using namespace polyquant;
using namespace polyquant::config;

namespace {

template <class P>
P parse_back(std::string const& text) {
    ConfigProblems problems;
    auto const root = parse_toml(text, "printed", problems);
    RC_ASSERT(root.has_value());
    TableReader reader{*root, "", problems};
    auto const params = read_params<P>(reader);
    reader.refuse_unknown();
    if (!problems.empty()) RC_FAIL(to_string(problems));
    return params;
}

using Scalp1 = strategies::ScalpS1Params;
using Scalp2 = strategies::ScalpS2Params;

} // namespace

TEMPLATE_TEST_CASE(
    "Parameters parse back from their own print",
    "[config][property]",
    RunParams,
    FeedParams,
    ModelParams,
    RiskParams,
    ExecutionParams,
    SimulatedParams,
    SettlementParams,
    Scalp1,
    Scalp2
) {
    CHECK(test::holds("parse(print(x)) == x", [] {
        auto const params = test::random_params<TestType>();

        RC_ASSERT(parse_back<TestType>(print_params(params)) == params);
    }));
}

TEMPLATE_TEST_CASE(
    "A parameter hash changes exactly when a value changes",
    "[config][property]",
    RunParams,
    FeedParams,
    ModelParams,
    RiskParams,
    ExecutionParams,
    SimulatedParams,
    SettlementParams,
    Scalp1,
    Scalp2
) {
    CHECK(test::holds("hash(x) == hash(y) iff x == y iff no difference", [] {
        auto const a = test::random_params<TestType>();
        auto const b = test::random_params<TestType>(*rc::gen::element(a, TestType{}));

        RC_ASSERT((hash_params(a) == hash_params(b)) == (a == b));
        RC_ASSERT(diff_params(a, b).empty() == (a == b));
    }));
}

TEMPLATE_TEST_CASE(
    "Default parameters are within their ranges and break no rule",
    "[config]",
    RunParams,
    FeedParams,
    ModelParams,
    RiskParams,
    ExecutionParams,
    SimulatedParams,
    SettlementParams,
    Scalp1,
    Scalp2
) {
    TestType const params;

    for_each_param<TestType>([&]<class Row>(Row const& row) {
        INFO(row.name);
        if constexpr (Row::ranged) CHECK(is_within(params.*row.member, row.min, row.max));
        CHECK_FALSE(row.meaning.empty());
    });
    CHECK(test::is_sound(params));
}

TEST_CASE("A parameter hash is stable across builds", "[config]") {
    CHECK(hash_text("") == 0xcbf29ce484222325U);
    CHECK(hash_text("a") == 0xaf63dc4c8601ec8cU);
    CHECK(hash_name(0xabcU) == "0000000000000abc");
}

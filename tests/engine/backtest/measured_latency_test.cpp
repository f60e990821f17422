#include "engine/backtest/measured_latency.hpp"
#include "tests/support/catch.hpp"

using namespace polyquant;
using namespace polyquant::backtest;

namespace {

// 20, 21, ... milliseconds.
std::vector<double> answers(std::size_t count, double first = 20) {
    std::vector<double> ms;
    for (std::size_t i = 0; i < count; ++i)
        ms.push_back(first + static_cast<double>(i));
    return ms;
}

} // namespace

TEST_CASE(
    "Order latency leaves half of the quickest answer to the way back", "[backtest][latency]"
) {
    RoundTrips const trips{{"clob.book GET /books", answers(101)}};

    auto const latency = order_latency_of(trips).value();

    CHECK(latency.back_ms == 10);
    CHECK(latency.answers == 101);
    REQUIRE(latency.there_ms.size() == 101);
    CHECK(latency.there_ms.front() == 10);
    CHECK(latency.there_ms[50] == 60);
    CHECK(latency.there_ms.back() == 110);
}

TEST_CASE(
    "Order latency believes own orders before answers to other calls", "[backtest][latency]"
) {
    RoundTrips trips{
        {"clob.clock GET /time", answers(500)},
        {"order post", answers(29, 200)},
    };

    auto const few = order_latency_of(trips).value();
    trips["order post"].push_back(300);
    auto const enough = order_latency_of(trips).value();

    CHECK(few.basis == "500 answers to clob.clock GET /time");
    CHECK(enough.basis == "30 orders");
    CHECK(enough.back_ms == 100);
}

TEST_CASE(
    "Order latency takes nothing from other hosts or simulated orders", "[backtest][latency]"
) {
    RoundTrips const trips{
        {"gamma GET /markets", answers(100)},
        {"binance GET /api", answers(100)},
        {"simulated order post", answers(100)},
        {"clob.clock GET /time", answers(29)},
    };

    auto const latency = order_latency_of(trips);

    REQUIRE_FALSE(latency.has_value());
    CHECK(latency.error().fault == Fault::invalid);
    CHECK(latency.error().detail.starts_with("29 answers"));
}

TEST_CASE("Latency rows hold least, median and most of each path", "[backtest][latency]") {
    auto const rows = latency_rows({{"a", {3, 1, 2}}, {"b", {}}, {"c", {7}}});

    REQUIRE(rows.size() == 2);
    CHECK(rows[0].path == "a");
    CHECK(rows[0].answers == 3);
    CHECK(rows[0].least_ms == 1);
    CHECK(rows[0].median_ms == 2);
    CHECK(rows[0].most_ms == 3);
    CHECK(rows[1].p99_ms == 7);
}

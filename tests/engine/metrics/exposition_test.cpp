#include "engine/metrics/exposition.hpp"
#include "tests/support/catch.hpp"

#include <regex>
#include <set>
#include <sstream>

using namespace polyquant;
using namespace polyquant::metrics;

namespace {

Figures busy_run() {
    Figures f;
    f.version = "0.1.0+abc";
    f.mode = "paper";
    f.beat = Instant{} + Seconds{100};
    f.status.events = 5;
    observe::AssetStatus btc;
    btc.up = 0.625;
    btc.book_age = Millis{250};
    btc.up_quote.ask = Level{cents(52), {}};
    f.status.assets.push_back(btc);
    observe::StrategyStatus s1;
    s1.name = "s1";
    s1.bankroll = Usdc::from_micros(50'250'000);
    s1.pnl = Usdc::from_micros(-1'500'000);
    s1.wins = 3;
    s1.losses = 1;
    s1.orders_sent = 8;
    s1.orders_filled = 4;
    s1.reasons.add(Reason::edge_too_small, 812);
    f.status.strategies.push_back(s1);
    f.status.breakers.push_back({"clob", BreakerState::open});
    f.calls.push_back({"clob", "200", 41});
    f.topics.push_back({"binance", "a \"quoted\"\\\n topic", false, "", {}});
    f.queues.push_back({"tape", 3});
    f.lag.buckets.push_back({Millis{1}, 7});
    f.lag.count = 9;
    f.stages[0].note(Nanos{2'000});
    auto& field = f.activity[{"s1", "BTC"}];
    field.orders = 8;
    field.not_filled[Reason::not_filled] = 4;
    return f;
}

bool has_line(std::string const& text, std::string const& line) {
    return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

} // namespace

TEST_CASE("Figures become lines that Prometheus reads", "[metrics]") {
    auto const text = exposition(busy_run(), {}, Instant{} + Seconds{102});

    CHECK(has_line(text, "polyquant_strategy_bankroll_usdc{strategy=\"s1\"} 50.25"));
    CHECK(has_line(text, "polyquant_strategy_profit_usdc{strategy=\"s1\"} -1.5"));
    CHECK(has_line(text, "polyquant_strategy_win_ratio{strategy=\"s1\"} 0.75"));
    CHECK(has_line(text, "polyquant_strategy_fill_ratio{strategy=\"s1\"} 0.5"));
    CHECK(
        has_line(text, "polyquant_evaluations_total{strategy=\"s1\",reason=\"edge_too_small\"} 812")
    );
    CHECK(has_line(text, "polyquant_up_probability_ratio{asset=\"BTC\"} 0.625"));
    CHECK(has_line(text, "polyquant_data_age_seconds{asset=\"BTC\",data=\"book\"} 0.25"));
    CHECK(has_line(text, "polyquant_breaker_state{endpoint=\"clob\"} 2"));
    CHECK(has_line(text, "polyquant_api_calls_total{endpoint=\"clob\",status=\"200\"} 41"));
    CHECK(has_line(text, "polyquant_beat_age_seconds 2"));
    CHECK(has_line(text, "polyquant_orders_total{strategy=\"s1\",asset=\"BTC\"} 8"));
    CHECK(has_line(text, "polyquant_loop_lag_seconds_bucket{le=\"+Inf\"} 9"));
}

TEST_CASE("Histograms grow from bucket to bucket up to their count", "[metrics]") {
    auto const text = exposition(busy_run(), {}, Instant{} + Seconds{102});

    CHECK(has_line(text, "polyquant_stage_duration_seconds_bucket{stage=\"parse\",le=\"1e-06\"} 0")
    );
    CHECK(has_line(text, "polyquant_stage_duration_seconds_bucket{stage=\"parse\",le=\"+Inf\"} 1"));
    CHECK(has_line(text, "polyquant_stage_duration_seconds_count{stage=\"parse\"} 1"));
}

TEST_CASE("Every family is described once, and named as the conventions ask", "[metrics]") {
    std::istringstream lines{exposition(busy_run(), {}, Instant{} + Seconds{102})};

    std::set<std::string> described;
    std::regex const type{"# TYPE (polyquant_[a-z_]+) (counter|gauge|histogram)"};
    for (std::string line; std::getline(lines, line);) {
        std::smatch match;
        if (!std::regex_match(line, match, type)) continue;
        INFO(line);
        CHECK(described.insert(match[1]).second);
        CHECK(match[1].str().ends_with("_total") == (match[2] == "counter"));
    }
    CHECK(described.size() > 40);
}

TEST_CASE("Quotes, backslashes and line ends in a label are escaped", "[metrics]") {
    auto const text = exposition(busy_run(), {}, Instant{} + Seconds{102});

    CHECK(
        has_line(text, R"(polyquant_feed_healthy{feed="binance",topic="a \"quoted\"\\\n topic"} 0)")
    );
}

TEST_CASE("The system's figures of this very process are plausible", "[metrics]") {
    auto const process = read_process(".");

    REQUIRE(process.resident_bytes.has_value());
    CHECK(*process.resident_bytes > 1'000'000);
    CHECK(process.open_files.value_or(0) >= 3);
    CHECK(process.cpu_seconds.value_or(-1) >= 0);
    CHECK(process.start_time_seconds.value_or(0) > 1.7e9);
    CHECK(process.disk_free_bytes.value_or(0) > 0);
}

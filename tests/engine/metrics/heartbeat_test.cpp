#include "engine/metrics/heartbeat.hpp"
#include "tests/support/catch.hpp"

using namespace polyquant;
using namespace polyquant::metrics;

namespace {

constexpr auto now = utc_from_seconds(1'800'000'000);

Heartbeat healthy() {
    Heartbeat h;
    h.version = "0.1.0";
    h.mode = "paper";
    h.process_id = 4711;
    h.started_at = now - Seconds{3'600};
    h.written_at = now - Seconds{3};
    h.beat_at = now - Seconds{4};
    h.disk_free_bytes = 50'000'000'000;
    h.bankroll = "100.00";
    h.profit = "-2.50";
    return h;
}

HealthReport judged(Heartbeat const& h) {
    return judge(h, now, HealthLimits{});
}

} // namespace

TEST_CASE("A heartbeat survives its own text", "[metrics][health]") {
    auto h = healthy();
    h.halt_text = "a \"quoted\" line\nand another";
    h.open_breakers = {"clob", "gamma"};
    h.books_agree = true;
    h.clock_offset_seconds = -0.25;

    auto const again = parse_heartbeat(print(h));

    REQUIRE(again);
    CHECK(print(*again) == print(h));
    CHECK(again->halt_text == h.halt_text);
    CHECK(again->beat_at == h.beat_at);
}

TEST_CASE("A file that is no heartbeat is refused with what is missing", "[metrics][health]") {
    CHECK(describe(parse_heartbeat("").error()).find("no JSON object") != std::string::npos);
    CHECK(describe(parse_heartbeat("[]").error()).find("no JSON object") != std::string::npos);
    CHECK(describe(parse_heartbeat("{}").error()).find("\"version\"") != std::string::npos);
    auto text = print(healthy());
    text.replace(text.find("\"events\":0"), 10, "\"events\":\"\"");
    CHECK(describe(parse_heartbeat(text).error()).find("\"events\"") != std::string::npos);
}

TEST_CASE("A run that is well is OK, in one line with its figures", "[metrics][health]") {
    auto const h = healthy();
    auto const report = judged(h);

    CHECK(report.health == Health::ok);
    CHECK(
        report.line(&h) == "POLYQUANT OK - paper runs since 2027-01-15T07:00:00Z | "
                           "bankroll=100.00 profit=-2.50 loop_lag_p99=0.000ms resident=0B"
    );
}

TEST_CASE("Every trouble has its level", "[metrics][health]") {
    auto const level = [](auto change) {
        auto h = healthy();
        change(h);
        return judged(h).health;
    };

    CHECK(level([](Heartbeat& h) { h.written_at = now - Seconds{31}; }) == Health::critical);
    CHECK(level([](Heartbeat& h) { h.beat_at = now - Seconds{31}; }) == Health::critical);
    CHECK(level([](Heartbeat& h) { h.written_at = now + Seconds{31}; }) == Health::critical);
    CHECK(level([](Heartbeat& h) { h.stopped = true; }) == Health::critical);
    CHECK(level([](Heartbeat& h) { h.trading_halted = true; }) == Health::critical);
    CHECK(level([](Heartbeat& h) { h.books_agree = false; }) == Health::critical);
    CHECK(level([](Heartbeat& h) { h.oldest_unsettled_seconds = 3'601; }) == Health::critical);
    CHECK(level([](Heartbeat& h) { h.disk_free_bytes = 999'999'999; }) == Health::critical);
    CHECK(level([](Heartbeat& h) { h.unknown_orders = 1; }) == Health::warning);
    CHECK(level([](Heartbeat& h) { h.halted_strategies = {"s1"}; }) == Health::warning);
    CHECK(level([](Heartbeat& h) { h.open_breakers = {"clob"}; }) == Health::warning);
    CHECK(level([](Heartbeat& h) { h.silent_feeds = {"binance btc"}; }) == Health::warning);
    CHECK(level([](Heartbeat& h) { h.alerts = {"disk_low"}; }) == Health::warning);
}

TEST_CASE("The gravest problem stands first", "[metrics][health]") {
    auto h = healthy();
    h.open_breakers = {"clob"};
    h.trading_halted = true;
    h.halt_text = "kill switch";
    h.books_agree = false;

    auto const report = judged(h);

    REQUIRE(report.problems.size() == 3);
    CHECK(report.problems[0] == "trading halted: kill switch");
    CHECK(report.line(&h).starts_with("POLYQUANT CRITICAL - trading halted: kill switch; "));
}

#include "engine/alerts/rules.hpp"
#include "tests/support/catch.hpp"

using namespace polyquant;
using namespace polyquant::alerts;

namespace {

constexpr Instant start{Seconds{1'000}};

metrics::Figures healthy(Instant beat = start) {
    metrics::Figures f;
    f.beat = beat;
    f.status.events = 1;
    f.books_agree = true;
    f.clock_offset = Millis{20};
    f.topics.push_back({"binance", "btc", true, {}, {}});
    f.status.breakers.push_back({"clob", BreakerState::closed});
    f.status.strategies.push_back({});
    f.status.strategies.back().name = "s1";
    return f;
}

metrics::ProcessFigures roomy() {
    metrics::ProcessFigures p;
    p.disk_free_bytes = 50'000'000'000;
    return p;
}

std::vector<AlertKind>
kinds_of(metrics::Figures const& f, metrics::ProcessFigures const& p = roomy()) {
    AlertRules rules{{}};
    std::vector<AlertKind> kinds;
    for (auto const& condition : rules.conditions(f, p, start))
        kinds.push_back(condition.kind);
    return kinds;
}

std::vector<AlertKind> after(void (*change)(metrics::Figures&)) {
    auto f = healthy();
    change(f);
    return kinds_of(f);
}

using Kinds = std::vector<AlertKind>;

} // namespace

TEST_CASE("A run that is well breaks no rule", "[alerts]") {
    CHECK(kinds_of(healthy()).empty());
}

TEST_CASE("Each trouble breaks its own rule", "[alerts]") {
    using F = metrics::Figures;
    CHECK(after([](F& f) { f.beat = start - Seconds{16}; }) == Kinds{AlertKind::engine_stuck});
    CHECK(after([](F& f) { f.status.trading_halted = true; }) == Kinds{AlertKind::trading_halted});
    CHECK(after([](F& f) {
              f.status.strategies[0].halted = true;
          }) == Kinds{AlertKind::strategy_halted});
    CHECK(after([](F& f) {
              f.status.strategies[0].calibration.state = CalibrationState::stopped;
          }) == Kinds{AlertKind::calibration_stopped});
    CHECK(after([](F& f) { f.topics[0].healthy = false; }) == Kinds{AlertKind::feed_silent});
    CHECK(after([](F& f) {
              f.status.breakers[0].state = BreakerState::open;
          }) == Kinds{AlertKind::breaker_open});
    CHECK(after([](F& f) { f.books_agree = false; }) == Kinds{AlertKind::books_differ});
    CHECK(after([](F& f) { f.unknown_orders = 1; }) == Kinds{AlertKind::unknown_orders});
    CHECK(after([](F& f) { f.oldest_unsettled = Seconds{3'601}; }) == Kinds{AlertKind::unsettled});
    CHECK(after([](F& f) { f.clock_offset = Millis{-1'001}; }) == Kinds{AlertKind::clock_off});
    CHECK(after([](F& f) { f.recording_trouble = "disk"; }) == Kinds{AlertKind::not_recording});
    CHECK(after([](F& f) {
              f.settlements_contradicted = 1;
          }) == Kinds{AlertKind::settlement_contradicted});
    metrics::ProcessFigures full;
    full.disk_free_bytes = 1'999'999'999;
    CHECK(kinds_of(healthy(), full) == Kinds{AlertKind::disk_low});
}

TEST_CASE("Ten minutes without an event are told, one event ends it", "[alerts]") {
    AlertRules rules{{}};
    auto const at = [&](Nanos later, std::uint64_t events) {
        auto f = healthy(start + later);
        f.status.events = events;
        return rules.conditions(f, roomy(), start + later).size();
    };

    CHECK(at(Seconds{0}, 1) == 0);
    CHECK(at(Seconds{600}, 1) == 0);
    CHECK(at(Seconds{601}, 1) == 1);
    CHECK(at(Seconds{602}, 2) == 0);
    CHECK(at(Seconds{1'203}, 2) == 1);
}

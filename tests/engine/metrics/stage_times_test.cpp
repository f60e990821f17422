#include "engine/metrics/stage_times.hpp"
#include "tests/support/catch.hpp"

using namespace polyquant;
using namespace polyquant::metrics;

namespace {

constexpr auto start = utc_from_seconds(1'776'081'600);

OrderId order_id(std::uint8_t n) {
    OrderId id;
    id.bytes[31] = n;
    return id;
}

Fact fact(Nanos at, FactBody body) {
    return {1, start + at, std::move(body)};
}

Fact placed(std::uint8_t n) {
    OrderPlaced f;
    f.order = order_id(n);
    f.intent.decided_at = start;
    return fact(Nanos{0}, f);
}

Fact changed(std::uint8_t n, Nanos at, OrderState to) {
    OrderChanged f;
    f.order = order_id(n);
    f.to = to;
    return fact(at, f);
}

DurationHistogram const& of(StageTimes const& times, StageOfWork stage) {
    return times.histograms()[static_cast<std::size_t>(stage)];
}

} // namespace

TEST_CASE("A duration falls into the first bucket that is not shorter", "[metrics]") {
    DurationHistogram histogram;

    histogram.note(Nanos{1'000});
    histogram.note(Nanos{1'001});
    histogram.note(Seconds{61});
    histogram.note(Nanos{-5});

    CHECK(histogram.counts()[0] == 2);
    CHECK(histogram.counts()[1] == 1);
    CHECK(histogram.counts().back() == 1);
    CHECK(histogram.count() == 4);
    CHECK(histogram.sum() == Seconds{61} + Nanos{2'001});
}

TEST_CASE("An order's stages are told from its facts, in real time", "[metrics]") {
    StageTimes times{2}; // the engine's time runs twice as fast

    times.on(placed(1));
    times.on(changed(1, Millis{4}, OrderState::sent));
    times.on(changed(1, Millis{24}, OrderState::delayed));
    times.on(changed(1, Millis{30}, OrderState::matched));
    TradeMatched fill;
    fill.trade.order = order_id(1);
    fill.trade.trade.text = "t1";
    times.on(fact(Millis{44}, fill));
    TradeChanged settled;
    settled.trade = fill.trade.trade;
    settled.to = TradeState::confirmed;
    times.on(fact(Seconds{4} + Millis{44}, settled));

    CHECK(of(times, StageOfWork::sent).sum() == Millis{2});
    CHECK(of(times, StageOfWork::acknowledged).sum() == Millis{10});
    CHECK(of(times, StageOfWork::acknowledged).count() == 1);
    CHECK(of(times, StageOfWork::matched).sum() == Millis{20});
    CHECK(of(times, StageOfWork::confirmed).sum() == Seconds{2});
}

TEST_CASE(
    "A failed fill is no confirmed one, and an order of another start none at all", "[metrics]"
) {
    StageTimes times;

    times.on(changed(9, Millis{24}, OrderState::matched));
    TradeMatched fill;
    fill.trade.trade.text = "t1";
    times.on(fact(Millis{1}, fill));
    TradeChanged failed;
    failed.trade = fill.trade.trade;
    failed.to = TradeState::failed;
    times.on(fact(Millis{2}, failed));

    for (auto const stage : all_stages_of_work)
        CHECK(of(times, stage).count() == 0);
}

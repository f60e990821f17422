#include "engine/app/engine_probe.hpp"
#include "tests/engine/app/app_world.hpp"

using namespace polyquant;
using namespace polyquant::app;
using namespace polyquant::app::testing;

namespace {

struct Probed {
    Probed() {
        probe.start();
        world.play_until(first_window.start + Seconds{10});
    }

    void say(TokenId const& token, bool healthy) {
        auto const now = world.clock.utc_now();
        world.bus.publish(FeedState{
            {now, now, 0}, "clob.market", to_string(token), healthy, healthy ? "fresh" : "lost"
        });
    }

    metrics::TopicState books() const {
        auto const figures = probe.figures();
        for (auto const& topic : figures->topics)
            if (topic.topic == "books") return topic;
        return {};
    }

    AppWorld world;
    runtime::LagMeter lag;
    EngineProbe probe{{world.engine, world.bus, world.clock, lag, 1, {}, [](metrics::Figures&) {
                       }}};
};

} // namespace

TEST_CASE("The books of a feed are one topic, however many tokens there are", "[app][probe]") {
    Probed run;
    auto const market = market_of(first_window);

    run.say(market.up, false);
    run.say(market.down, false);
    auto const doubted = run.books();
    run.say(market.up, true);
    run.say(market.down, true);

    CHECK_FALSE(doubted.healthy);
    CHECK(doubted.reason == "2 in doubt: lost");
    CHECK(run.books().healthy);
    auto const figures = run.probe.figures();
    for (auto const& topic : figures->topics)
        CHECK(topic.topic.size() < 40);
}

TEST_CASE("A book that nobody keeps any more is nobody's trouble", "[app][probe]") {
    Probed run;
    run.say(market_of(first_window).up, false);
    TokenId stranger;
    stranger.bytes[31] = 99;
    run.say(stranger, false);
    CHECK(run.books().reason == "1 in doubt: lost");

    run.world.pass(first_window.length);

    CHECK(run.books().healthy);
}

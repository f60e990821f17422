#include "engine/app/replay_plan.hpp"
#include "tests/engine/app/recorded_run.hpp"
#include "tests/support/catch.hpp"

namespace {

using namespace polyquant;
using namespace polyquant::app;
using namespace polyquant::app::testing;

ReplayPlan plan_of(config::RunConfig const& config) {
    return plan_replay(config, std::nullopt).value();
}

Failure refusal_of(config::RunConfig const& config) {
    auto const plan = plan_replay(config, std::nullopt);
    REQUIRE_FALSE(plan.has_value());
    return plan.error();
}

} // namespace

TEST_CASE(
    "A replay starts with the window of the first book, the bars before it as history",
    "[app][plan]"
) {
    RecordedRun const run;

    auto const plan = plan_of(run.config());

    CHECK(plan.start == first_window.start);
    CHECK_FALSE(plan.until.has_value());
    CHECK(plan.history[index_of(Asset::btc)].size() == history_bars);
    CHECK(plan.history[index_of(Asset::btc)].back().close_time() < plan.start);
    CHECK(plan.history[index_of(Asset::eth)].empty());
}

TEST_CASE("A replay keeps the newest bars of a long history", "[app][plan]") {
    RecordedRun const run;
    auto config = run.config();
    config.model.history_bars = 10;

    auto const plan = plan_of(config);

    auto const& bars = plan.history[index_of(Asset::btc)];
    REQUIRE(bars.size() == 10);
    CHECK(bars.back().open_time == history().back().open_time);
}

TEST_CASE("A replay from a given time starts with that time's window", "[app][plan]") {
    RecordedRun const run;
    auto config = run.config();
    config.feed.from = format_utc(second_window.start + 10s);
    config.feed.until = format_utc(second_window.start + 200s);

    auto const plan = plan_of(config);

    CHECK(plan.start == second_window.start);
    CHECK(plan.until == second_window.start + 200s);
    CHECK(plan.history[index_of(Asset::btc)].size() == history_bars + 5);
}

TEST_CASE("A replay of bars alone starts when its history is complete", "[app][plan]") {
    RecordedRun const run{{}, bar_events(200)};
    auto config = run.config();
    config.model.history_bars = 100;

    auto const plan = plan_of(config);

    auto const first_received = history().front().close_time();
    CHECK(plan.start > first_received + std::chrono::minutes{100});
    CHECK(plan.start <= first_received + std::chrono::minutes{105});
    CHECK(plan.start == window_at(plan.start).start);
    CHECK(plan.history[index_of(Asset::btc)].size() == 100);
}

TEST_CASE("A replay of too few bars says how many it needs", "[app][plan]") {
    RecordedRun const run{{}, bar_events(90)};
    auto config = run.config();
    config.model.history_bars = 100;

    auto const failure = refusal_of(config);

    CHECK(failure.fault == Fault::invalid);
    CHECK(failure.detail.find("100 bars of history") != std::string::npos);
}

TEST_CASE("A replay of an empty tape is refused", "[app][plan]") {
    RecordedRun const run{{}, std::vector<Event>{}};

    CHECK(refusal_of(run.config()).detail == "the tapes hold no events");
}

TEST_CASE("A replay without tapes says where to name them", "[app][plan]") {
    CHECK(refusal_of(config_of()).detail.find("[feed]") != std::string::npos);
}

TEST_CASE("A replay of a tape that does not exist names it", "[app][plan]") {
    RecordedRun const run;
    auto config = run.config();
    std::filesystem::remove(run.tape);

    CHECK(describe(refusal_of(config)).find("t.tape") != std::string::npos);
}

TEST_CASE("A replay of a stretch without events is refused", "[app][plan]") {
    RecordedRun const run;
    auto config = run.config();
    config.feed.from = format_utc(second_window.end() + Seconds{3'600});

    auto const failure = refusal_of(config);

    CHECK(failure.fault == Fault::invalid);
    CHECK(failure.detail.find("feed.from") != std::string::npos);
}

TEST_CASE("A replay's identity ignores speed, looks and places", "[app][plan]") {
    RecordedRun const run;
    auto config = run.config();
    auto const before = plan_of(config).identity;

    config.feed.speed = "60";
    config.run.status_interval = Millis{250};
    config.run.console = config::ConsoleStyle::quiet;
    config.run.dashboard = false;
    config.run.state_dir = "elsewhere";

    CHECK(plan_of(config).identity == before);
}

TEST_CASE("A replay's identity changes with parameters, seed, tape and range", "[app][plan]") {
    RecordedRun const run;
    auto const config = run.config();
    auto const before = plan_of(config).identity;
    auto other_risk = config;
    other_risk.risk.kill_switch = usd(6);
    auto other_seed = config;
    other_seed.run.seed = 2;
    auto other_range = config;
    other_range.feed.until = format_utc(second_window.start);
    auto events = whole_tape();
    events.pop_back();
    RecordedRun const other_tape{{}, events};
    RecordedRun const other_bet{"attempts_max = 2\n"};

    CHECK(plan_of(other_risk).identity.config_hash != before.config_hash);
    CHECK(plan_of(other_bet.config()).identity.config_hash != before.config_hash);
    CHECK(plan_of(other_seed).identity.seed != before.seed);
    CHECK(plan_of(other_range).identity != before);
    CHECK(plan_of(other_tape.config()).identity.tape_hash != before.tape_hash);
}

TEST_CASE("A replay's directory is its own unless one is given", "[app][plan]") {
    RecordedRun const run;
    auto config = run.config();
    auto const own = plan_of(config).directory;
    config.run.seed = 2;

    CHECK(plan_of(config).directory != own);
    CHECK(plan_replay(config, "given").value().directory == "given");
}

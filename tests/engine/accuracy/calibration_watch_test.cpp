#include "engine/accuracy/calibration_watch.hpp"
#include "models/validation/random.hpp"
#include "tests/engine/accuracy/fact_maker.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>

using namespace polyquant;
using namespace polyquant::accuracy;
using namespace polyquant::accuracy::testing;
using State = CalibrationState;

namespace {

struct WatchWorld {
    CalibrationWatch watch{config::RiskParams{}};
    std::vector<Fact> facts;
    std::vector<CalibrationChanged> changes;
    int orders = 0;

    WatchWorld() { epoch(7); }

    void add(FactBody body) {
        facts.push_back({facts.size() + 1, {}, std::move(body)});
        watch.on(facts.back());
    }

    void epoch(std::uint64_t hash) { add(EpochOpened{strategy, "scalp_s1", hash, ""}); }

    BetJudged bet(double promised, bool won, Asset asset = Asset::btc, std::uint64_t of_epoch = 7) {
        BetJudged judged;
        judged.strategy = strategy;
        judged.epoch = of_epoch;
        judged.order = order_id(++orders);
        judged.asset = asset;
        judged.promised = promised;
        judged.won = won;
        judged.first_of_window = judged.first_of_asset = true;
        add(judged);
        for (auto const& change : watch.due()) {
            changes.push_back(change);
            add(change);
        }
        return judged;
    }

    State state(std::optional<Asset> asset = {}) const { return watch.view(strategy, asset).state; }
};

} // namespace

TEST_CASE("CalibrationWatch first reduces, then stops broken promises", "[accuracy]") {
    WatchWorld world;

    for (int n = 0; n < 30; ++n)
        world.bet(0.9, n % 2 == 0);

    auto const of_all = [](CalibrationChanged const& c) {
        return !c.asset;
    };
    std::vector<CalibrationChanged> steps;
    std::ranges::copy_if(world.changes, std::back_inserter(steps), of_all);
    REQUIRE(steps.size() == 2);
    CHECK(steps[0].to == State::reduced);
    CHECK(steps[1].from == State::reduced);
    CHECK(steps[1].to == State::stopped);
    CHECK(steps[1].evidence >= 100);
    CHECK(steps[0].bets < steps[1].bets);
    CHECK(world.watch.due().empty());
}

TEST_CASE("CalibrationWatch leaves honest promises alone", "[accuracy]") {
    WatchWorld world;
    models::validation::SeededRandom random{4};

    for (int n = 0; n < 2'000; ++n) {
        auto const promised = 0.85 + 0.1 * random.uniform();
        world.bet(promised, random.uniform() < promised);
    }

    CHECK(world.state() == State::trusted);
    CHECK(world.changes.empty());
}

TEST_CASE("CalibrationWatch stops one coin and not the others", "[accuracy]") {
    WatchWorld world;
    models::validation::SeededRandom random{5};

    for (int n = 0; n < 400 && world.state() != State::stopped; ++n) {
        world.bet(0.9, random.uniform() < 0.93, Asset::eth);
        world.bet(0.9, random.uniform() < 0.93, Asset::sol);
        if (n % 4 == 0 && world.state(Asset::btc) != State::stopped)
            world.bet(0.9, n % 8 == 0, Asset::btc);
    }

    CHECK(world.state(Asset::btc) == State::stopped);
    CHECK(world.state(Asset::eth) == State::trusted);
    CHECK(world.state() == State::trusted);
}

TEST_CASE("CalibrationWatch starts anew with new parameters only", "[accuracy]") {
    WatchWorld world;
    for (int n = 0; n < 30; ++n)
        world.bet(0.9, false);
    REQUIRE(world.state() == State::stopped);

    SECTION("a restart with the same ones keeps the stop") {
        world.epoch(7);
        CHECK(world.state() == State::stopped);
    }
    SECTION("others clear it, and bets of the old ones do not count against them") {
        world.epoch(8);
        world.bet(0.9, false, Asset::btc, 7);
        CHECK(world.state() == State::trusted);
        CHECK(world.watch.view(strategy).bets == 0);
    }
}

TEST_CASE("CalibrationWatch comes to the same state from the same facts", "[accuracy]") {
    WatchWorld world;
    for (int n = 0; n < 12; ++n)
        world.bet(0.9, n % 2 == 0);
    CalibrationWatch again{config::RiskParams{}};

    for (auto const& fact : world.facts)
        again.on(fact);

    CHECK(again.view(strategy).evidence == world.watch.view(strategy).evidence);
    CHECK(again.view(strategy).state == world.state());
    CHECK(again.due().empty());
}

TEST_CASE("CalibrationWatch weighs a corrected bet by its last word", "[accuracy]") {
    WatchWorld world;
    auto wrong = world.bet(0.9, false);
    world.bet(0.9, true);
    WatchWorld never_wrong;
    never_wrong.bet(0.9, true);
    never_wrong.bet(0.9, true);

    wrong.won = true;
    wrong.corrects = true;
    world.add(wrong);

    CHECK(world.watch.view(strategy).evidence == never_wrong.watch.view(strategy).evidence);
    CHECK(world.watch.view(strategy).bets == 2);
}

TEST_CASE("CalibrationWatch judges again when its rates are changed", "[accuracy]") {
    WatchWorld world;
    for (int n = 0; n < 8; ++n)
        world.bet(0.9, n % 2 == 0);
    REQUIRE(world.state() == State::reduced);
    config::RiskParams strict;
    strict.calibration_reduce_alpha = 0.5;
    strict.calibration_stop_alpha = 0.2;

    world.watch.reload(strict);

    CHECK(world.state() == State::stopped);
    CHECK_FALSE(world.watch.due().empty());
}

#include "engine/backtest/sweep_plan.hpp"
#include "engine/backtest/sweep_store.hpp"
#include "tests/engine/runtime/scratch_folder.hpp"
#include "tests/support/catch.hpp"

#include <set>

using namespace polyquant;
using namespace polyquant::backtest;

namespace {

std::vector<Variation> vary(std::initializer_list<char const*> texts) {
    std::vector<Variation> out;
    for (auto const* text : texts)
        out.push_back(parse_variation(text).value());
    return out;
}

bool nobody_is_dead(std::string const&) {
    return false;
}

constexpr auto now = utc_from_seconds(1'776'000'000);

struct Store {
    runtime::testing::ScratchFolder folder;
    SweepStore store = SweepStore::open(folder / "s.sqlite").value();

    SweepStore another() const { return SweepStore::open(folder / "s.sqlite").value(); }

    std::optional<SweepRun> lease(char const* owner, UtcTime at = now) {
        return store.lease(SweepStage::selection, owner, at, Seconds{60}, nobody_is_dead).value();
    }
};

} // namespace

TEST_CASE("A grid tries every combination once", "[backtest][sweep]") {
    auto const plan =
        plan_sweep(vary({"a.x=1,2,3", "a.lead=30s..60s:15s"}), SweepMethod::grid, 0, 1).value();

    REQUIRE(plan.size() == 9);
    CHECK(plan[0] == std::vector<std::string>{"a.x=1", "a.lead=30s"});
    CHECK(plan[1] == std::vector<std::string>{"a.x=1", "a.lead=45s"});
    CHECK(plan[8] == std::vector<std::string>{"a.x=3", "a.lead=60s"});
}

TEST_CASE("A range with a step keeps its decimals", "[backtest][sweep]") {
    auto const v = parse_variation("s.min_edge=0.01..0.05:0.01").value();

    CHECK(v.values == std::vector<std::string>{"0.01", "0.02", "0.03", "0.04", "0.05"});
}

TEST_CASE("A Latin hypercube draws once in each part of each range", "[backtest][sweep]") {
    auto const plan =
        plan_sweep(vary({"a.x=0.000..1.000", "a.y=0.0..10.0"}), SweepMethod::latin, 20, 7).value();

    REQUIRE(plan.size() == 20);
    for (std::size_t k = 0; k < 2; ++k) {
        std::set<int> parts;
        for (auto const& variant : plan) {
            auto const text = variant[k].substr(variant[k].find('=') + 1);
            parts.insert(static_cast<int>(std::stod(text) * (k == 0 ? 20 : 2) - 1e-9));
        }
        // Rounding to the decimals given may push one or two over an edge.
        CHECK(parts.size() >= 18);
    }
}

TEST_CASE("The same seed plans the same variants", "[backtest][sweep]") {
    auto const v = vary({"a.x=0.00..1.00", "a.y=1,2,3"});

    CHECK(
        plan_sweep(v, SweepMethod::random, 30, 5).value() ==
        plan_sweep(v, SweepMethod::random, 30, 5).value()
    );
    CHECK(
        plan_sweep(v, SweepMethod::random, 30, 5).value() !=
        plan_sweep(v, SweepMethod::random, 30, 6).value()
    );
}

TEST_CASE("What cannot be planned is refused", "[backtest][sweep]") {
    CHECK(!parse_variation("nothing"));
    CHECK(!parse_variation("a.x="));
    CHECK(!parse_variation("a.x=5..3"));
    CHECK(!parse_variation("a.x=1s..3m"));
    CHECK(!parse_variation("a.x=1..3:0"));
    CHECK(!plan_sweep(vary({"a.x=0..1"}), SweepMethod::grid, 0, 1));
    CHECK(!plan_sweep(vary({"a.x=0,1", "a.x=2"}), SweepMethod::grid, 0, 1));
    CHECK(!plan_sweep({}, SweepMethod::random, 5, 1));
}

TEST_CASE("Each run is leased to one owner", "[backtest][sweep]") {
    Store s;
    REQUIRE(s.store.plan(SweepStage::selection, {{"a=1"}, {"a=2"}}));
    auto other = s.another();

    auto const first = s.lease("p1");
    auto const second =
        other.lease(SweepStage::selection, "p2", now, Seconds{60}, nobody_is_dead).value();
    auto const third = s.lease("p1");

    REQUIRE(first);
    REQUIRE(second);
    CHECK(first->id != second->id);
    CHECK(!third);
}

TEST_CASE("A lease that ended passes on, and the late result is dropped", "[backtest][sweep]") {
    Store s;
    REQUIRE(s.store.plan(SweepStage::selection, {{"a=1"}}));
    auto const slow = s.lease("slow");
    auto const quick = s.lease("quick", now + Seconds{61});

    REQUIRE(quick);
    CHECK(quick->id == slow->id);
    CHECK(quick->attempts == 2);
    CHECK(s.store.finish(quick->id, "quick", "{}", 1).value());
    CHECK(!s.store.finish(slow->id, "slow", "{\"late\":1}", 9).value());
    auto const run = s.store.runs().value().front();
    CHECK(run.state == "done");
    CHECK(run.result == "{}");
}

TEST_CASE("What a dead process held is free at once", "[backtest][sweep]") {
    Store s;
    REQUIRE(s.store.plan(SweepStage::selection, {{"a=1"}}));
    static_cast<void>(s.lease("dead"));

    auto const again = s.store
                           .lease(
                               SweepStage::selection,
                               "alive",
                               now,
                               Seconds{60},
                               [](std::string const& owner) { return owner == "dead"; }
                           )
                           .value();

    REQUIRE(again);
    CHECK(again->settings == std::vector<std::string>{"a=1"});
}

TEST_CASE("Planning again adds nothing twice", "[backtest][sweep]") {
    Store s;
    REQUIRE(s.store.plan(SweepStage::selection, {{"a=1"}, {"a=2"}}));
    auto const run = s.lease("p");
    REQUIRE(s.store.finish(run->id, "p", "{}", 2.5).value());

    REQUIRE(s.store.plan(SweepStage::selection, {{"a=1"}, {"a=2"}, {"a=3"}}));

    auto const counts = s.store.counts(SweepStage::selection).value();
    CHECK(counts.done == 1);
    CHECK(counts.open == 2);
    CHECK(counts.seconds == 2.5);
}

TEST_CASE("A store keeps its first description and refuses another", "[backtest][sweep]") {
    Store s;

    CHECK(s.store.set_description("{\"a\":1}"));
    CHECK(s.store.set_description("{\"a\":1}"));
    CHECK(!s.store.set_description("{\"a\":2}"));
    CHECK(SweepStore::is_store(s.folder / "s.sqlite"));
    CHECK(!SweepStore::is_store(s.folder / "no.sqlite"));
}

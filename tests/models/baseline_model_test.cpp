#include "models/baseline_model.hpp"
#include "models/feature_table.hpp"
#include "models/rolling.hpp"
#include "models/trainer.hpp"
#include "tests/models/random_bars.hpp"
#include "tests/support/catch.hpp"

using namespace polyquant;
using namespace polyquant::models;

namespace {

constexpr std::size_t enough = 300;

BaselineParams quick() {
    BaselineParams params;
    params.train_bars = 600;
    params.train_bars_min = enough;
    params.retrain_windows = 4;
    return params;
}

// A model and the random bars that feed it.
struct World {
    explicit World(BaselineParams const& params = quick())
        : model{BaselineModel::create(params).value()} {}

    void feed(std::size_t n) {
        for (std::size_t i = 0; i < n; ++i) {
            bars.push_back(source.next());
            model.on_bar(bars.back());
        }
    }

    // Until the newest bar closes at a window's start.
    Window feed_to_start() {
        do
            feed(1);
        while (window_at(bars.back().close_time()).start != bars.back().close_time());
        return window_at(bars.back().close_time());
    }

    void train() { REQUIRE(model.accept(run(model.training_due().value()))); }

    // One of the two classes is missing: such a training fails.
    static TrainingOutcome failing(TrainingJob job) {
        for (auto& bar : job.bars)
            bar.open = bar.high = bar.low = bar.close = 100;
        return run(job);
    }

    RandomBars source{21};
    std::vector<Bar> bars;
    BaselineModel model;
};

} // namespace

TEST_CASE("BaselineModel blends its trained model and its heuristic", "[models][baseline]") {
    World world;
    world.feed(enough);
    world.train();
    auto const window = world.feed_to_start();

    auto const signal = world.model.signal_at_start(window);

    auto const trained = train(std::span{world.bars}.first(enough), {}).value();
    auto const rows = compute_features(world.bars).value();
    HeuristicScorer scorer;
    HeuristicScore heuristic;
    for (auto const& row : rows)
        heuristic = scorer.push(row);
    auto const learned = Predictor{trained}.up(rows.back()).value();
    CHECK(signal.usable);
    CHECK(signal.why.empty());
    CHECK(signal.learned == learned);
    CHECK(signal.heuristic == heuristic.up);
    CHECK(signal.up == 0.7 * learned + 0.3 * heuristic.up);
    CHECK(signal.as_of == window.start);
    CHECK(signal.window == window);
    CHECK(signal.model_version == 1);
}

TEST_CASE("BaselineModel keeps the window's signal when later bars come", "[models][baseline]") {
    World world;
    world.feed(enough);
    world.train();
    auto const window = world.feed_to_start();
    auto const first = world.model.signal_at_start(window);

    world.feed(4);

    CHECK(world.model.signal_at_start(window).up == first.up);
    CHECK(world.model.signal_now(window, world.bars.back().close_time()).up != first.up);
    CHECK_FALSE(world.model.signal_at_start(next_window(window)).usable);
    world.feed(1);
    CHECK(world.model.signal_at_start(next_window(window)).usable);
    CHECK_FALSE(world.model.signal_at_start(window).usable);
}

TEST_CASE("BaselineModel says why a window has no signal yet", "[models][baseline]") {
    World world;
    auto const later = window_at(utc_from_seconds(1'900'000'000));
    CHECK(world.model.signal_at_start(later).why == "no bars yet");

    auto const early = world.feed_to_start();
    CHECK(world.model.signal_at_start(early).why.starts_with("not trained yet: "));

    world.feed(enough);
    world.train();
    auto const window = world.feed_to_start();
    auto const missing = world.model.signal_at_start(next_window(window));
    CHECK_FALSE(missing.usable);
    CHECK(missing.up == 0.5);
    CHECK(
        missing.why == "the newest bar closed at " + format_utc(window.start) +
                           ", the window starts at " + format_utc(window.end())
    );
}

TEST_CASE("BaselineModel hands out one training at a time", "[models][baseline]") {
    World world;
    world.feed(enough - 1);
    CHECK_FALSE(world.model.training_due());
    world.feed(1);

    auto const job = world.model.training_due();

    REQUIRE(job);
    CHECK(job->bars.size() == enough);
    CHECK(job->number == 1);
    CHECK(world.model.status().training);
    CHECK_FALSE(world.model.training_due());
    CHECK(world.model.accept(run(*job)));
    CHECK_FALSE(world.model.training_due());
    CHECK_FALSE(world.model.accept(run(*job)));
    CHECK(world.model.status().trainings == 1);
}

TEST_CASE(
    "BaselineModel retrains after its number of windows on the newest bars", "[models][baseline]"
) {
    World world;
    world.feed(enough);
    world.train();

    world.feed(19);
    CHECK_FALSE(world.model.training_due());
    world.feed(1);
    world.train();
    CHECK(world.model.status().model_version == 2);

    world.feed(1500);
    auto const job = world.model.training_due();
    REQUIRE(job);
    CHECK(job->bars.size() == 600);
    CHECK(hash_of(job->bars) == hash_of(std::span{world.bars}.last(600)));
}

TEST_CASE("BaselineModel keeps the old model when a training fails", "[models][baseline]") {
    World world;
    world.feed(enough);
    world.train();
    world.feed(20);

    CHECK(world.model.accept(World::failing(world.model.training_due().value())));

    CHECK(world.model.status().model_version == 1);
    CHECK(world.model.status().failed_trainings == 1);
    CHECK(world.model.status().last_training_failure.find("of one class") != std::string::npos);
    CHECK_FALSE(world.model.training_due());
    auto const window = world.feed_to_start();
    CHECK(world.model.signal_at_start(window).usable);
    world.train();
    CHECK(world.model.status().model_version == 3);
    CHECK(world.model.status().last_training_failure.empty());
}

TEST_CASE(
    "A model that arrives within a window makes its signal usable once", "[models][baseline]"
) {
    World world;
    world.feed(enough);
    auto const window = world.feed_to_start();
    REQUIRE_FALSE(world.model.signal_at_start(window).usable);
    world.train();
    auto const signal = world.model.signal_at_start(window);
    CHECK(signal.usable);
    CHECK(signal.as_of == window.start);

    auto other = train(std::span{world.bars}.last(250), {}).value();
    REQUIRE(world.model.adopt(std::move(other)).has_value());

    CHECK(world.model.status().model_version == 2);
    CHECK(world.model.signal_at_start(window).up == signal.up);
    CHECK(world.model.signal_at_start(window).model_version == 1);
}

TEST_CASE("BaselineModel previews what the closed bar will say", "[models][baseline]") {
    World world;
    world.feed(enough);
    world.train();
    auto const window = world.feed_to_start();
    auto const bar = world.source.next();
    auto const now = bar.open_time + 20s;

    auto const preview = world.model.preview(window, bar, now);
    world.model.on_bar(bar);
    auto const closed = world.model.signal_now(window, bar.close_time());

    CHECK(preview.usable);
    CHECK(preview.as_of == now);
    CHECK(preview.up == closed.up);
    CHECK(preview.learned == closed.learned);
    CHECK(preview.heuristic == closed.heuristic);
}

TEST_CASE("BaselineModel refuses to preview a bar that does not follow", "[models][baseline]") {
    World world;
    world.feed(enough);
    world.train();
    auto const window = world.feed_to_start();
    auto bar = world.source.next();
    auto const now = bar.open_time + 20s;

    CHECK_FALSE(world.model.preview(window, world.bars.back(), now).usable);
    CHECK_FALSE(world.model.preview(window, bar, bar.close_time() + 91s).usable);
    bar.high = bar.low / 2;
    CHECK(world.model.preview(window, bar, now).why == "the open bar: high below low");
}

TEST_CASE("BaselineModel has no signal on stale bars", "[models][baseline]") {
    World world;
    world.feed(enough);
    world.train();
    auto const window = world.feed_to_start();
    auto const newest = world.bars.back().close_time();

    CHECK(world.model.signal_now(window, newest + 90s).usable);
    CHECK_FALSE(world.model.signal_now(window, newest + 91s).usable);
    CHECK_FALSE(world.model.signal_now(window, newest - 1s).usable);
}

TEST_CASE(
    "BaselineModel ignores duplicates and refuses older and false bars", "[models][baseline]"
) {
    World world;
    world.feed(enough);
    world.train();
    world.feed(10);
    auto const now = world.bars.back().close_time();
    auto const before = world.model.signal_now(window_at(now), now);
    auto impossible = world.source.next();
    impossible.close = not_a_number;
    auto other_length = world.source.next();
    other_length.length = 300s;

    CHECK(world.model.on_bar(world.bars.back()) == BarVerdict::duplicate);
    CHECK(world.model.on_bar(world.bars.front()) == BarVerdict::older);
    CHECK(world.model.on_bar(impossible) == BarVerdict::defective);
    CHECK(world.model.on_bar(other_length) == BarVerdict::defective);

    auto const& status = world.model.status();
    CHECK(status.bars == enough + 10);
    CHECK(status.duplicates == 1);
    CHECK(status.older == 1);
    CHECK(status.defective == 2);
    CHECK(status.last_defect == format_utc(other_length.open_time) + ": another bar length");
    CHECK(world.model.signal_now(window_at(now), now).up == before.up);
}

TEST_CASE("BaselineModel starts its features anew after a gap", "[models][baseline]") {
    World world;
    world.feed(enough);
    world.train();
    world.source.next(7);

    auto const verdict = world.model.on_bar(world.source.next());
    world.feed(feature_warm_up_bars - 2);

    auto const last = world.bars.back().close_time();
    auto const cold = world.model.signal_now(window_at(last), last);
    CHECK(verdict == BarVerdict::after_gap);
    CHECK(world.model.status().gaps == 1);
    CHECK_FALSE(cold.usable);
    CHECK(cold.why == "feature rvol_60 is missing: 60 of 61 bars since the start or the last gap");
    world.feed(1);
    auto const now = world.bars.back().close_time();
    CHECK(world.model.signal_now(window_at(now), now).usable);
}

TEST_CASE("BaselineModel names a missing input while it is warm", "[models][baseline]") {
    World world;
    world.feed(enough);
    world.train();
    auto bar = world.source.next();
    bar.taker_buy_base = not_a_number;

    world.model.on_bar(bar);

    auto const signal = world.model.signal_now(window_at(bar.close_time()), bar.close_time());
    CHECK_FALSE(signal.usable);
    CHECK(signal.up == 0.5);
    CHECK(signal.why == "feature taker_buy_ratio is missing");
}

TEST_CASE("BaselineModel adopts only models of its own features", "[models][baseline]") {
    World world;
    world.feed(enough);
    TrainParams small;
    small.features = FeatureSet::no_logret_39;

    auto const refused = world.model.adopt(train(world.bars, small).value());
    auto const adopted = world.model.adopt(train(world.bars, {}).value());

    REQUIRE(refused.has_error());
    CHECK(refused.error().detail == "made for the features no_logret_39, configured are all_46");
    CHECK(adopted.has_value());
    CHECK(world.model.model() != nullptr);
    CHECK(world.model.training_due().has_value());
}

TEST_CASE("BaselineModel names parameters that cannot work", "[models][baseline]") {
    auto const refused = [](auto change) {
        BaselineParams params;
        change(params);
        auto const model = BaselineModel::create(params);
        return model.has_error() ? model.error().detail : "accepted";
    };

    CHECK(refused([](auto&) {}) == "accepted");
    CHECK(refused([](auto& p) {
              p.bar_length = 7s;
          }) == "a window of 300 s is no whole number of bars of 7 s");
    CHECK(
        refused([](auto& p) { p.train_bars_min = 100; }) ==
        "train_bars_min must lie between 165 (100 clean rows after the warm-up) and train_bars = "
        "2880, not 100"
    );
    CHECK(refused([](auto& p) { p.weights.learned = 0.8; }).starts_with("ensemble weights"));
    CHECK(refused([](auto& p) { p.retrain_windows = 0; }).starts_with("retrain_windows"));
    CHECK(refused([](auto& p) { p.heuristic.shrink = 0; }).starts_with("the heuristic's shrink"));
    CHECK(refused([](auto& p) { p.train.logistic.c = 0; }) == "C must be positive");
}

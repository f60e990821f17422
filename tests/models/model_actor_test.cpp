#include "models/model_actor.hpp"
#include "tests/engine/runtime/run_tasks.hpp"
#include "tests/models/random_bars.hpp"
#include "tests/support/catch.hpp"

namespace {

using namespace polyquant;
using namespace polyquant::models;

constexpr std::size_t enough = 720; // bars for a training

BaselineParams params_of(Asset asset) {
    BaselineParams params;
    params.asset = asset;
    params.train_bars = enough;
    return params;
}

std::vector<BaselineModel> models_of(std::vector<BaselineParams> const& params) {
    std::vector<BaselineModel> made;
    for (auto const& p : params)
        made.push_back(BaselineModel::create(p).value());
    return made;
}

struct World {
    explicit World(
        std::vector<BaselineParams> const& params, SignalTime time = SignalTime::window_start
    )
        : actor{sim.io.get_executor(), pool, models_of(params), time} {
        actor.listen(
            {.on_signal = [this](Signal const& s) { signals.push_back(s); },
             .on_training =
                 [this](TrainingOutcome const& outcome, BaselineStatus const& status) {
                     trainings.push_back({outcome.asset, outcome.model.has_value(), status});
                 }}
        );
        asio::co_spawn(
            sim.io,
            actor.run(),
            asio::bind_cancellation_slot(
                cancel.slot(),
                [this](std::exception_ptr error) {
                    if (error) std::rethrow_exception(error);
                    ended = true;
                }
            )
        );
        sim.poll();
    }

    ~World() {
        cancel.emit(asio::cancellation_type::terminal);
        sim.poll();
        CHECK(ended);
    }

    World(World const&) = delete;
    World& operator=(World const&) = delete;

    void warm_up(std::size_t bars, Asset asset = Asset::btc) {
        actor.warm_up(asset, (asset == Asset::btc ? btc : eth).next(bars));
    }

    void close(Bar const& bar) { actor.on(BarUpdate{{}, Asset::btc, bar, true}, bar.close_time()); }

    void close_next() { close(btc.next()); }

    std::size_t deliver() {
        sim.poll();
        auto const jobs = pool.deliver();
        sim.poll();
        return jobs;
    }

    void train() {
        actor.request_trainings();
        deliver();
    }

    struct Training {
        Asset asset;
        bool made;
        BaselineStatus status;
    };

    runtime::testing::SimWorld sim;
    asio::cancellation_signal cancel;
    runtime::SidePool pool{sim.io, 1, runtime::Delivery::held};
    RandomBars btc{1};
    RandomBars eth{2, 4'000};
    std::vector<Signal> signals;
    std::vector<Training> trainings;
    bool ended = false;
    ModelActor actor;
};

} // namespace

TEST_CASE("ModelActor says of each asset that it has no bar yet", "[models][actor]") {
    World world{{params_of(Asset::btc)}};

    REQUIRE(world.actor.signal(Asset::btc) != nullptr);
    CHECK_FALSE(world.actor.signal(Asset::btc)->usable);
    CHECK(world.actor.signal(Asset::btc)->why == "no bar yet");
    CHECK(world.actor.signal(Asset::eth) == nullptr);
}

TEST_CASE("ModelActor trains on its history and signals with the next window", "[models][actor]") {
    World world{{params_of(Asset::btc)}};
    world.warm_up(enough);

    world.train();
    for (int bar = 0; bar < 5; ++bar)
        world.close_next();

    REQUIRE(world.trainings.size() == 1);
    CHECK(world.trainings[0].made);
    auto const* signal = world.actor.signal(Asset::btc);
    CHECK(signal->usable);
    CHECK(signal->model_version == 1);
    CHECK(signal->window.start == signal->as_of);
}

TEST_CASE("ModelActor signals nothing about a time before its first bar", "[models][actor]") {
    World world{{params_of(Asset::btc)}};
    world.warm_up(enough);

    world.train();

    CHECK(world.trainings.size() == 1);
    CHECK(world.signals.empty());
}

TEST_CASE(
    "ModelActor at window starts leaves a signal alone for the whole window", "[models][actor]"
) {
    World world{{params_of(Asset::btc)}};
    world.warm_up(enough);
    world.train();
    for (int bar = 0; bar < 5; ++bar)
        world.close_next();
    auto const told = world.signals.size();

    auto open = world.btc.next();
    world.actor.on(BarUpdate{{}, Asset::btc, open, false}, open.open_time + 30s);
    world.close(open);

    CHECK(world.signals.size() == told);
}

TEST_CASE("ModelActor when continuous follows the open bar", "[models][actor]") {
    World world{{params_of(Asset::btc)}, SignalTime::continuous};
    world.warm_up(enough);
    world.train();
    world.close_next();

    auto const open = world.btc.next();
    world.actor.on(BarUpdate{{}, Asset::btc, open, false}, open.open_time + 30s);

    REQUIRE_FALSE(world.signals.empty());
    CHECK(world.signals.back().usable);
    CHECK(world.signals.back().as_of == open.open_time + 30s);
}

TEST_CASE("ModelActor takes bars of assets without a model as nothing", "[models][actor]") {
    World world{{params_of(Asset::eth)}};

    world.close_next();

    CHECK(world.signals.empty());
}

TEST_CASE("ModelActor drops a training of models that were replaced meanwhile", "[models][actor]") {
    World world{{params_of(Asset::btc)}};
    world.warm_up(enough);
    world.actor.request_trainings();
    world.sim.poll();

    world.actor.replace(models_of({params_of(Asset::btc)}), SignalTime::window_start);
    world.deliver();

    CHECK(world.trainings.empty());
    CHECK(world.actor.model(Asset::btc)->model() == nullptr);
}

TEST_CASE("ModelActor trains the models that replaced others", "[models][actor]") {
    World world{{params_of(Asset::btc)}};
    world.warm_up(enough);
    world.actor.request_trainings();
    world.sim.poll();

    world.actor.replace(models_of({params_of(Asset::btc)}), SignalTime::window_start);
    world.warm_up(enough);
    world.actor.request_trainings();
    world.deliver();
    world.deliver();

    REQUIRE(world.trainings.size() == 1);
    CHECK(world.actor.model(Asset::btc)->model() != nullptr);
}

TEST_CASE("ModelActor spends no time on queued trainings of replaced models", "[models][actor]") {
    World world{{params_of(Asset::btc), params_of(Asset::eth)}};
    world.warm_up(enough);
    world.warm_up(enough, Asset::eth);
    world.actor.request_trainings();
    world.sim.poll();

    world.actor.replace(
        models_of({params_of(Asset::btc), params_of(Asset::eth)}), SignalTime::window_start
    );
    auto const running = world.deliver();
    auto const queued = world.deliver();

    CHECK(running == 1);
    CHECK(queued == 0);
}

TEST_CASE("ModelActor has no model left that a replacement leaves out", "[models][actor]") {
    World world{{params_of(Asset::btc), params_of(Asset::eth)}};

    world.actor.replace(models_of({params_of(Asset::eth)}), SignalTime::window_start);

    CHECK(world.actor.signal(Asset::btc) == nullptr);
    CHECK(world.actor.signal(Asset::eth) != nullptr);
}

TEST_CASE("ModelActor keeps its model when a training fails", "[models][actor]") {
    auto params = params_of(Asset::btc);
    params.retrain_windows = static_cast<int>(enough) / 5;
    World world{{params}};
    world.warm_up(enough);
    world.train();

    for (std::size_t n = 0; n < enough; ++n) {
        auto bar = world.btc.next();
        bar.open = bar.high = bar.low = bar.close = 95'000;
        world.close(bar);
    }
    world.deliver();

    REQUIRE(world.trainings.size() == 2);
    CHECK(world.trainings[0].made);
    CHECK_FALSE(world.trainings[1].made);
    CHECK(world.trainings[1].status.model_version == 1);
    CHECK(world.actor.model(Asset::btc)->model() != nullptr);
}

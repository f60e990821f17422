#include "engine/app/signal_pipeline.hpp"

#include "engine/app/model_setup.hpp"

namespace polyquant::app {

SignalPipeline::SignalPipeline(
    asio::any_io_executor executor,
    runtime::Clock& clock,
    runtime::Bus& bus,
    runtime::SidePool& training,
    config::RunConfig const& config,
    signal::SignalParams params,
    signal::SignalStore& store,
    std::function<void(Failure const&)> on_failure
)
    : clock_{clock}, bus_{bus},
      models_{
          std::move(executor),
          training,
          make_models(config.run.assets, config.model),
          models::SignalTime::window_start
      },
      actor_{
          clock,
          config.run.assets,
          params,
          {.on_row =
               [&store, fail = std::move(on_failure)](signal::SignalRow const& row) {
                   if (auto const put = store.put(row); !put) fail(put.error());
               },
           .baseline =
               [this](Asset asset) {
                   return models_.signal(asset);
               }}
      } {}

void SignalPipeline::warm_up(Asset asset, std::span<Bar const> history) {
    models_.warm_up(asset, history);
    actor_.warm_up(asset, history);
}

void SignalPipeline::start(runtime::Supervisor& supervisor) {
    bus_.subscribe("signal", runtime::EventKinds::all(), [this](Event const& event) {
        actor_.on(event);
    });
    bus_.on<BarUpdate>("models", [this](BarUpdate const& bar) {
        models_.on(bar, clock_.utc_now());
    });
    supervisor.start(runtime::Stage::strategies, "models", models_.run());
    supervisor.start(runtime::Stage::strategies, "signal", actor_.run());
    models_.request_trainings();
}

} // namespace polyquant::app

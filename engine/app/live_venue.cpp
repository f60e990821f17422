#include "engine/app/live_venue.hpp"

#include "connectors/simulated/simulated_venue.hpp"

namespace polyquant::app {

namespace {

class PaperVenue final : public LiveVenue {
public:
    PaperVenue(
        runtime::Clock& clock,
        asio::any_io_executor const& executor,
        config::RunConfig const& config,
        EventSink sink
    )
        // Order ids are drawn from the seed: another start must not draw those of the last one.
        : venue_{
              clock,
              executor,
              config.simulated,
              static_cast<std::uint64_t>(config.run.seed) ^
                  static_cast<std::uint64_t>(unix_nanos(clock.utc_now())),
              std::move(sink)
          } {}

    OrderVenue& orders() override { return venue_; }

    void start(runtime::Bus& bus, runtime::Supervisor& supervisor) override {
        using runtime::EventKinds;
        bus.subscribe(
            "venue",
            EventKinds::of<MarketListed, BookSnapshot, BookChange, TickSizeChanged, PublicTrade>(),
            [this](Event const& event) { venue_.on(event); }
        );
        // Until the last cancel is answered.
        supervisor.start(runtime::Stage::close, "venue", venue_.run());
    }

private:
    simulated::SimulatedVenue venue_;
};

} // namespace

std::unique_ptr<LiveVenue> make_paper_venue(
    runtime::Clock& clock,
    asio::any_io_executor executor,
    config::RunConfig const& config,
    EventSink sink
) {
    return std::make_unique<PaperVenue>(clock, executor, config, std::move(sink));
}

} // namespace polyquant::app

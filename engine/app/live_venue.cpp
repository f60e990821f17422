#include "engine/app/live_venue.hpp"

#include "connectors/simulated/simulated_venue.hpp"
#include "engine/app/engine.hpp"

namespace polyquant::app {

namespace {

Failure not_there() {
    return {Fault::breaker_open, "venue", "the exchange is not connected yet"};
}

class PaperVenue final : public LiveVenue {
public:
    PaperVenue(
        runtime::Clock& clock,
        asio::any_io_executor const& executor,
        config::RunConfig const& config,
        Hooks hooks
    )
        // Order ids are drawn from the seed: another start must not draw those of the last one.
        : venue_{
              clock,
              executor,
              config.simulated,
              static_cast<std::uint64_t>(config.run.seed) ^
                  static_cast<std::uint64_t>(unix_nanos(clock.utc_now())),
              std::move(hooks.publish)
          } {}

    OrderVenue& orders() override { return venue_; }

    void start(runtime::Bus& bus, Engine& engine) override {
        using runtime::EventKinds;
        bus.subscribe(
            "venue",
            EventKinds::of<MarketListed, BookSnapshot, BookChange, TickSizeChanged, PublicTrade>(),
            [this](Event const& event) { venue_.on(event); }
        );
        // Until the last cancel is answered.
        engine.supervisor().start(runtime::Stage::close, "venue", venue_.run());
    }

private:
    simulated::SimulatedVenue venue_;
};

} // namespace

std::optional<VenueRefusal> VenueSlot::refusal(PlaceOrder const& order, UtcTime now) const {
    if (venue_ == nullptr) return VenueRefusal{Reason::trading_halted, not_there().detail};
    return venue_->refusal(order, now);
}

void VenueSlot::anticipate(PlaceOrder const& order) {
    if (venue_ != nullptr) venue_->anticipate(order);
}

Result<PreparedOrder> VenueSlot::prepare(Approved<PlaceOrder> const& order, UtcTime now) {
    if (venue_ == nullptr) return not_there();
    return venue_->prepare(order, now);
}

Task<Result<OrderAck>> VenueSlot::post(PreparedOrder order, Instant deadline) {
    if (venue_ == nullptr) co_return not_there();
    auto answer = co_await venue_->post(std::move(order), deadline);
    co_return answer;
}

Task<Result<OrderAck>> VenueSlot::cancel(OrderId order, Instant deadline) {
    if (venue_ == nullptr) co_return not_there();
    auto answer = co_await venue_->cancel(order, deadline);
    co_return answer;
}

Task<Result<OrderReport>> VenueSlot::look_up(OrderId order, Instant deadline) {
    if (venue_ == nullptr) co_return not_there();
    auto answer = co_await venue_->look_up(order, deadline);
    co_return answer;
}

std::unique_ptr<LiveVenue> make_paper_venue(
    runtime::Clock& clock,
    asio::any_io_executor executor,
    config::RunConfig const& config,
    LiveVenue::Hooks hooks
) {
    return std::make_unique<PaperVenue>(clock, executor, config, std::move(hooks));
}

} // namespace polyquant::app

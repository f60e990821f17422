// Execution, gate, portfolio and simulated venue on a simulated clock: the whole order path in one
// process, driven step by step.
#pragma once

#include "connectors/simulated/simulated_venue.hpp"
#include "engine/execution/execution_actor.hpp"
#include "engine/runtime/sim_clock.hpp"
#include "engine/runtime/supervisor.hpp"
#include "tests/support/catch.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

namespace polyquant::execution {

inline StrategyName const test_strategy{"s1"};

inline Market world_market(std::uint8_t n = 1, Asset asset = Asset::btc) {
    Market m;
    m.condition.bytes[31] = n;
    m.window = {utc_from_seconds(1'776'081'600), Seconds{300}};
    m.slug = updown_slug(asset, m.window);
    m.asset = asset;
    m.up.bytes[30] = n;
    m.up.bytes[31] = 1;
    m.down.bytes[30] = n;
    m.down.bytes[31] = 2;
    m.fee = crypto_fee();
    m.taker_delay = Millis{150};
    return m;
}

inline PlaceOrder
world_order(Market const& m, Side side, Price limit, Shares size, TimeInForce tif, UtcTime now) {
    PlaceOrder o;
    o.strategy = test_strategy;
    o.market = m.condition;
    o.token = m.up;
    o.asset = m.asset;
    o.side = side;
    o.limit = limit;
    o.size = size;
    o.tif = tif;
    o.seen_price = limit;
    o.decided_at = now;
    return o;
}

// Numbers and stamps facts and folds them into the portfolio, as the app does.
class RecordingSink final : public FactSink {
public:
    RecordingSink(runtime::Clock const& clock, Portfolio& portfolio)
        : clock_{clock}, portfolio_{portfolio} {}

    void record(FactBody body) override {
        facts.push_back({facts.size() + 1, clock_.utc_now(), std::move(body)});
        portfolio_.apply(facts.back());
    }

    template <class T>
    std::vector<T> all() const {
        std::vector<T> found;
        for (auto const& fact : facts)
            if (auto const* body = std::get_if<T>(&fact.body)) found.push_back(*body);
        return found;
    }

    std::string text() const {
        std::string lines;
        for (auto const& fact : facts)
            lines += describe(fact) + "\n";
        return lines;
    }

    std::vector<Fact> facts;

private:
    runtime::Clock const& clock_;
    Portfolio& portfolio_;
};

struct SimWorld {
    static config::SimulatedParams fixed_latency() {
        config::SimulatedParams p;
        p.latency_model = config::LatencyModel::fixed;
        p.displayed_fraction = 1.0;
        return p;
    }

    static config::RiskParams wide_limits() {
        config::RiskParams r;
        r.order_max = r.daily_loss_max = usd(100'000);
        r.exposure_per_window_max = r.exposure_per_asset_max = r.exposure_total_max = usd(100'000);
        return r;
    }

    explicit SimWorld(
        config::SimulatedParams const& simulated = fixed_latency(),
        std::uint64_t seed = 1,
        config::ExecutionParams const& params = {}
    )
        : sink{clock, portfolio}, gate{wide_limits(), portfolio},
          supervisor{
              io.get_executor(),
              clock,
              [this](std::string const& name, Failure const& f) {
                  failures.push_back(name + ": " + describe(f));
              }
          },
          venue{
              clock,
              io.get_executor(),
              simulated,
              seed,
              [this](Event const& event) {
                  if (deaf) return;
                  for (int n = 0; n <= repeats; ++n)
                      actor.on(event);
              }
          },
          actor{
              io.get_executor(),
              clock,
              supervisor,
              venue,
              sink,
              portfolio,
              gate,
              params,
              {[this](BreakerChanged b) { breakers.push_back(std::move(b)); },
               [this](std::string text) { alarms.push_back(std::move(text)); },
               {}}
          } {
        REQUIRE(supervisor.start(runtime::Stage::close, "venue", venue.run()));
        sink.record(EpochOpened{test_strategy, "test", 1, {}});
        sink.record(CapitalMoved{test_strategy, usd(100), "start"});
        list(market);
    }

    ~SimWorld() {
        stop();
        CHECK(failures.empty());
    }

    SimWorld(SimWorld const&) = delete;
    SimWorld& operator=(SimWorld const&) = delete;

    void stop() {
        if (stopped) return;
        stopped = true;
        auto done = false;
        asio::co_spawn(io, supervisor.stop(), [&](std::exception_ptr, runtime::StopReport) {
            done = true;
        });
        for (int i = 0; i < 1'000 && !done; ++i)
            advance(100ms);
        CHECK(done);
    }

    void list(Market const& m) { venue.on(MarketListed{stamp(), m}); }

    Stamp stamp() const { return {clock.utc_now(), clock.utc_now(), 0}; }

    void book(std::vector<Level> bids, std::vector<Level> asks) {
        venue.on(BookSnapshot{stamp(), market.up, std::move(bids), std::move(asks)});
    }

    RiskView view() const {
        RiskView v;
        v.now = clock.utc_now();
        v.market = &market;
        v.book_age = v.spot_age = v.signal_age = v.clock_offset = Nanos{0};
        return v;
    }

    ExecutionActor::Submitted
    submit(Side side, Price limit, Shares size, TimeInForce tif = TimeInForce::fok) {
        return actor.submit(world_order(market, side, limit, size, tif, clock.utc_now()), view());
    }

    ExecutionActor::Submitted
    buy(std::int64_t price_cents, std::int64_t size, TimeInForce tif = TimeInForce::fok) {
        return submit(Side::buy, cents(price_cents), shares(size), tif);
    }

    // Runs everything that is ready or becomes due within `time`.
    void advance(Nanos time) {
        auto const target = clock.now() + time;
        for (;;) {
            run_ready();
            auto const next = clock.next_due();
            if (!next || *next > target) break;
            clock.advance_to(*next);
        }
        clock.advance_to(target);
        run_ready();
    }

    void run_ready() {
        while (io.poll() > 0) {
        }
        io.restart();
    }

    StrategyAccount const& account() const { return *portfolio.find(test_strategy); }

    OrderState state(OrderId const& id) const {
        auto const at = account().orders.find(id);
        return at == account().orders.end() ? OrderState::created : at->second.state;
    }

    Market market = world_market();
    runtime::SimClock clock{utc_from_seconds(1'776'081'700)};
    asio::io_context io;
    Portfolio portfolio;
    RecordingSink sink;
    RiskGate gate;
    runtime::Supervisor supervisor;
    simulated::SimulatedVenue venue;
    ExecutionActor actor;
    std::vector<BreakerChanged> breakers;
    std::vector<std::string> alarms;
    std::vector<std::string> failures;
    bool deaf = false; // our user channel is down
    int repeats = 0;   // every report comes so many times more
    bool stopped = false;
};

} // namespace polyquant::execution

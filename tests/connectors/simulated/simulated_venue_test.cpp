#include "connectors/simulated/simulated_venue.hpp"
#include "engine/runtime/sim_clock.hpp"
#include "engine/runtime/supervisor.hpp"
#include "tests/connectors/simulated/core_fixture.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

using namespace polyquant;
using namespace polyquant::simulated;
using Status = OrderReport::Status;

namespace {

struct VenueFixture {
    static config::SimulatedParams params() {
        config::SimulatedParams p;
        p.latency_model = config::LatencyModel::fixed;
        p.displayed_fraction = 1.0;
        return p;
    }

    explicit VenueFixture(config::SimulatedParams const& p = params())
        : supervisor{io.get_executor(), clock, [](std::string const&, Failure const&) {}},
          venue{clock, io.get_executor(), p, 1, [this](Event const& e) {
                    told.emplace_back(clock.now() - begin, e);
                }} {
        market.taker_delay = Millis{150};
        supervisor.start(runtime::Stage::close, "venue", venue.run());
        venue.on(MarketListed{stamp(), market});
    }

    ~VenueFixture() {
        asio::co_spawn(io, supervisor.stop(), [](std::exception_ptr, runtime::StopReport) {});
        advance(1s);
    }

    VenueFixture(VenueFixture const&) = delete;
    VenueFixture& operator=(VenueFixture const&) = delete;

    Stamp stamp() const { return {clock.utc_now(), clock.utc_now(), 0}; }

    void asks(std::vector<Level> levels) {
        venue.on(BookSnapshot{stamp(), market.up, {}, std::move(levels)});
    }

    PreparedOrder order(std::uint8_t id, std::int64_t limit, std::int64_t size, TimeInForce tif) {
        PreparedOrder o;
        o.id = order_id(id);
        o.intent.token = market.up;
        o.intent.limit = cents(limit);
        o.intent.size = shares(size);
        o.intent.tif = tif;
        return o;
    }

    void advance(Nanos time) {
        auto const target = clock.now() + time;
        for (;;) {
            while (io.poll() > 0) {
            }
            io.restart();
            auto const next = clock.next_due();
            if (!next || *next > target) break;
            clock.advance_to(*next);
        }
        clock.advance_to(target);
        while (io.poll() > 0) {
        }
        io.restart();
    }

    template <class T>
    std::shared_ptr<std::optional<Result<T>>> start(Task<Result<T>> call) {
        auto answer = std::make_shared<std::optional<Result<T>>>();
        asio::co_spawn(io, std::move(call), [answer](std::exception_ptr, Result<T> r) {
            *answer = std::move(r);
        });
        return answer;
    }

    auto post(PreparedOrder o) { return start(venue.post(std::move(o), clock.now() + 2s)); }

    // When the n-th report came, in milliseconds from the start.
    std::int64_t at(std::size_t n) const {
        return std::chrono::duration_cast<Millis>(told.at(n).first).count();
    }

    TradeState trade_state(std::size_t n) const {
        return std::get<OwnTradeReport>(told.at(n).second).report.state;
    }

    Market market = test_market();
    runtime::SimClock clock{test_time};
    Instant begin = clock.now();
    asio::io_context io;
    runtime::Supervisor supervisor;
    std::vector<std::pair<Nanos, Event>> told;
    SimulatedVenue venue;
};

} // namespace

TEST_CASE("SimulatedVenue keeps to its time line", "[simulated]") {
    VenueFixture f;
    f.asks({lv(90, 10)});

    auto const answer = f.post(f.order(1, 90, 5, TimeInForce::fok));
    f.advance(99ms);
    CHECK_FALSE(*answer);
    f.advance(1ms);
    REQUIRE(*answer);
    CHECK((*answer)->value().status == Status::delayed);
    f.advance(10s);

    REQUIRE(f.told.size() == 4);
    CHECK(f.at(0) == 100); // delayed: 60 there, 40 back
    CHECK(f.at(1) == 250); // the trade: 150 later
    CHECK(f.trade_state(1) == TradeState::matched);
    CHECK(f.at(2) == 250); // the order
    CHECK(f.at(3) == 4'250);
    CHECK(f.trade_state(3) == TradeState::confirmed);
    CHECK(stamp_of(f.told[1].second).venue_time == test_time + 210ms);
}

TEST_CASE("SimulatedVenue matches at once where the market has no taker delay", "[simulated]") {
    auto p = VenueFixture::params();
    p.taker_delay_override = true;
    p.taker_delay = Millis{0};
    VenueFixture f{p};
    f.asks({lv(90, 10)});

    auto const answer = f.post(f.order(1, 90, 5, TimeInForce::fok));
    f.advance(100ms);

    REQUIRE(*answer);
    CHECK((*answer)->value().status == Status::matched);
}

TEST_CASE("SimulatedVenue lets a quote escape during the taker delay", "[simulated]") {
    VenueFixture f;
    f.asks({lv(90, 10)});

    auto const answer = f.post(f.order(1, 90, 5, TimeInForce::fok));
    f.advance(150ms);
    f.asks({lv(95, 10)});
    f.advance(1s);

    CHECK((*answer)->value().status == Status::delayed);
    REQUIRE(f.told.size() == 2);
    CHECK(std::get<OwnOrderReport>(f.told[1].second).report.status == Status::unmatched);
}

TEST_CASE("SimulatedVenue cancels what rests but not what is delayed", "[simulated]") {
    VenueFixture f;
    f.asks({lv(90, 10)});

    f.post(f.order(1, 80, 5, TimeInForce::gtc));
    f.post(f.order(2, 90, 5, TimeInForce::gtc));
    f.advance(70ms);
    auto const resting = f.start(f.venue.cancel(order_id(1), f.clock.now() + 1s));
    auto const delayed = f.start(f.venue.cancel(order_id(2), f.clock.now() + 1s));
    f.advance(1s);

    CHECK(resting->value());
    REQUIRE_FALSE(delayed->value());
    CHECK(delayed->value().error().fault == Fault::rejected);
}

TEST_CASE("SimulatedVenue refuses the same order twice as a duplicate", "[simulated]") {
    VenueFixture f;
    f.asks({lv(90, 10)});

    f.post(f.order(1, 90, 5, TimeInForce::fok));
    f.advance(1s);
    auto const again = f.post(f.order(1, 90, 5, TimeInForce::fok));
    f.advance(1s);

    REQUIRE_FALSE(again->value());
    CHECK(again->value().error().fault == Fault::rejected);
    CHECK_THAT(again->value().error().detail, Catch::Contains("Duplicated"));
}

TEST_CASE("SimulatedVenue answers look-ups for every stage of an order", "[simulated]") {
    VenueFixture f;
    f.asks({lv(90, 10)});
    auto const look_up = [&](std::uint8_t id) {
        auto const answer = f.start(f.venue.look_up(order_id(id), f.clock.now() + 1s));
        f.advance(100ms);
        return answer->value().value();
    };

    CHECK(look_up(1).status == Status::not_found);
    f.post(f.order(1, 90, 5, TimeInForce::fok));
    CHECK(look_up(1).status == Status::delayed);
    f.advance(1s);
    CHECK(look_up(1).status == Status::matched);
    CHECK(look_up(1).matched == shares(5));
}

TEST_CASE("SimulatedVenue works an order whose answer it loses, and times out", "[simulated]") {
    VenueFixture f;
    f.asks({lv(90, 10)});
    f.venue.script({PostFault::lost_answer, PostFault::lost_request, PostFault::trade_fails});

    auto const worked = f.post(f.order(1, 90, 2, TimeInForce::fok));
    auto const lost = f.post(f.order(2, 90, 2, TimeInForce::fok));
    f.post(f.order(3, 90, 2, TimeInForce::fok));
    f.advance(10s);

    CHECK(worked->value().error().fault == Fault::timeout);
    CHECK(lost->value().error().fault == Fault::timeout);
    std::vector<TradeState> states;
    for (auto const& [when, event] : f.told)
        if (auto const* t = std::get_if<OwnTradeReport>(&event)) states.push_back(t->report.state);
    CHECK(
        states ==
        std::vector{
            TradeState::matched, TradeState::matched, TradeState::confirmed, TradeState::failed
        }
    );
}

TEST_CASE("SimulatedVenue reports a resting order's fill from a recorded trade", "[simulated]") {
    VenueFixture f;
    f.asks({lv(90, 10)});
    f.post(f.order(1, 80, 5, TimeInForce::gtc));
    f.advance(1s);

    f.venue.on(PublicTrade{f.stamp(), f.market.up, Side::sell, cents(80), shares(2)});
    f.advance(40ms);

    auto const& trade = std::get<OwnTradeReport>(f.told.at(1).second).report;
    CHECK(trade.size == shares(2));
    CHECK(trade.maker);
    CHECK(trade.fee == Usdc{});
}

TEST_CASE("SimulatedVenue removes a GTD order a minute before its expiry", "[simulated]") {
    VenueFixture f;
    auto o = f.order(1, 80, 5, TimeInForce::gtd);
    o.intent.cancel_at = test_time + 200s;
    f.post(o);

    f.advance(140s);
    CHECK(f.told.size() == 1);
    f.advance(40ms);

    REQUIRE(f.told.size() == 2);
    auto const& report = std::get<OwnOrderReport>(f.told[1].second).report;
    CHECK(report.status == Status::cancelled);
    CHECK(report.text == "EXPIRED");
}

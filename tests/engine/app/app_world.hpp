// The whole engine on a simulated clock, with a real journal and ledger in a folder of its own.
#pragma once

#include "connectors/simulated/simulated_venue.hpp"
#include "engine/app/engine.hpp"
#include "engine/ledger/ledger.hpp"
#include "engine/ports/timed_feed.hpp"
#include "engine/runtime/replay_loop.hpp"
#include "tests/engine/app/two_windows.hpp"
#include "tests/engine/runtime/scratch_folder.hpp"
#include "tests/support/catch.hpp"

#include <boost/asio/co_spawn.hpp>

#include <sys/resource.h>

namespace polyquant::app::testing {

// The limit applies to this process only as long as the guard lives.
class FileSizeLimit {
public:
    explicit FileSizeLimit(std::uintmax_t bytes) {
        ::getrlimit(RLIMIT_FSIZE, &before_);
        auto limited = before_;
        limited.rlim_cur = bytes;
        ::setrlimit(RLIMIT_FSIZE, &limited);
    }

    FileSizeLimit(FileSizeLimit const&) = delete;
    FileSizeLimit& operator=(FileSizeLimit const&) = delete;

    ~FileSizeLimit() { ::setrlimit(RLIMIT_FSIZE, &before_); }

private:
    rlimit before_{};
};

class VectorFeed final : public TimedFeed {
public:
    explicit VectorFeed(std::vector<Event> events) : events_{std::move(events)} {}

    std::optional<UtcTime> next_at() override {
        if (next_ == events_.size()) return std::nullopt;
        return stamp_of(events_[next_]).received_at;
    }

    void publish_one(runtime::Bus& bus) override { bus.publish(events_[next_++]); }

private:
    std::vector<Event> events_;
    std::size_t next_ = 0;
};

// Answers at once and as told; reports are the test's to publish.
class ScriptedVenue final : public OrderVenue {
public:
    Result<PreparedOrder> prepare(Approved<PlaceOrder> const& order, UtcTime) override {
        PreparedOrder prepared;
        prepared.id.bytes[31] = static_cast<std::uint8_t>(++prepared_);
        prepared.intent = order.get();
        prepared.bytes = "order";
        return prepared;
    }

    Task<Result<OrderAck>> post(PreparedOrder order, Instant) override {
        posted.push_back(order.id);
        if (silent) co_return Failure{Fault::timeout, "venue", "no answer"};
        co_return OrderAck{order.id, answer, {}};
    }

    Task<Result<OrderAck>> cancel(OrderId order, Instant) override {
        co_return OrderAck{order, OrderReport::Status::cancelled, {}};
    }

    Task<Result<OrderReport>> look_up(OrderId, Instant) override {
        co_return Failure{Fault::timeout, "venue", "no answer"};
    }

    OrderReport::Status answer = OrderReport::Status::matched;
    bool silent = false;
    std::vector<OrderId> posted;

private:
    int prepared_ = 0;
};

struct Listener final : EngineListener {
    void say(std::string const& line) override { said.push_back(line); }

    void window_settled(observe::SettledWindow const& window) override {
        settled.push_back(window);
    }

    void fatal(Failure const& failure) override { fatals.push_back(failure); }

    std::vector<std::string> said;
    std::vector<observe::SettledWindow> settled;
    std::vector<Failure> fatals;
};

struct AppWorld {
    // With `before`: what another process finds when that one is killed right now.
    explicit AppWorld(
        config::RunConfig const& config = config_of(),
        bool simulated = true,
        AppWorld const* before = nullptr
    )
        : clock{before != nullptr ? before->clock.utc_now() : first_window.start},
          venue{
              clock,
              io.get_executor(),
              config.simulated,
              1,
              [this](Event event) {
                  bus.publish(std::move(event));
              }
          },
          engine{
              EngineParts{
                  io.get_executor(),
                  clock,
                  bus,
                  training,
                  disk,
                  simulated ? static_cast<OrderVenue&>(venue) : scripted,
                  *journal,
                  ledger,
                  listener,
                  {},
                  {},
                  {},
                  {},
                  {},
                  [this](Market const& market) { followed.push_back(market.slug); },
                  [this](ConditionId const& market) {
                      let_go.push_back(engine.board().find(market)->slug);
                  }
              },
              config
          } {
        loop.include(training);
        loop.include(disk);
        using runtime::EventKinds;
        bus.subscribe(
            "venue",
            EventKinds::of<MarketListed, BookSnapshot, BookChange, TickSizeChanged, PublicTrade>(),
            [this](Event const& event) { venue.on(event); }
        );
        if (before != nullptr) inherit(*before);
        engine.warm_up(Asset::btc, history());
        engine.supervisor().start(runtime::Stage::close, "venue", venue.run());
        engine.start();
    }

    void inherit(AppWorld const& before) {
        namespace fs = std::filesystem;
        *ledger = ledger::Ledger::open(folder / "unused.sqlite").value();
        for (auto const* file : {"ledger.sqlite", "ledger.sqlite-wal"})
            if (fs::exists(before.folder / file))
                fs::copy_file(
                    before.folder / file, folder / file, fs::copy_options::overwrite_existing
                );
        *ledger = ledger::Ledger::open(folder / "ledger.sqlite").value();
        recovered = book_missing_facts(before.folder / "journal.log", *ledger).value();
        REQUIRE(engine.restore().has_value());
    }

    void play(std::vector<Event> events) {
        VectorFeed feed{std::move(events)};
        loop.run(feed);
    }

    // The tape up to, but not including, `end`.
    void play_until(UtcTime end) {
        auto events = two_windows();
        std::erase_if(events, [&](Event const& e) { return stamp_of(e).received_at >= end; });
        play(std::move(events));
    }

    void pass(Nanos time) { loop.drain(clock.utc_now() + time); }

    runtime::StopReport stop() {
        std::optional<runtime::StopReport> report;
        asio::co_spawn(io, engine.stop(), [&](std::exception_ptr error, runtime::StopReport r) {
            if (error) std::rethrow_exception(error);
            report = std::move(r);
        });
        loop.drain(clock.utc_now() + 30s, [&] { return report.has_value(); });
        REQUIRE(report.has_value());
        return *report;
    }

    // Evaluations that the ledger knows of.
    std::uint64_t reported() const { return ledger->totals().value().evaluations; }

    PlaceOrder order() const {
        auto const market = market_of(first_window);
        PlaceOrder o;
        o.strategy = StrategyName{"s1"};
        o.market = market.condition;
        o.token = market.up;
        o.asset = Asset::btc;
        o.limit = cents(20);
        o.size = shares(5);
        o.decided_at = clock.utc_now();
        return o;
    }

    strategies::StrategyHost::Submitted submit() {
        return engine.submit(order(), engine.view(Asset::btc, first_window));
    }

    std::vector<ledger::ExpectedMoney> money() const {
        std::vector<ledger::ExpectedMoney> all;
        for (auto const& [name, account] : engine.portfolio().strategies())
            all.push_back({name, account.cash, account.reserved});
        return all;
    }

    std::uintmax_t journal_size() const {
        return std::filesystem::file_size(folder / "journal.log");
    }

    runtime::testing::ScratchFolder folder;
    runtime::SimClock clock;
    asio::io_context io;
    runtime::Bus bus;
    runtime::SidePool training{io, 1, runtime::Delivery::held};
    runtime::SidePool disk{io, 1, runtime::Delivery::held};
    simulated::SimulatedVenue venue;
    ScriptedVenue scripted;
    std::unique_ptr<runtime::Journal> journal =
        runtime::Journal::open(folder / "journal.log", {"c", "t", 1, "v"}).value();
    std::shared_ptr<ledger::Ledger> ledger =
        std::make_shared<ledger::Ledger>(ledger::Ledger::open(folder / "ledger.sqlite").value());
    std::uint64_t recovered = 0; // facts that only the journal of `before` had
    Listener listener;
    std::vector<std::string> followed; // again, after they were let go
    std::vector<std::string> let_go;
    Engine engine;
    runtime::ReplayLoop loop{io, clock, bus};
};

} // namespace polyquant::app::testing

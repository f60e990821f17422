#include "engine/app/ledger_writer.hpp"
#include "engine/runtime/sim_clock.hpp"
#include "tests/engine/app/two_windows.hpp"
#include "tests/engine/runtime/scratch_folder.hpp"
#include "tests/support/catch.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>

namespace {

using namespace polyquant;
using namespace polyquant::app;

struct World {
    World() {
        asio::co_spawn(
            io,
            writer.run(),
            asio::bind_cancellation_slot(
                cancel.slot(),
                [this](std::exception_ptr error) {
                    if (error) std::rethrow_exception(error);
                    ended = true;
                }
            )
        );
        poll();
    }

    ~World() {
        cancel.emit(asio::cancellation_type::terminal);
        poll();
        CHECK(ended);
    }

    World(World const&) = delete;
    World& operator=(World const&) = delete;

    void poll() {
        io.restart();
        io.poll();
    }

    void post(std::uint64_t seq) {
        Fact fact;
        fact.seq = seq;
        fact.at = testing::first_window.start;
        fact.body = CapitalMoved{StrategyName{"s1"}, usd(1), "deposit"};
        writer.post(fact);
    }

    std::size_t write() {
        poll();
        auto const batches = disk.deliver();
        poll();
        return batches;
    }

    runtime::testing::ScratchFolder folder;
    asio::io_context io;
    asio::cancellation_signal cancel;
    runtime::SidePool disk{io, 1, runtime::Delivery::held};
    std::shared_ptr<ledger::Ledger> ledger =
        std::make_shared<ledger::Ledger>(ledger::Ledger::open(folder / "ledger.sqlite").value());
    std::vector<Failure> failures;
    LedgerWriter writer{io.get_executor(), disk, ledger, [this](Failure const& f) {
                            failures.push_back(f);
                        }};
    bool ended = false;
};

} // namespace

TEST_CASE("LedgerWriter is idle exactly while everything is written", "[app][ledger]") {
    World world;
    auto const before = world.writer.idle();

    world.post(1);
    auto const posted = world.writer.idle();
    world.write();

    CHECK(before);
    CHECK_FALSE(posted);
    CHECK(world.writer.idle());
    CHECK(world.ledger->applied_seq() == 1);
}

TEST_CASE("LedgerWriter writes what gathered meanwhile as one batch", "[app][ledger]") {
    World world;
    world.post(1);
    world.poll(); // the first one is on its way

    for (std::uint64_t seq = 2; seq <= 50; ++seq)
        world.post(seq);
    auto const first = world.write();
    auto const second = world.write();
    auto const third = world.write();

    CHECK(first == 1);
    CHECK(second == 1);
    CHECK(third == 0);
    CHECK(world.ledger->applied_seq() == 50);
    CHECK(world.writer.backlog() == 0);
}

TEST_CASE("LedgerWriter takes no facts after a failure", "[app][ledger]") {
    World world;

    world.post(2); // a gap, which the ledger refuses
    world.write();
    world.post(1);
    auto const later = world.write();

    REQUIRE(world.failures.size() == 1);
    CHECK(later == 0);
    CHECK(world.ledger->applied_seq() == 0);
    CHECK(world.writer.idle()); // nothing more will come of waiting
}

TEST_CASE("LedgerWriter drops what waited behind a batch that failed", "[app][ledger]") {
    World world;
    world.post(2);
    world.poll();

    world.post(1);
    world.write();
    auto const later = world.write();

    CHECK(later == 0);
    CHECK(world.failures.size() == 1);
    CHECK(world.ledger->applied_seq() == 0);
}

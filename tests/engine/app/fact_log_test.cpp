#include "engine/app/fact_log.hpp"
#include "tests/engine/app/app_world.hpp"

namespace {

using namespace polyquant;
using namespace polyquant::app;
using namespace polyquant::app::testing;

StrategyName const name{"s1"};

struct World {
    World() {
        log.listen([this](Fact const& fact) {
            heard.push_back(fact.seq);
            capital_when_heard.push_back(portfolio.find(name)->capital);
            records_when_heard.push_back(journal->records());
        });
    }

    void deposit(Usdc amount) { log.record(CapitalMoved{name, amount, "deposit"}); }

    runtime::testing::ScratchFolder folder;
    runtime::SimClock clock{first_window.start};
    asio::io_context io;
    runtime::SidePool disk{io, 1, runtime::Delivery::held};
    std::unique_ptr<runtime::Journal> journal =
        runtime::Journal::open(folder / "journal.log", {"c", "t", 1, "v"}).value();
    std::shared_ptr<ledger::Ledger> ledger =
        std::make_shared<ledger::Ledger>(ledger::Ledger::open(folder / "ledger.sqlite").value());
    execution::Portfolio portfolio;
    std::vector<Failure> failures;
    LedgerWriter writer{io.get_executor(), disk, ledger, [this](Failure const& f) {
                            failures.push_back(f);
                        }};
    FactLog log{clock, *journal, portfolio, writer, [this](Failure const& f) {
                    failures.push_back(f);
                }};
    std::vector<std::uint64_t> heard;
    std::vector<Usdc> capital_when_heard;
    std::vector<std::uint64_t> records_when_heard;
};

} // namespace

TEST_CASE(
    "FactLog numbers facts without gaps and tells journal and portfolio first", "[app][facts]"
) {
    World world;

    world.deposit(usd(1));
    world.deposit(usd(2));

    CHECK(world.heard == std::vector<std::uint64_t>{1, 2});
    CHECK(world.capital_when_heard == std::vector<Usdc>{usd(1), usd(3)});
    CHECK(world.records_when_heard == std::vector<std::uint64_t>{1, 2});
    CHECK(world.log.recorded() == 2);
}

TEST_CASE("FactLog puts each fact into the file before anybody hears of it", "[app][facts]") {
    World world;
    std::uintmax_t size = 0;
    world.log.listen([&](Fact const&) {
        size = std::filesystem::file_size(world.folder / "journal.log");
    });
    auto const before = std::filesystem::file_size(world.folder / "journal.log");

    world.deposit(usd(1));

    CHECK(size > before);
}

TEST_CASE("FactLog keeps from the ledger what the journal could not take", "[app][facts]") {
    World world;
    world.deposit(usd(1));
    auto const posted = world.writer.backlog();

    {
        FileSizeLimit const full{std::filesystem::file_size(world.folder / "journal.log")};
        world.deposit(usd(2));
    }

    REQUIRE(world.failures.size() == 1);
    CHECK(world.failures[0].fault == Fault::storage);
    CHECK(posted == 1);
    CHECK(world.writer.backlog() == 1);
    CHECK(world.portfolio.find(name)->capital == usd(3)); // it happened all the same
}

#include "engine/app/recovery.hpp"
#include "engine/app/transfer_command.hpp"
#include "engine/ledger/ledger.hpp"
#include "engine/runtime/journal.hpp"
#include "tests/engine/runtime/scratch_folder.hpp"
#include "tests/support/catch.hpp"

using namespace polyquant;
using namespace polyquant::app;

namespace {

constexpr auto now = utc_from_seconds(1'776'081'600);

// A run that booked two strategies and left a third's money in its journal only.
struct StoppedRun {
    runtime::testing::ScratchFolder folder;
    std::filesystem::path run = folder / "run";

    StoppedRun() {
        std::filesystem::create_directories(run / "journal");
        auto ledger = ledger::Ledger::open(run / "ledger.sqlite").value();
        ledger.apply({1, now, CapitalMoved{StrategyName{"s1"}, usd(50), "start"}}).value();
        ledger.apply({2, now, CapitalMoved{StrategyName{"s2"}, usd(20), "start"}}).value();
        auto journal =
            runtime::Journal::open(run / "journal" / "20260413T120000Z.log", {"c", "-", 1, "v"})
                .value();
        Fact const late{3, now, CapitalMoved{StrategyName{"s3"}, usd(10), "start"}};
        journal->append(now, fact_record_kind, fact_record(late)).value();
        journal->sync().value();
    }

    int move(std::string from, std::string to, std::string amount) {
        return run_transfer(
            {run, std::move(from), std::move(to), std::move(amount), ""}, now, out, err
        );
    }

    std::string money() const {
        std::string text;
        for (auto const& b :
             ledger::Ledger::open(run / "ledger.sqlite").value().bankrolls().value())
            text += b.strategy.text + " " + to_cents_text(b.equity()) + " ";
        return text;
    }

    std::FILE* out = std::tmpfile();
    std::FILE* err = std::tmpfile();

    ~StoppedRun() {
        std::fclose(out);
        std::fclose(err);
    }
};

} // namespace

TEST_CASE("A transfer moves free money and leaves the total", "[app][transfer]") {
    StoppedRun run;

    CHECK(run.move("s1", "s2", "12.50") == 0);

    CHECK(run.money() == "s1 37.50 s2 32.50 s3 10.00 ");
    auto const ledger = ledger::Ledger::open(run.run / "ledger.sqlite").value();
    CHECK(ledger.applied_seq() == 5);
    CHECK(ledger.check().value().empty());
}

TEST_CASE("A transfer of what is not there is refused and books nothing", "[app][transfer]") {
    StoppedRun run;

    CHECK(run.move("s1", "s2", "50.01") != 0);
    CHECK(run.move("s1", "s1", "1") != 0);
    CHECK(run.move("s1", "nobody", "1") != 0);
    CHECK(run.move("s1", "s2", "0") != 0);
    CHECK(run.move("s1", "s2", "-5") != 0);
    CHECK(run.move("s1", "s2", "much") != 0);

    CHECK(run.money() == "s1 50.00 s2 20.00 s3 10.00 ");
}

TEST_CASE("A transfer waits for no running engine and changes no replay", "[app][transfer]") {
    StoppedRun run;
    {
        auto const running = ledger::Ledger::open(run.run / "ledger.sqlite").value();
        CHECK(run.move("s1", "s2", "1") != 0);
    }
    std::filesystem::remove_all(run.run / "journal");

    CHECK(run.move("s1", "s2", "1") != 0);
}

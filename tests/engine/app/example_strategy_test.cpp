// The cookbook's strategy is known to the engine by its line in the catalog alone.
#include "engine/app/params_history.hpp"
#include "engine/app/replay_command.hpp"
#include "engine/ledger/ledger.hpp"
#include "tests/engine/app/recorded_run.hpp"
#include "tests/support/catch.hpp"

using namespace polyquant;
using namespace polyquant::app;
using namespace polyquant::app::testing;

TEST_CASE(
    "The cookbook's strategy trades in a replay and stands in its report", "[app][cookbook]"
) {
    RecordedRun const run{R"(
[[strategy]]
kind = "example_leader"
name = "mine"
bankroll = 25
assets = ["btc"]
min_move = 5
ask_min = 0.05
ask_max = 0.40
)"};
    ReplayOptions options;
    options.configs = {run.file};
    options.directory = run.folder / "state";
    options.json = true;
    auto* out = std::tmpfile();

    CHECK(run_replay(options, out, stderr) == 0);

    std::rewind(out);
    std::string text(1 << 16, '\0');
    text.resize(std::fread(text.data(), 1, text.size(), out));
    std::fclose(out);
    CHECK(text.find("\"mine\"") != std::string::npos);
    auto const ledger = ledger::Ledger::open(run.folder / "state" / "ledger.sqlite").value();
    auto const trades = ledger.trades(StrategyName{"mine"}).value();
    CHECK(trades.size() == 1);
    CHECK(ledger.check().value().empty());
}

TEST_CASE(
    "A run's history says how often a strategy trades and what it must win", "[app][params]"
) {
    RecordedRun const run;
    ReplayOptions options;
    options.configs = {run.file};
    options.directory = run.folder / "state";
    options.json = true;
    auto* out = std::tmpfile();
    REQUIRE(run_replay(options, out, stderr) == 0);
    std::fclose(out);

    auto const text = history_text(run.config(), run.folder / "state").value();

    CHECK(
        text.find("s1: 2 buys in 1.0 days, 2.00 a day; won 1 of 2 settled (0.5000)") !=
        std::string::npos
    );
    CHECK(text.find("breaks even at 0.2112") != std::string::npos);
    CHECK_FALSE(history_text(run.config(), run.folder / "nowhere"));
}

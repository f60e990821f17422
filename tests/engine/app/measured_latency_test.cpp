#include "connectors/tape/round_trip.hpp"
#include "engine/app/analyze_command.hpp"
#include "engine/app/backtest_command.hpp"
#include "engine/app/measured_latency.hpp"
#include "engine/app/timed_venue.hpp"
#include "tests/engine/app/app_world.hpp"
#include "tests/engine/app/recorded_run.hpp"
#include "tests/engine/runtime/run_tasks.hpp"
#include "tests/support/catch.hpp"

#include <sstream>

using namespace polyquant;
using namespace polyquant::app;
using namespace polyquant::app::testing;

namespace {

constexpr int answers = 40;

// Answers of 20 to 59 ms.
void write_round_trips(std::filesystem::path const& path, std::string const& asked) {
    auto writer = tape::TapeWriter::create(path, {}).value();
    for (int i = 0; i < answers; ++i)
        writer.append(tape::frame_of({asked, Millis{20 + i}}, first_window.start + Seconds{i}))
            .value();
    writer.close().value();
}

std::string read(std::FILE* file) {
    std::string text;
    std::rewind(file);
    for (int c = std::fgetc(file); c != EOF; c = std::fgetc(file))
        text += static_cast<char>(c);
    std::fclose(file);
    return text;
}

} // namespace

TEST_CASE("Latency is taken from every tape of a folder", "[app][latency]") {
    runtime::testing::ScratchFolder folder;
    std::filesystem::create_directories(folder / "tape");
    write_round_trips(folder / "tape/a.tape", "clob.book GET /books");
    write_round_trips(folder / "b.tape", "clob.clock GET /time");
    config::RunConfig config;

    auto const taken = take_latency(config, folder / ".");

    if (!taken) FAIL(describe(taken.error()));
    auto const& s = config.simulated;
    CHECK(s.faults().empty());
    CHECK(s.latency_model == config::LatencyModel::measured);
    CHECK(s.quantiles().front() == 10);
    CHECK(s.quantiles().back() == 49);
    CHECK(s.answer_latency == Millis{10});
    CHECK(s.cancel_latency == s.order_latency);
    CHECK(read_round_trips(folder / ".").value().size() == 2);
}

TEST_CASE("A tape without round trips is refused with what would record them", "[app][latency]") {
    RecordedRun const run;
    config::RunConfig config;

    auto const taken = take_latency(config, run.tape);

    REQUIRE_FALSE(taken.has_value());
    CHECK(taken.error().detail.find("record") != std::string::npos);
}

TEST_CASE("A list of latencies names the line that is none", "[app][latency]") {
    runtime::testing::ScratchFolder folder;
    std::ofstream{folder / "ms.txt"} << "# measured\n12\n13.5\nfast\n";
    config::RunConfig config;

    auto const taken = take_latency(config, folder / "ms.txt");

    REQUIRE_FALSE(taken.has_value());
    CHECK(taken.error().where.ends_with("ms.txt:4"));
}

TEST_CASE("A backtest draws from the latency its recording measured", "[app][latency]") {
    RecordedRun const run;
    write_round_trips(run.folder / "trips.tape", "clob.book GET /books");
    auto* const out = std::tmpfile();
    BacktestOptions options;
    options.configs = {run.file};
    options.directory = run.folder / "backtest";
    options.latency = run.folder / "trips.tape";

    auto const done = run_backtest(options, out);

    if (!done) FAIL(describe(done.error()));
    auto const record = backtest::read_run_record(run.folder / "backtest").value();
    CHECK(record.latency == "measured, median 29 ms, 1 in 100 above 48 ms");
    std::fclose(out);
}

TEST_CASE("Analysed latency is a section that a configuration takes", "[app][latency]") {
    RecordedRun const run;
    write_round_trips(run.folder / "trips.tape", "order post");
    auto *const out = std::tmpfile(), *const err = std::tmpfile();

    auto const code = run_analyze({"latency", (run.folder / "trips.tape").string()}, out, err);

    CHECK(code == 0);
    CHECK(read(err).empty());
    auto const text = read(out);
    CHECK(text.find("from 40 orders") != std::string::npos);
    auto const section = text.substr(text.find("[simulated]"));
    std::vector<config::ConfigText> const texts{{"c.toml", config_text(section)}};
    auto const config = config::parse_run_config(texts, strategies::strategy_kinds());
    REQUIRE(config.has_value());
    CHECK(config->simulated.latency_model == config::LatencyModel::measured);
    CHECK(config->simulated.quantiles().back() == 49);
}

TEST_CASE("TimedVenue tells how long answered orders took and no others", "[app][latency]") {
    asio::io_context io;
    runtime::SimClock clock{first_window.start};
    ScriptedVenue venue;
    std::vector<std::string> told;
    TimedVenue timed{venue, clock, "simulated ", [&](std::string const& path, Nanos) {
                         told.push_back(path);
                     }};

    using runtime::testing::run_to_end;
    CHECK(run_to_end(io, timed.post({}, Instant::max())).has_value());
    CHECK(run_to_end(io, timed.cancel({}, Instant::max())).has_value());
    venue.silent = true;
    CHECK_FALSE(run_to_end(io, timed.post({}, Instant::max())).has_value());

    CHECK(told == std::vector<std::string>{"simulated order post", "simulated order cancel"});
}

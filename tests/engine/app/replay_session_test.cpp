#include "engine/app/replay_session.hpp"
#include "tests/engine/app/recorded_run.hpp"
#include "tests/support/catch.hpp"

#include <csignal>

namespace {

using namespace polyquant;
using namespace polyquant::app;
using namespace polyquant::app::testing;

struct Output {
    Output() = default;
    Output(Output const&) = delete;
    Output& operator=(Output const&) = delete;

    ~Output() { std::fclose(file); }

    std::string text() const {
        std::rewind(file);
        std::string all;
        std::array<char, 4096> buffer{};
        while (auto const n = std::fread(buffer.data(), 1, buffer.size(), file))
            all.append(buffer.data(), n);
        return all;
    }

    std::FILE* file = std::tmpfile();
};

ReplayOptions options_of(RecordedRun const& run) {
    ReplayOptions options;
    options.configs = {run.file};
    options.directory = run.folder / "state";
    return options;
}

// One session over the run's directory; `append` sees the number of each new journal record.
ExitCode play(
    RecordedRun const& run,
    config::RunConfig const& config,
    ConfigLoader loader,
    std::function<void(std::uint64_t)> append = {}
) {
    auto const options = options_of(run);
    auto plan = plan_replay(config, options.directory).value();
    std::filesystem::create_directories(plan.directory);
    ReplaySession::Storage storage;
    storage.journal = runtime::Journal::open(plan.directory / "journal.log", plan.identity).value();
    storage.ledger = std::make_shared<ledger::Ledger>(
        ledger::Ledger::open(plan.directory / "ledger.sqlite").value()
    );
    if (append) storage.journal->observe_appends(std::move(append));
    auto tape = tape::TapeFeed::open({{run.tape, plan.start, plan.until}}).value();
    Output out;
    ReplaySession session{
        options,
        std::move(plan),
        config,
        std::move(loader),
        std::make_unique<TapeInput>(std::move(tape)),
        std::move(storage),
        out.file
    };
    return session.run();
}

std::vector<std::string> reloads_of(RecordedRun const& run) {
    std::vector<std::string> found;
    runtime::scan_journal(run.folder / "state" / "journal.log", [&](auto const& record) {
        if (record.kind == "reload") found.push_back(record.payload);
    }).value();
    return found;
}

} // namespace

TEST_CASE("A replay runs through and says so", "[app][replay]") {
    RecordedRun const run;
    Output const out;
    Output const err;

    auto const code = run_replay(options_of(run), out.file, err.file);

    INFO(out.text() << err.text());
    CHECK(code == app::code(ExitCode::ok));
    CHECK(out.text().find("2 windows settled: 1 UP, 1 DOWN") != std::string::npos);
}

TEST_CASE("A replay halted by a safety rule exits with 4", "[app][replay]") {
    RecordedRun const run{R"(
[execution]
unknown_give_up = "5s"
look_up_deadline = "100ms" # shorter than any answer: nobody ever learns that nothing arrived
)"};
    auto text = std::ifstream{run.file};
    std::string config{std::istreambuf_iterator<char>{text}, {}};
    auto const place = config.find("[simulated]\n") + 12;
    std::ofstream{run.file
    } << config.insert(place, "lost_request = 1.0\nanswer_latency = \"500ms\"\n");
    Output const out;
    Output const err;

    auto const code = run_replay(options_of(run), out.file, err.file);

    INFO(out.text() << err.text());
    CHECK(out.text().find("still unknown") != std::string::npos);
    CHECK(code == app::code(ExitCode::halted));
}

TEST_CASE("A replay executed again repeats a reload that changed only looks", "[app][replay]") {
    RecordedRun const run;
    auto const config = run.config();
    auto other = config;
    other.run.status_interval = Millis{250};
    ConfigLoader const loader = [&] {
        return config::Loaded{other};
    };

    auto const first = play(run, config, loader, [](std::uint64_t record) {
        if (record == 20) std::raise(SIGHUP);
    });
    auto const reloads = reloads_of(run);
    auto const again = play(run, config, loader);

    CHECK(first == ExitCode::ok);
    REQUIRE(reloads.size() == 1);
    CHECK(again == ExitCode::ok);
    CHECK(reloads_of(run) == reloads);
}

TEST_CASE("A replay executed again repeats a reload of parameters", "[app][replay]") {
    RecordedRun const run;
    auto const config = run.config();
    RecordedRun const changed{"attempts_max = 2\n"};
    auto other = changed.config();
    other.feed = config.feed;
    ConfigLoader const loader = [&] {
        return config::Loaded{other};
    };

    auto const first = play(run, config, loader, [](std::uint64_t record) {
        if (record == 20) std::raise(SIGHUP);
    });
    auto const reloads = reloads_of(run);
    auto const again = play(run, config, loader);

    CHECK(first == ExitCode::ok);
    REQUIRE(reloads.size() == 1);
    CHECK(again == ExitCode::ok);
}

TEST_CASE("A replay that differs from its journal exits with 1", "[app][replay]") {
    RecordedRun const run;
    auto const config = run.config();
    ConfigLoader const loader = [&] {
        return config::Loaded{config};
    };
    REQUIRE(play(run, config, loader) == ExitCode::ok);
    auto const path = run.folder / "state" / "journal.log";
    std::string text;
    auto const scanned = runtime::scan_journal(path, [&](runtime::JournalRecord const& record) {
        auto const payload = record.seq == 40 ? "something else" : record.payload;
        runtime::append_record_line(text, record.seq, record.at, record.kind, payload);
    });
    std::ofstream{path} << runtime::header_line(scanned.value().identity) << text;

    auto const again = play(run, config, loader);

    CHECK(again == ExitCode::failed);
}

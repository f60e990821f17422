#include "engine/app/backtest_command.hpp"
#include "engine/app/config_settings.hpp"
#include "engine/ledger/ledger.hpp"
#include "tests/engine/app/recorded_run.hpp"
#include "tests/support/catch.hpp"

#include <sstream>

using namespace polyquant;
using namespace polyquant::app;
using namespace polyquant::app::testing;

namespace {

struct Sink {
    std::FILE* file = std::tmpfile();

    ~Sink() { std::fclose(file); }

    std::string text() const {
        std::string all;
        std::rewind(file);
        for (int c = std::fgetc(file); c != EOF; c = std::fgetc(file))
            all += static_cast<char>(c);
        return all;
    }
};

std::string contents(std::filesystem::path const& file) {
    std::ifstream in{file, std::ios::binary};
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

std::string digest(std::filesystem::path const& directory) {
    ledger::LedgerOptions read_only;
    read_only.read_only = true;
    return ledger::Ledger::open(directory / "ledger.sqlite", read_only)
        .value()
        .content_digest()
        .value();
}

BacktestOptions options_of(RecordedRun const& run) {
    BacktestOptions options;
    options.configs = {run.file};
    options.directory = run.folder / "backtest";
    return options;
}

} // namespace

TEST_CASE("A backtest of a tape decides and books as its replay", "[app][backtest]") {
    RecordedRun const run;
    Sink out;
    ReplayOptions replay;
    replay.configs = {run.file};
    replay.directory = run.folder / "replay";

    auto const replayed = run_replay(replay, out.file, out.file);
    auto const tested = run_backtest(options_of(run), out.file);

    REQUIRE(replayed == 0);
    REQUIRE(tested.has_value());
    CHECK(tested->code == ExitCode::ok);
    CHECK(digest(run.folder / "backtest") == digest(run.folder / "replay"));
    // Every signal, decision and fact, byte for byte.
    auto const journal = contents(run.folder / "backtest" / "journal.log");
    CHECK(journal == contents(run.folder / "replay" / "journal.log"));
    CHECK(journal.find(" decision ") != std::string::npos);
    CHECK(journal.find("order_placed") != std::string::npos);
}

TEST_CASE("A backtest names the source of its quotes first", "[app][backtest]") {
    RecordedRun const run;
    Sink out;

    auto const tested = run_backtest(options_of(run), out.file);

    REQUIRE(tested.has_value());
    CHECK(out.text().starts_with("QUOTES RECORDED"));
    auto const record = backtest::read_run_record(run.folder / "backtest").value();
    CHECK(record.quotes.starts_with("QUOTES RECORDED"));
    CHECK(record.finished);
    CHECK(record.events > 1000);
}

TEST_CASE("A backtest on bars runs from bars alone and repeats itself", "[app][backtest]") {
    RecordedRun const run{"", bar_events(2000)};
    Sink out;
    auto options = options_of(run);
    options.bars = {run.tape};
    options.quotes = PQ_SOURCE_DIR "/data/quote-model/btc5m.json";
    options.settings = {
        "model.history_bars=400",
        "model.train_bars=200",
        "risk.book_age_max=10s",
        "strategy.s1.ask_max=0.95"
    };

    auto const first = run_backtest(options, out.file);
    options.directory = run.folder / "again";
    auto const second = run_backtest(options, out.file);

    if (!first) FAIL(describe(first.error()));
    REQUIRE(second.has_value());
    CHECK(out.text().starts_with("QUOTES MODELLED, not recorded"));
    CHECK(digest(run.folder / "backtest") == digest(run.folder / "again"));
    auto const moments = contents(run.folder / "backtest" / "moments.csv");
    CHECK(moments == contents(run.folder / "again" / "moments.csv"));
    CHECK(std::count(moments.begin(), moments.end(), '\n') > 1000);
}

TEST_CASE("One bankroll lets a strategy spend what another has", "[app][backtest]") {
    RecordedRun const run{R"(
[[strategy]]
kind = "scalp_s1"
name = "rich"
bankroll = 40
assets = ["eth"]
force = true
)"};
    Sink out;
    auto options = options_of(run);
    options.settings = {"strategy.s1.bankroll=3", "strategy.s1.force=true"};

    auto const apart = run_backtest(options, out.file);
    options.one_bankroll = true;
    options.directory = run.folder / "shared";
    auto const shared = run_backtest(options, out.file);

    if (!apart) FAIL(describe(apart.error()));
    REQUIRE(shared.has_value());
    auto const orders = [&](char const* name) {
        ledger::LedgerOptions read_only;
        read_only.read_only = true;
        auto const book =
            ledger::Ledger::open(run.folder / name / "ledger.sqlite", read_only).value();
        CHECK(book.check().value().empty());
        CHECK(book.totals().value().capital == usd(43));
        return book.totals().value().orders;
    };
    CHECK(orders("backtest") == 0);
    CHECK(orders("shared") > 0);
}

TEST_CASE("A backtest draws latency from a measured file", "[app][backtest]") {
    RecordedRun const run;
    std::ofstream{run.folder / "latency.txt"} << "# ms\n12\n15\n11\n400\n13\n";
    Sink out;
    auto options = options_of(run);
    options.latency = run.folder / "latency.txt";

    auto const tested = run_backtest(options, out.file);

    if (!tested) FAIL(describe(tested.error()));
    auto const record = backtest::read_run_record(run.folder / "backtest").value();
    CHECK(record.latency.find("measured, median 13 ms") != std::string::npos);

    std::ofstream{run.folder / "latency.txt"} << "12\nfast\n";
    options.fresh = true;
    auto const refused = run_backtest(options, out.file);
    REQUIRE(!refused.has_value());
    CHECK(refused.error().where.ends_with("latency.txt:2"));
}

TEST_CASE("Settings lie over the files, and wrong ones are named", "[app][backtest]") {
    RecordedRun const run;
    std::vector<std::filesystem::path> const files{run.file};

    auto const changed = load_with_settings(
        files, std::vector<std::string>{"strategy.s1.lead=60s", "risk.kill_switch=7"}
    );
    auto const wrong = load_with_settings(
        files, std::vector<std::string>{"strategy.s2.lead=60s", "risk.kil_switch=7", "lead"}
    );

    REQUIRE(changed.has_value());
    CHECK(changed->risk.kill_switch == usd(7));
    CHECK(changed->print().find("lead = \"60s\"") != std::string::npos);
    CHECK(changed->tape_paths() == run.config().tape_paths());
    REQUIRE(!wrong.has_value());
    CHECK(wrong.error().size() == 3);
}

TEST_CASE("A backtest command refuses what does not fit together", "[app][backtest]") {
    RecordedRun const run;
    Sink out, err;

    CHECK(run_backtest_command({"-c", run.file, "--bars", run.tape}, out.file, err.file) == 2);
    CHECK(err.text().find("--quotes") != std::string::npos);
    CHECK(run_backtest_command({"--profile", "baseline"}, out.file, err.file) == 2);
    CHECK(run_backtest_command({}, out.file, err.file) == 2);
}

#include "engine/app/sweep_worker.hpp"

#include "engine/app/backtest_command.hpp"
#include "engine/app/bar_input.hpp"
#include "engine/app/process_owner.hpp"
#include "engine/app/run_storage.hpp"
#include "engine/app/sweep_description.hpp"
#include "engine/runtime/clock.hpp"

#include <fmt/format.h>

#include <fstream>
#include <unistd.h>

namespace polyquant::app {

namespace {

namespace fs = std::filesystem;
using backtest::SweepStage;
using backtest::SweepStore;

// Longer than any run takes. The run of a worker that died here is taken up at once: its process is
// seen to be gone.
constexpr Seconds lease_length{6 * 3600};

class Worker {
public:
    Worker(SweepStore store, SweepDescription description, SweepStage stage, fs::path place)
        : store_{std::move(store)}, about_{std::move(description)}, stage_{stage},
          place_{std::move(place)} {}

    Result<void> run() {
        auto const owner = this_process();
        fs::create_directories(place_);
        std::ofstream{config_file()} << about_.config;
        if (auto const read = read_inputs(); !read) return read.error();
        for (;;) {
            auto const leased =
                store_.lease(stage_, owner, clock_.utc_now(), lease_length, is_gone);
            if (!leased) return leased.error();
            if (!*leased) break;
            auto const began = clock_.now();
            auto const result = make(**leased);
            // Stopped from outside: whoever goes on takes the run up, as this process is gone then.
            if (!result && result.error().fault == Fault::cancelled) break;
            auto const seconds = std::chrono::duration<double>(clock_.now() - began).count();
            auto const kept = result ? store_.finish((*leased)->id, owner, *result, seconds)
                                     : store_.fail((*leased)->id, owner, describe(result.error()));
            if (!kept) return kept.error();
        }
        std::error_code ignored;
        fs::remove_all(place_, ignored);
        return {};
    }

private:
    fs::path config_file() const { return place_ / "config.toml"; }

    Result<void> read_inputs() {
        if (about_.bars.empty()) return {};
        auto read = read_bars(about_.bars);
        if (!read) return read.error();
        bars_ = std::move(*read);
        return {};
    }

    Result<std::string> make(backtest::SweepRun const& run) {
        BacktestOptions o;
        o.configs = {config_file()};
        o.settings = run.settings;
        o.quotes = about_.quotes;
        o.tapes = about_.tapes;
        o.informed = about_.informed;
        o.assets = about_.assets;
        o.rule = about_.rule;
        o.seed = about_.seed;
        auto const judging = stage_ == SweepStage::verdict;
        o.from = judging ? about_.judge_from : about_.select_from;
        o.until = judging ? about_.judge_until : about_.select_until;
        o.directory = place_ / "run";
        o.quiet = true;
        o.moments = false;
        std::error_code ignored;
        fs::remove_all(*o.directory, ignored);
        auto const done = run_backtest(o, stdout, bars_ ? &*bars_ : nullptr);
        if (!done) return done.error();
        if (done->code == ExitCode::interrupted)
            return Failure{Fault::cancelled, "backtest", "interrupted"};
        if (done->code != ExitCode::ok && done->code != ExitCode::halted)
            return Failure{
                Fault::invalid, "backtest", fmt::format("ended with code {}", code(done->code))
            };
        auto const read = report::read_run(*o.directory);
        if (!read) return read.error();
        return report::to_json(report::variant_result(report::compute_figures(*read)));
    }

    SweepStore store_;
    SweepDescription about_;
    SweepStage stage_;
    fs::path place_; // of this process alone
    std::optional<models::window::AssetBars> bars_;
    runtime::LiveClock clock_;
};

} // namespace

Result<void> work_on_sweep(fs::path const& file, SweepStage stage) {
    auto store = SweepStore::open(file);
    if (!store) return store.error();
    auto about = read_sweep(*store);
    if (!about) return about.error();
    auto place = work_folder(file) / fmt::format("worker-{}", ::getpid());
    return Worker{std::move(*store), std::move(*about), stage, std::move(place)}.run();
}

int run_sweep_worker(std::vector<std::string> const& args, std::FILE* err) {
    if (args.size() != 2 || (args[1] != "selection" && args[1] != "verdict")) {
        fmt::print(err, "usage: polyquant sweep-worker STORE selection|verdict\n");
        return code(ExitCode::usage);
    }
    auto const done =
        work_on_sweep(args[0], args[1] == "verdict" ? SweepStage::verdict : SweepStage::selection);
    if (done) return code(ExitCode::ok);
    fmt::print(err, "{}\n", describe(done.error()));
    return code(exit_for(done.error()));
}

} // namespace polyquant::app

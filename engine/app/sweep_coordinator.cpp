#include "engine/app/sweep_coordinator.hpp"

#include <fmt/format.h>

#include <csignal>
#include <cstring>
#include <limits>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace polyquant::app {

namespace {

using backtest::SweepCounts;
using backtest::SweepStage;

constexpr int look_every_ms = 100;

std::sig_atomic_t volatile stop_wanted = 0;

std::string progress_bar(double share) {
    constexpr int width = 30;
    auto const full = static_cast<std::size_t>(share * width);
    return std::string(full, '#') + std::string(width - full, '.');
}

} // namespace

SweepCoordinator::SweepCoordinator(
    std::filesystem::path file, backtest::SweepStore store, int workers, std::FILE* err
)
    : file_{std::move(file)}, store_{std::move(store)}, workers_{workers}, err_{err},
      is_terminal_{::isatty(::fileno(err)) != 0} {
    std::signal(SIGINT, [](int) { stop_wanted = 1; });
    std::signal(SIGTERM, [](int) { stop_wanted = 1; });
}

Result<ExitCode> SweepCoordinator::run() {
    auto const about = read_sweep(store_);
    if (!about) return about.error();
    if (auto const planned = store_.plan(SweepStage::selection, about->variants); !planned)
        return planned.error();
    if (auto done = work(SweepStage::selection); !done || *done != ExitCode::ok) return done;
    auto const best = report::best_variants(store_, about->objective, about->best);
    if (!best) return best.error();
    if (auto const planned = store_.plan(SweepStage::verdict, *best); !planned)
        return planned.error();
    return work(SweepStage::verdict);
}

Result<ExitCode> SweepCoordinator::work(SweepStage stage) {
    auto const before = store_.counts(stage);
    if (!before) return before.error();
    began_ = clock_.now();
    done_before_ = before->done + before->failed;
    std::vector<pid_t> workers;
    auto const wanted = std::min<std::int64_t>(workers_, before->open + before->leased);
    for (std::int64_t i = 0; i < wanted; ++i) {
        auto const pid = spawn(stage);
        if (!pid) return pid.error();
        workers.push_back(*pid);
    }
    auto const went_well = wait_for_workers(stage, std::move(workers));
    if (!went_well) return went_well.error();
    if (is_terminal_) std::fputs("\n", err_);
    if (stop_wanted != 0) return ExitCode::interrupted;
    auto const after = store_.counts(stage);
    if (!after) return after.error();
    if (!*went_well)
        return Failure{
            Fault::invalid, "sweep", "a worker ended badly; start the sweep again to go on with it"
        };
    if (after->open > 0) return Failure{Fault::invalid, "sweep", "runs are left over"};
    // What other processes still work on decides the best, too.
    if (after->leased > 0) return wait_for_others(stage);
    return ExitCode::ok;
}

Result<pid_t> SweepCoordinator::spawn(SweepStage stage) const {
    auto const self = std::filesystem::read_symlink("/proc/self/exe").string();
    std::vector<std::string> words{
        self, "sweep-worker", file_.string(), std::string{to_string(stage)}
    };
    std::vector<char*> argv;
    for (auto& word : words)
        argv.push_back(word.data());
    argv.push_back(nullptr);
    pid_t pid = 0;
    auto const error = ::posix_spawn(&pid, self.c_str(), nullptr, nullptr, argv.data(), environ);
    if (error == 0) return pid;
    return Failure{
        Fault::storage, "sweep", "cannot start a worker: " + std::string{std::strerror(error)}
    };
}

// False where one of them ended badly.
Result<bool> SweepCoordinator::wait_for_workers(SweepStage stage, std::vector<pid_t> workers) {
    auto well = true;
    while (!workers.empty()) {
        ::poll(nullptr, 0, look_every_ms);
        std::erase_if(workers, [&](pid_t pid) {
            int status = 0;
            if (::waitpid(pid, &status, WNOHANG) != pid) return false;
            well = well && WIFEXITED(status) && WEXITSTATUS(status) == 0;
            return true;
        });
        if (stop_wanted != 0)
            for (auto const pid : workers)
                ::kill(pid, SIGTERM);
        auto const now = store_.counts(stage);
        if (!now) return now.error();
        draw(stage, *now);
    }
    return well;
}

Result<ExitCode> SweepCoordinator::wait_for_others(SweepStage stage) const {
    for (;;) {
        auto const now = store_.counts(stage);
        if (!now) return now.error();
        if (stop_wanted != 0) return ExitCode::interrupted;
        if (now->finished()) return ExitCode::ok;
        ::poll(nullptr, 0, look_every_ms);
        // Nobody may be left to do it: a worker of ours takes up what the dead left.
        auto const pid = spawn(stage);
        if (!pid) return pid.error();
        int status = 0;
        ::waitpid(*pid, &status, 0);
    }
}

void SweepCoordinator::draw(SweepStage stage, SweepCounts const& now) {
    auto const ended = now.done + now.failed;
    auto const left = now.open + now.leased;
    auto const made = ended - done_before_;
    auto const elapsed = std::chrono::duration<double>(clock_.now() - began_).count();
    auto const share =
        now.all() > 0 ? static_cast<double>(ended) / static_cast<double>(now.all()) : 1.0;
    std::string eta = "ETA unknown";
    if (left == 0)
        eta = fmt::format("done in {:.1f} s", elapsed);
    else if (made > 0)
        eta = fmt::format(
            "ETA {:.0f} s", elapsed / static_cast<double>(made) * static_cast<double>(left)
        );
    auto const line = fmt::format(
        "{:<9} [{}] {}/{}{}  {:.1f}/s  {}",
        to_string(stage),
        progress_bar(share),
        ended,
        now.all(),
        now.failed > 0 ? fmt::format(" ({} failed)", now.failed) : "",
        static_cast<double>(made) / std::max(elapsed, 1e-9),
        eta
    );
    auto const tenth = static_cast<int>(share * 10);
    if (is_terminal_) {
        fmt::print(err_, "\r\x1b[K{}", line);
    } else if (std::exchange(last_tenth_, tenth) != tenth) {
        fmt::print(err_, "{}\n", line);
    }
    std::fflush(err_);
}

} // namespace polyquant::app

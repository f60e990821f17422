// Starts workers on a sweep's store, stage by stage, and shows how far they are. Several
// coordinators may be at work on one store.
#pragma once

#include "engine/app/exit_code.hpp"
#include "engine/app/sweep_description.hpp"
#include "engine/runtime/clock.hpp"

#include <cstdio>
#include <sys/types.h>

namespace polyquant::app {

class SweepCoordinator {
public:
    // `workers` processes at most; progress goes to `err`, on a terminal in place.
    SweepCoordinator(
        std::filesystem::path file, backtest::SweepStore store, int workers, std::FILE* err
    );

    // Selection, then the best of it on the days kept apart. ExitCode::interrupted after SIGINT or
    // SIGTERM: started again it goes on.
    Result<ExitCode> run();

private:
    Result<ExitCode> work(backtest::SweepStage stage);
    Result<pid_t> spawn(backtest::SweepStage stage) const;
    Result<bool> wait_for_workers(backtest::SweepStage stage, std::vector<pid_t> workers);
    Result<ExitCode> wait_for_others(backtest::SweepStage stage) const;
    void draw(backtest::SweepStage stage, backtest::SweepCounts const& now);

    std::filesystem::path file_;
    backtest::SweepStore store_;
    int workers_;
    std::FILE* err_;
    bool is_terminal_;
    std::int64_t done_before_ = 0; // runs of the stage, when it began here
    Instant began_{};
    int last_tenth_ = -1;
    runtime::LiveClock clock_;
};

} // namespace polyquant::app

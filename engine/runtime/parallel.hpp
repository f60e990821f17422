// Several cores for work that is cut into independent jobs: studies and trainings, never the
// trading thread.
#pragma once

#include <cstddef>
#include <functional>

namespace polyquant::runtime {

// Runs job(0) ... job(n - 1), each once, on as many threads as the machine has cores (at most n),
// and returns when all have ended. With several threads the order is open: a job may write only
// what no other touches. The first exception is thrown on after all have ended.
void run_parallel(std::size_t n, std::function<void(std::size_t)> const& job);

} // namespace polyquant::runtime

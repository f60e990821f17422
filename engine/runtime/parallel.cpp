#include "engine/runtime/parallel.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace polyquant::runtime {

void run_parallel(std::size_t n, std::function<void(std::size_t)> const& job) {
    std::atomic<std::size_t> next = 0;
    std::mutex guard;
    std::exception_ptr first_error;
    auto const work = [&] {
        for (auto i = next++; i < n; i = next++) {
            try {
                job(i);
            } catch (...) { // thrown on below, on the caller's thread
                std::lock_guard const lock{guard};
                if (!first_error) first_error = std::current_exception();
            }
        }
    };
    auto const cores = std::max<std::size_t>(std::thread::hardware_concurrency(), 1);
    {
        std::vector<std::jthread> threads;
        for (std::size_t t = 1; t < std::min(cores, n); ++t)
            threads.emplace_back(work);
        work();
    }
    if (first_error) std::rethrow_exception(first_error);
}

} // namespace polyquant::runtime

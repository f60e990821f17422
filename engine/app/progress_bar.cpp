#include "engine/app/progress_bar.hpp"

#include <fmt/format.h>

#include <ostream>
#include <unistd.h>

namespace polyquant::app {

namespace {

constexpr std::size_t width = 40;

} // namespace

ProgressBar::ProgressBar(std::ostream& out, std::string what)
    : out_{out}, what_{std::move(what)}, terminal_{::isatty(STDERR_FILENO) == 1} {}

void ProgressBar::show(std::size_t done, std::size_t of) {
    if (of == 0) return;
    std::lock_guard const lock{guard_};
    if (done == 1) { // the next round of the same work
        done_ = 0;
        shown_ = 0;
    }
    if (done <= done_) return;
    done_ = done;
    auto const steps = terminal_ ? std::size_t{1'000} : std::size_t{10};
    auto const step = done * steps / of;
    if (step == shown_ && done != of) return;
    shown_ = step;
    auto const filled = done * width / of;
    out_ << fmt::format(
        "{}{} [{:#<{}}{:.<{}}] {:3.0f} %{}",
        terminal_ ? "\r" : "",
        what_,
        "",
        filled,
        "",
        width - filled,
        100.0 * static_cast<double>(done) / static_cast<double>(of),
        !terminal_ || done == of ? "\n" : ""
    );
    out_.flush();
}

} // namespace polyquant::app

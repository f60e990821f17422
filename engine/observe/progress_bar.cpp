#include "engine/observe/progress_bar.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <sys/ioctl.h>
#include <unistd.h>

namespace polyquant::observe {

namespace {

constexpr int bar_width = 24;

std::string time_left(double fraction, Nanos elapsed) {
    if (fraction <= 0 || fraction >= 1 || elapsed < Seconds{1}) return {};
    auto const spent = std::chrono::duration<double>(elapsed).count();
    auto const left = static_cast<std::int64_t>(std::ceil(spent / fraction * (1 - fraction)));
    if (left < 100) return fmt::format("{} s left", left);
    if (left < 6'000) return fmt::format("{} min left", (left + 59) / 60);
    return fmt::format("{} h left", (left + 3'599) / 3'600);
}

int width_of(std::FILE* file) {
    winsize size{};
    auto const known = ::ioctl(::fileno(file), TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    return known ? size.ws_col : 80;
}

} // namespace

std::string progress_line(
    std::string_view label, double fraction, std::string_view what, Nanos elapsed, int width
) {
    fraction = std::clamp(fraction, 0.0, 1.0);
    auto const filled = static_cast<int>(fraction * bar_width);
    auto line = fmt::format(
        "{} [{:#>{}}{:->{}}] {:3.0f} %  {}  {}",
        label,
        "",
        filled,
        "",
        bar_width - filled,
        std::floor(fraction * 100),
        what,
        time_left(fraction, elapsed)
    );
    while (line.ends_with(' '))
        line.pop_back();
    return line.substr(0, static_cast<std::size_t>(std::max(0, width - 1)));
}

ProgressBar::ProgressBar(std::FILE* file)
    : file_{file}, is_terminal_{::isatty(::fileno(file)) == 1} {}

ProgressBar::~ProgressBar() {
    clear();
}

void ProgressBar::show(
    std::string_view label, double fraction, std::string_view what, Nanos elapsed
) {
    if (!is_terminal_) return;
    auto const line = progress_line(label, fraction, what, elapsed, width_of(file_));
    fmt::print(file_, "\r\x1b[K{}", line);
    std::fflush(file_);
    is_drawn_ = true;
}

void ProgressBar::clear() {
    if (!is_drawn_) return;
    fmt::print(file_, "\r\x1b[K");
    std::fflush(file_);
    is_drawn_ = false;
}

} // namespace polyquant::observe

#include "engine/observe/console.hpp"

#include <fmt/format.h>

#include <sys/ioctl.h>
#include <unistd.h>

namespace polyquant::observe {

Console::Console(std::FILE* out) : out_{out}, live_{::isatty(::fileno(out)) == 1} {}

Console::Console(std::FILE* out, bool live, std::size_t width)
    : out_{out}, live_{live}, fixed_width_{width} {}

Console::~Console() {
    finish();
}

std::size_t Console::width() const {
    if (fixed_width_ != 0) return fixed_width_;
    winsize size{};
    if (::ioctl(::fileno(out_), TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
    return 200;
}

void Console::line(std::string_view text) {
    erase_block();
    write(text);
    write("\n");
    auto const again = std::move(drawn_);
    drawn_.clear();
    block(again);
    std::fflush(out_);
}

void Console::block(std::vector<std::string> const& lines) {
    if (!live_) return;
    erase_block();
    for (auto const& text : lines) {
        write(text);
        write("\n");
    }
    drawn_ = lines;
    std::fflush(out_);
}

void Console::finish() {
    drawn_.clear();
    std::fflush(out_);
}

void Console::erase_block() {
    // Up to the block's first line, then clear to the end of the screen.
    if (!drawn_.empty()) write(fmt::format("\x1b[{}A\r\x1b[J", drawn_.size()));
}

void Console::write(std::string_view text) {
    std::fwrite(text.data(), 1, text.size(), out_);
}

} // namespace polyquant::observe

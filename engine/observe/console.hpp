// The terminal: lines that stay, and below them a block that is redrawn in place. Piped output gets
// the lines only.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

namespace polyquant::observe {

class Console {
public:
    // `live` draws the block with ANSI sequences; the default asks whether `out` is a terminal.
    explicit Console(std::FILE* out);
    Console(std::FILE* out, bool live, std::size_t width);
    ~Console();
    Console(Console const&) = delete;
    Console& operator=(Console const&) = delete;

    bool is_live() const { return live_; }

    std::size_t width() const;

    void line(std::string_view text);                  // stays; printed above the block
    void block(std::vector<std::string> const& lines); // replaces the block; nothing when piped
    void finish();                                     // leaves the last block standing

private:
    void erase_block();
    void write(std::string_view text);

    std::FILE* out_;
    bool live_;
    std::size_t fixed_width_ = 0; // 0: ask the terminal each time, it may be resized
    std::vector<std::string> drawn_;
};

} // namespace polyquant::observe

// How far a long job is, on one line that is drawn again and again; silent where nobody watches.
#pragma once

#include "engine/core/time.hpp"

#include <cstdio>
#include <string>

namespace polyquant::observe {

// "BTC 1m [#######-------]  43 %  12,000 rows  8 s left", at most `width` columns.
std::string progress_line(
    std::string_view label, double fraction, std::string_view what, Nanos elapsed, int width
);

class ProgressBar {
public:
    // Draws only where `file` is a terminal.
    explicit ProgressBar(std::FILE* file);
    ~ProgressBar(); // clears the line
    ProgressBar(ProgressBar const&) = delete;
    ProgressBar& operator=(ProgressBar const&) = delete;

    void show(std::string_view label, double fraction, std::string_view what, Nanos elapsed);
    void clear();

private:
    std::FILE* file_;
    bool is_terminal_;
    bool is_drawn_ = false;
};

} // namespace polyquant::observe

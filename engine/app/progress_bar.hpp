// A bar on a terminal, redrawn in place; a line every tenth of the way where output goes to a file.
#pragma once

#include <cstddef>
#include <iosfwd>
#include <mutex>
#include <string>

namespace polyquant::app {

class ProgressBar {
public:
    ProgressBar(std::ostream& out, std::string what);
    ProgressBar(ProgressBar const&) = delete;
    ProgressBar& operator=(ProgressBar const&) = delete;

    // From any thread; a `done` that comes late is not drawn.
    void show(std::size_t done, std::size_t of);

private:
    std::ostream& out_;
    std::string what_;
    bool terminal_;
    std::mutex guard_;
    std::size_t shown_ = 0; // thousandths, or tenths where it is no terminal
    std::size_t done_ = 0;
};

} // namespace polyquant::app

// Follows the file of values from outside while a live run uses them. What a
// run came to know, and when, is appended to its own copy, so that a replay of
// the run knows no more and no earlier.
#pragma once

#include "engine/app/trained_models.hpp"

#include <filesystem>
#include <vector>

namespace polyquant::app {

class OutsideFeed {
public:
    // `known` is what the run started with; its copy lies in `copy` already.
    OutsideFeed(std::filesystem::path source, std::filesystem::path copy, OutsideValues known);

    // Null while there is nothing new. Reads the file if its size or time
    // changed, so it blocks for as long as that takes. A file that cannot be read
    // changes nothing and is tried again when it changes. Of one thread at a
    // time.
    Result<OutsideValues> poll(UtcTime now, Nanos age_max);

    OutsideValues const& known() const { return known_; }

private:
    bool has_changed();

    std::filesystem::path source_;
    std::filesystem::path copy_;
    OutsideValues known_;
    std::vector<UtcTime> seen_; // newest publication taken of each column
    std::filesystem::file_time_type changed_at_{};
    std::uintmax_t size_ = 0;
};

} // namespace polyquant::app

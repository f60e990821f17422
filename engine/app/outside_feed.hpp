// Follows the file of values from outside while a live run uses them. What a run came to know, and
// when, is appended to its own copy, so that a replay of the run knows no more and no earlier.
#pragma once

#include "engine/app/trained_models.hpp"

#include <filesystem>
#include <vector>

namespace polyquant::app {

class OutsideFeed {
public:
    // `known` is what the run started with, all of it published by then; its copy lies in `copy`
    // already. A value is fresh for `age_max`.
    OutsideFeed(
        std::filesystem::path source, std::filesystem::path copy, OutsideValues known, Nanos age_max
    );

    // Blocks for as long as the newest mebibyte of the file takes, if its size or time changed;
    // null if they did not. Fails for as long as the file is missing or cannot be read.
    Result<OutsideValues> read();

    // What the run knows from `now` on, when it is told `read` (null: nothing since); null if that
    // is nothing new. A value of the near future waits for its time.
    Result<OutsideValues> take(OutsideValues const& read, UtcTime now);

    OutsideValues const& known() const { return known_; }

private:
    std::filesystem::path source_;
    std::filesystem::path copy_;
    Nanos age_max_;
    OutsideValues known_;
    std::vector<UtcTime> seen_; // newest publication taken of each column
    OutsideValues waiting_;     // some of it is published in the future
    std::optional<Failure> refused_;
    std::filesystem::file_time_type changed_at_{};
    std::uintmax_t size_ = 0;
};

} // namespace polyquant::app

// [log]: the run's own log file, and how long what a run leaves behind is kept.
#pragma once

#include "config/param_table.hpp"

namespace polyquant::config {

struct LogParams {
    bool file = true;
    std::int64_t file_max_mb = 10;
    std::int64_t files_kept = 20;
    std::int64_t tape_days = 0;
    std::int64_t journal_days = 0;
    double disk_free_min_gb = 1;

    friend bool operator==(LogParams const&, LogParams const&) = default;

    static constexpr auto table() {
        using P = LogParams;
        constexpr auto fixed = Change::restart;
        constexpr std::int64_t years{3'650};
        return std::tuple{
            Param{
                "file",
                &P::file,
                "",
                "Write polyquant.jsonl in the run's directory: one JSON object a line.",
                fixed
            },
            Param{
                "file_max_mb",
                &P::file_max_mb,
                std::int64_t{1},
                std::int64_t{1'000},
                "MB",
                "A log file this large is closed, compressed and followed by a new one.",
                fixed
            },
            Param{
                "files_kept",
                &P::files_kept,
                std::int64_t{1},
                std::int64_t{1'000},
                "files",
                "So many compressed log files are kept.",
                fixed
            },
            Param{
                "tape_days",
                &P::tape_days,
                std::int64_t{0},
                years,
                "days",
                "Recordings older than this are deleted, never what is being written; 0: all "
                "are kept.",
                fixed
            },
            Param{
                "journal_days",
                &P::journal_days,
                std::int64_t{0},
                years,
                "days",
                "The same for journals of earlier starts; the newest two always stay.",
                fixed
            },
            Param{
                "disk_free_min_gb",
                &P::disk_free_min_gb,
                0.0,
                1e6,
                "GB",
                "With less free space than this the oldest recordings go at once, whatever their "
                "age, before a full disk halts trading; 0: never.",
                fixed
            },
        };
    }
};

} // namespace polyquant::config

// A log of JSON lines that turns over by size: polyquant.jsonl, and compressed ones before it.
#pragma once

#include "engine/core/time.hpp"

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace polyquant::observe {

enum class LogLevel : std::uint8_t { info, warning, error };
std::string_view to_string(LogLevel level);

// What a line of the console is worth, by the words the engine begins it with.
LogLevel level_of(std::string_view line);

// One line without its end: {"at":"2026-...Z","level":"info","text":"..."}. Bytes that are no UTF-8
// become '?', so that every line is JSON.
std::string log_line(UtcTime at, LogLevel level, std::string_view text);

class LogFile {
public:
    struct Options {
        std::uintmax_t bytes_max = 10'000'000;
        std::size_t files_kept = 20; // compressed ones
    };

    // Appends to `directory`/polyquant.jsonl, mode 0600. Fault::storage with the system's words.
    static Result<LogFile> open(std::filesystem::path const& directory, Options options);

    // On its way to the disk when it returns. Turning over compresses the full file here and now.
    Result<void> write(UtcTime at, LogLevel level, std::string_view text);

    std::filesystem::path const& path() const { return path_; }

private:
    struct Close {
        void operator()(std::FILE* file) const { std::fclose(file); }
    };

    LogFile(std::filesystem::path path, Options options)
        : path_{std::move(path)}, options_{options} {}

    Result<void> reopen();
    Result<void> turn_over(UtcTime at);

    std::filesystem::path path_;
    Options options_;
    std::unique_ptr<std::FILE, Close> file_;
    std::uintmax_t size_ = 0;
};

} // namespace polyquant::observe

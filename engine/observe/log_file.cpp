#include "engine/observe/log_file.hpp"

#include "engine/observe/retention.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <vector>
#include <zlib.h>

namespace polyquant::observe {

namespace {

namespace fs = std::filesystem;

Failure failure(fs::path const& path, std::string_view what) {
    return {
        Fault::storage,
        path.string(),
        fmt::format("{}: {}", what, std::generic_category().message(errno))
    };
}

// How many bytes the UTF-8 character at the beginning has; 0: it is none.
std::size_t character_size(std::string_view text) {
    auto const first = static_cast<unsigned char>(text.front());
    std::size_t const size = first < 0x80                    ? 1
                             : first >= 0xC2 && first < 0xE0 ? 2
                             : first >= 0xE0 && first < 0xF0 ? 3
                             : first >= 0xF0 && first < 0xF5 ? 4
                                                             : 0;
    if (size > text.size()) return 0;
    for (std::size_t i = 1; i < size; ++i)
        if ((static_cast<unsigned char>(text[i]) & 0xC0U) != 0x80U) return 0;
    return size;
}

std::string escaped(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        auto const c = text.front();
        auto const size = character_size(text);
        if (size == 0)
            out += '?';
        else if (size > 1)
            out += text.substr(0, size);
        else if (c == '"' || c == '\\')
            (out += '\\') += c;
        else if (static_cast<unsigned char>(c) < 0x20)
            out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
        else
            out += c;
        text.remove_prefix(std::max<std::size_t>(size, 1));
    }
    return out;
}

Result<void> compress(fs::path const& from, fs::path const& to) {
    std::ifstream in{from, std::ios::binary};
    auto* const out = ::gzopen(to.c_str(), "wb6");
    if (!in || out == nullptr) {
        if (out != nullptr) ::gzclose(out);
        return failure(to, "cannot compress");
    }
    std::vector<char> buffer(256 * 1024);
    auto good = true;
    while (good && in) {
        in.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
        auto const got = static_cast<unsigned>(in.gcount());
        good = got == 0 || ::gzwrite(out, buffer.data(), got) == static_cast<int>(got);
    }
    good = ::gzclose(out) == Z_OK && good && in.eof();
    ::chmod(to.c_str(), 0600);
    if (good) return {};
    auto const why = failure(to, "cannot compress");
    std::error_code ignored;
    fs::remove(to, ignored);
    return why;
}

} // namespace

std::string_view to_string(LogLevel level) {
    switch (level) {
    case LogLevel::info: return "info";
    case LogLevel::warning: return "warning";
    case LogLevel::error: return "error";
    }
    std::abort();
}

LogLevel level_of(std::string_view line) {
    for (std::string_view const mark : {"ALARM ", "ALERT CRITICAL", "TRADING HALTED", "cannot "})
        if (line.starts_with(mark)) return LogLevel::error;
    for (std::string_view const mark : {"ALERT ", "reload refused", "trained models refused"})
        if (line.starts_with(mark)) return LogLevel::warning;
    return line.ends_with(" breaker open") ? LogLevel::warning : LogLevel::info;
}

std::string log_line(UtcTime at, LogLevel level, std::string_view text) {
    return fmt::format(
        R"({{"at":"{}","level":"{}","text":"{}"}})", format_utc(at), to_string(level), escaped(text)
    );
}

Result<LogFile> LogFile::open(fs::path const& directory, Options options) {
    LogFile file{directory / "polyquant.jsonl", options};
    if (auto const opened = file.reopen(); !opened) return opened.error();
    return file;
}

Result<void> LogFile::reopen() {
    int const fd = ::open(path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) return failure(path_, "cannot open");
    file_.reset(::fdopen(fd, "ab"));
    std::error_code error;
    size_ = fs::file_size(path_, error);
    if (error || !file_) return failure(path_, "cannot open");
    return {};
}

Result<void> LogFile::write(UtcTime at, LogLevel level, std::string_view text) {
    if (!file_)
        if (auto const opened = reopen(); !opened) return opened;
    auto const line = log_line(at, level, text) + "\n";
    if (size_ > 0 && size_ + line.size() > options_.bytes_max)
        if (auto const turned = turn_over(at); !turned) return turned;
    auto const written = std::fwrite(line.data(), 1, line.size(), file_.get());
    if (written != line.size() || std::fflush(file_.get()) != 0) {
        auto const why = failure(path_, "cannot write");
        file_.reset(); // opened again by the next line
        return why;
    }
    size_ += line.size();
    return {};
}

Result<void> LogFile::turn_over(UtcTime at) {
    file_.reset();
    auto stamp = format_utc(utc_from_seconds(unix_seconds(at)));
    std::erase_if(stamp, [](char c) { return c == '-' || c == ':'; });
    auto target = path_.parent_path() / fmt::format("polyquant-{}.jsonl.gz", stamp);
    for (int i = 2; fs::exists(target); ++i)
        target = path_.parent_path() / fmt::format("polyquant-{}-{}.jsonl.gz", stamp, i);
    if (auto const done = compress(path_, target); !done) return done;
    std::error_code error;
    fs::remove(path_, error);
    for (auto const& old : all_but_newest(
             stored_files(path_.parent_path(), "polyquant-", ".jsonl.gz"), options_.files_kept
         ))
        fs::remove(old.path, error);
    return reopen();
}

} // namespace polyquant::observe

#include "connectors/tape/session/tape_series.hpp"

#include "connectors/tape/repair.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <fcntl.h>
#include <sys/file.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace polyquant::tape {

namespace {

namespace fs = std::filesystem;

std::string words_for(int error) {
    return std::error_code{error, std::generic_category()}.message();
}

// "session-000012-..." -> 12; empty for files of others.
std::optional<std::uint64_t> number_of(std::string_view name, std::string_view prefix) {
    if (!name.starts_with(prefix) || !name.ends_with(".tape")) return std::nullopt;
    name.remove_prefix(prefix.size());
    if (!name.starts_with("-")) return std::nullopt;
    std::uint64_t number = 0;
    auto const [end, error] = std::from_chars(name.data() + 1, name.data() + name.size(), number);
    if (error != std::errc{} || *end != '-') return std::nullopt;
    return number;
}

std::string compact_utc(UtcTime at) {
    auto text = format_utc(std::chrono::floor<Seconds>(at));
    std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
    return text;
}

} // namespace

TapeSeries::DirectoryLock::DirectoryLock(DirectoryLock&& other) noexcept
    : handle_{std::exchange(other.handle_, -1)} {}

TapeSeries::DirectoryLock& TapeSeries::DirectoryLock::operator=(DirectoryLock&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
}

TapeSeries::DirectoryLock::~DirectoryLock() {
    if (handle_ >= 0) ::close(handle_);
}

// The names of new tapes, not their contents.
Result<void> TapeSeries::DirectoryLock::sync() const {
    if (::fsync(handle_) == 0) return {};
    return Failure{Fault::storage, "tape directory", "cannot be synced: " + words_for(errno)};
}

Result<TapeSeries> TapeSeries::open(fs::path directory, SeriesOptions options) {
    ENSURE(options.rotate_every > Seconds{0}, "tapes are rotated after some time");
    std::error_code ec;
    fs::create_directories(directory, ec);
    if (ec) return Failure{Fault::storage, directory.string(), "cannot be made: " + ec.message()};
    auto const handle = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (handle < 0)
        return Failure{Fault::storage, directory.string(), "cannot be opened: " + words_for(errno)};
    DirectoryLock lock{handle};
    if (::flock(handle, LOCK_EX | LOCK_NB) != 0)
        return Failure{
            Fault::invalid, directory.string(), "is being recorded into by another process"
        };
    TapeSeries series{std::move(directory), std::move(options), std::move(lock)};
    series.recover();
    return series;
}

TapeSeries::TapeSeries(fs::path directory, SeriesOptions options, DirectoryLock lock)
    : directory_{std::move(directory)}, options_{std::move(options)}, lock_{std::move(lock)} {}

TapeSeries::TapeSeries(TapeSeries&&) noexcept = default;
TapeSeries& TapeSeries::operator=(TapeSeries&&) noexcept = default;
TapeSeries::~TapeSeries() = default;

void TapeSeries::recover() {
    std::vector<std::pair<std::uint64_t, fs::path>> tapes;
    std::error_code ec;
    for (auto const& entry : fs::directory_iterator{directory_, ec})
        if (auto const number = number_of(entry.path().filename().string(), options_.prefix))
            tapes.emplace_back(*number, entry.path());
    std::sort(tapes.begin(), tapes.end());
    for (auto const& [number, path] : tapes) {
        number_ = std::max(number_, number);
        auto const repair = repair_tape(path);
        if (!repair)
            repairs_.refused.push_back(describe(repair.error()));
        else if (*repair)
            repairs_.repaired.push_back(fmt::format(
                "{}: {} records kept, {} bytes of an unfinished block cut off",
                path.string(),
                (*repair)->records,
                (*repair)->bytes_cut
            ));
    }
}

void TapeSeries::note_loss(std::uint64_t records, std::string why) {
    lost_ += records;
    hole_ += records;
    why_ = std::move(why);
}

Result<void> TapeSeries::write(std::vector<Record> const& records, Instant now, bool sync) {
    std::optional<Failure> refused;
    std::uint64_t done = 0;
    for (auto const& record : records) {
        auto const stored = put(record, now);
        ++done;
        if (stored) continue;
        // A record that no tape takes must not cost the others their place.
        if (stored.error().fault == Fault::invalid && writer_) {
            refused = stored.error();
            note_loss(1, refused->detail);
            continue;
        }
        give_up(records.size() - done + 1, stored.error(), now);
        return stored;
    }
    if (auto ended = end_block(now, sync); !ended) {
        give_up(0, ended.error(), now);
        return ended;
    }
    if (refused) return *refused;
    return {};
}

// What sat in the unfinished block is gone with the tape.
void TapeSeries::give_up(std::uint64_t count, Failure const& failure, Instant now) {
    if (writer_) count += writer_->records() - writer_->flushed_records();
    retire();
    note_loss(count, failure.detail);
    retry_at_ = now + options_.retry_every;
}

void TapeSeries::retire() {
    if (writer_) written_ += writer_->flushed_records();
    writer_.reset();
}

std::uint64_t TapeSeries::written() const {
    return written_ + (writer_ ? writer_->flushed_records() : 0);
}

Result<void> TapeSeries::put(Record const& record, Instant now) {
    auto const at = stamp_of(record).received_at;
    auto const period = at.time_since_epoch() / options_.rotate_every;
    auto const is_over =
        writer_ && (period != period_ || writer_->file_size() >= options_.rotate_bytes);
    if (is_over)
        if (auto closed = close(); !closed) return closed;
    if (!writer_)
        if (auto begun = begin(at, now); !begun) return begun;
    if (hole_ > 0)
        if (auto marked = mark_hole(at); !marked) return marked;
    return writer_->append(record);
}

Result<void> TapeSeries::begin(UtcTime at, Instant now) {
    if (now < retry_at_) return Failure{Fault::storage, directory_.string(), why_};
    if (auto space = check_space(); !space) return space;
    path_ =
        directory_ / fmt::format("{}-{:06}-{}.tape", options_.prefix, number_ + 1, compact_utc(at));
    auto writer = TapeWriter::create(
        path_, options_.metadata, {.compression_level = options_.compression_level}
    );
    if (!writer) return writer.error();
    ++number_;
    writer_ = std::move(*writer);
    period_ = at.time_since_epoch() / options_.rotate_every;
    return lock_.sync();
}

Result<void> TapeSeries::check_space() const {
    std::error_code ec;
    auto const space = fs::space(directory_, ec);
    if (ec || space.available >= options_.free_space_min) return {};
    return Failure{
        Fault::storage,
        directory_.string(),
        fmt::format(
            "{} MiB left on this disk, of which {} MiB are kept for the ledger",
            space.available >> 20U,
            options_.free_space_min >> 20U
        )
    };
}

Result<void> TapeSeries::mark_hole(UtcTime at) {
    Stamp const stamp{at, at, 0};
    auto const& topic = options_.prefix;
    auto const reason = fmt::format("{} events were not recorded: {}", hole_, why_);
    auto done = writer_->append(Event{FeedState{stamp, "tape", topic, false, reason}});
    if (done)
        done = writer_->append(Event{FeedState{stamp, "tape", topic, true, "recording again"}});
    if (done) done = writer_->flush();
    if (!done) return done;
    hole_ = 0;
    return {};
}

Result<void> TapeSeries::end_block(Instant now, bool sync) {
    if (!writer_) return {};
    if (auto flushed = writer_->flush(); !flushed) return flushed;
    if (!sync && now - synced_at_ < options_.sync_every) return {};
    synced_at_ = now;
    if (auto synced = writer_->sync(); !synced) return synced;
    auto space = check_space();
    if (space) return {};
    // The footer needs a few bytes only; where even they do not fit, the next start mends the tape.
    [[maybe_unused]] auto const closed = close();
    return space;
}

Result<void> TapeSeries::close() {
    if (!writer_) return {};
    auto closed = writer_->close();
    retire();
    return closed;
}

} // namespace polyquant::tape

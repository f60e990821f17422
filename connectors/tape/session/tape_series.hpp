// The tapes of one directory, written one after another. Blocks on the disk: for a side thread.
#pragma once

#include "connectors/tape/writer.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace polyquant::tape {

struct SeriesOptions {
    std::string prefix = "session"; // "session-000001-20261123T120000Z.tape"
    Metadata metadata{};
    Seconds rotate_every{3600};                 // at multiples of it in UTC
    std::uint64_t rotate_bytes = 256ULL << 20U; // a tape larger than this is ended
    int compression_level = 3;
    // With less than this left nothing more is written: the ledger needs the disk more.
    std::uint64_t free_space_min = 256ULL << 20U;
    Nanos sync_every = Seconds{5}; // to the disk; at least at every end of a tape
    Nanos retry_every = Seconds{10};
};

// What was found when a directory was opened again, and mended.
struct SeriesRepairs {
    std::vector<std::string> repaired; // one line each, naming the tape
    std::vector<std::string> refused;  // damaged otherwise: left alone
};

class TapeSeries {
public:
    // Makes the directory if need be, locks it against a second recorder (Fault::invalid) and
    // closes tapes that a killed one left. The first tape is made with the first record.
    static Result<TapeSeries> open(std::filesystem::path directory, SeriesOptions options);

    TapeSeries(TapeSeries&&) noexcept;
    TapeSeries& operator=(TapeSeries&&) noexcept;
    ~TapeSeries(); // as TapeWriter: leaves an unclosed tape

    SeriesRepairs const& repairs() const { return repairs_; }

    // Appends all of it and ends the block, so that it survives a kill; with `sync` a power cut
    // too. After Fault::storage the records not yet in a block are lost and counted, and from
    // retry_every on a new tape is tried. It begins with a FeedState{"tape", prefix, unhealthy}
    // that says how much is missing, so that a replay trusts no book from before the hole. A record
    // that no tape takes (Fault::invalid) is lost alone. `now` is steady time.
    Result<void> write(std::vector<Record> const& records, Instant now, bool sync);
    Result<void> close();

    // Records lost before they came here; marked on the tape like those lost by the disk.
    void note_loss(std::uint64_t records, std::string why);

    std::uint64_t written() const; // those that survive a kill, marks of holes included

    std::uint64_t lost() const { return lost_; }

    std::filesystem::path const& path() const { return path_; } // of the newest tape

private:
    // Releases the directory when it goes.
    class DirectoryLock {
    public:
        explicit DirectoryLock(int handle) : handle_{handle} {}

        DirectoryLock(DirectoryLock&& other) noexcept;
        DirectoryLock& operator=(DirectoryLock&& other) noexcept;
        ~DirectoryLock();

        Result<void> sync() const;

    private:
        int handle_;
    };

    TapeSeries(std::filesystem::path directory, SeriesOptions options, DirectoryLock lock);

    Result<void> put(Record const& record, Instant now);
    Result<void> begin(UtcTime at, Instant now);
    Result<void> check_space() const;
    Result<void> mark_hole(UtcTime at);
    Result<void> end_block(Instant now, bool sync);
    void give_up(std::uint64_t count, Failure const& failure, Instant now);
    void retire();
    void recover();

    std::filesystem::path directory_;
    SeriesOptions options_;
    DirectoryLock lock_;
    SeriesRepairs repairs_;
    std::uint64_t number_ = 0; // of the newest tape
    std::optional<TapeWriter> writer_;
    std::filesystem::path path_;
    std::int64_t period_ = 0; // rotate_every since the epoch, of the tape being written
    Instant synced_at_{};
    Instant retry_at_{};
    std::uint64_t written_ = 0; // on the tapes before
    std::uint64_t lost_ = 0;
    std::uint64_t hole_ = 0; // lost and not yet marked
    std::string why_;
};

} // namespace polyquant::tape

// Reads one tape block by block. Damage ends the reading and is reported with its place; defects
// of content are counted and not passed on.
#pragma once

#include "connectors/tape/codec.hpp"
#include "connectors/tape/file.hpp"
#include "connectors/tape/format.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct ZSTD_DCtx_s;

namespace polyquant::tape {

enum class DamageKind : std::uint8_t {
    truncated,  // the file ends within a block or the footer
    not_closed, // it ends after a whole block, but its writer never said it was done
    corrupt,    // bytes are not those that were written
    trailing,   // bytes after the footer
    unreadable, // the disk refused
};
std::string_view to_string(DamageKind kind);

// Everything before `offset` was read. Nothing after it was.
struct Damage {
    std::uint64_t offset = 0; // bytes from the file's start, of the block or footer concerned
    DamageKind kind = DamageKind::corrupt;
    std::string detail;
};

std::string describe(Damage const& damage);

enum class DefectKind : std::uint8_t { time_going_back, impossible_bar, impossible_market };
inline constexpr std::size_t defect_kinds = 3;
std::string_view to_string(DefectKind kind);

// Why a bar or market cannot be true by itself; empty detail where it can.
struct ContentDefect {
    DefectKind kind = DefectKind::impossible_bar;
    std::string detail;
};

ContentDefect content_defect(Record const& record);

// Records that cannot be true, by kind: how many, and the first one.
struct Defect {
    std::uint64_t count = 0;
    std::uint64_t first_record = 0; // 0 is the tape's first
    UtcTime first_received{};
    std::string first_detail;
};

struct BlockEntry {
    std::uint64_t offset = 0;
    std::uint64_t first_record = 0;
    BlockHeader header;
};

// The index of a tape: its whole blocks, without their contents.
struct TapeIndex {
    std::vector<BlockEntry> blocks;
    std::optional<Damage> damage; // as far as headers and footer show it
    std::uint64_t identity = 0;   // content hash of metadata and blocks

    std::uint64_t records() const;
    std::array<std::uint64_t, kind_slots> counts() const;
};

class TapeReader {
public:
    // Refuses what is no tape, a tape of another version, and one without a whole header.
    static Result<TapeReader> open(std::filesystem::path const& path);

    TapeReader(TapeReader&&) noexcept;
    TapeReader& operator=(TapeReader&&) noexcept;
    ~TapeReader();

    Metadata const& metadata() const { return metadata_; }

    std::string const& path() const { return path_; }

    // The next record, valid until the call after; null at the end or at damage.
    Record* next() { return next(record_) ? &record_ : nullptr; }

    // The same into the caller's place; faster where `into` holds a record of that kind already.
    bool next(Record& into);

    // Set once next() met it.
    std::optional<Damage> const& damage() const { return damage_; }

    Defect const& defect(DefectKind kind) const { return defects_[static_cast<std::size_t>(kind)]; }

    bool has_defects() const;

    // Reads a header a block and nothing else.
    TapeIndex index() const;

    // Only before the first next(): whole blocks that end before `from` are jumped over, with the
    // exception of those that list markets when `keep_listings` is set. Records before `from` in
    // the first block are still delivered.
    void skip_blocks_before(UtcTime from, bool keep_listings);

private:
    TapeReader(File file, std::string path, std::uint64_t size);

    bool load_block();
    bool unpack(BlockHeader const& header, std::string_view content);
    bool passes(Record const& record);
    void stop(std::uint64_t offset, DamageKind kind, std::string detail);

    File file_;
    std::string path_;
    Metadata metadata_;
    std::uint64_t size_ = 0;
    std::uint64_t start_ = 0;    // of the first block
    std::uint64_t position_ = 0; // of the next block
    std::uint64_t block_at_ = 0; // of the block being read
    std::uint64_t identity_ = 0; // of the file header
    BlockHeader block_;
    Footer seen_;
    std::uint32_t taken_ = 0;         // records of the block
    std::uint64_t record_number_ = 0; // of the tape
    bool done_ = false;
    std::optional<UtcTime> skip_before_;
    bool keep_listings_ = false;
    std::optional<UtcTime> last_received_;
    std::array<Defect, defect_kinds> defects_;
    std::optional<Damage> damage_;
    std::string content_;
    std::vector<char> body_; // keeps its place when the reader is moved: the decoder points into it
    RecordDecoder decoder_;
    Record record_;
    std::unique_ptr<ZSTD_DCtx_s, void (*)(ZSTD_DCtx_s*)> zstd_;
};

} // namespace polyquant::tape

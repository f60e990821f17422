// Writes one tape. What has been flushed is readable whatever happens to the process afterwards;
// what has not is at most one block.
#pragma once

#include "connectors/tape/codec.hpp"
#include "connectors/tape/file.hpp"
#include "connectors/tape/format.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

struct ZSTD_CCtx_s;

namespace polyquant::tape {

class TapeWriter {
public:
    struct Options {
        int compression_level = 3;           // zstd's; 19 for tapes written once
        std::size_t block_size = 256 * 1024; // bytes before compression
    };

    static Result<TapeWriter>
    create(std::filesystem::path const& path, Metadata const& metadata, Options options);
    static Result<TapeWriter> create(std::filesystem::path const& path, Metadata const& metadata);

    TapeWriter(TapeWriter&&) noexcept;
    TapeWriter& operator=(TapeWriter&&) noexcept;
    // Leaves an unclosed tape, as a kill would: close() is how a tape says it is whole.
    ~TapeWriter();

    // Refused (Fault::invalid, nothing written) when received_at lies before the record before it.
    // Fault::storage when the disk refuses: the tape ends at its last whole block from then on.
    Result<void> append(Record const& record);
    // Ends the block, so that it survives a kill. A recorder calls it every few seconds.
    Result<void> flush();
    // Hands what was flushed to the disk, so that it survives a power cut too.
    Result<void> sync();
    // Writes the footer and syncs. No append afterwards.
    Result<void> close();

    std::uint64_t records() const { return footer_.records + block_.records; }

    // Of those, how many survive a kill now.
    std::uint64_t flushed_records() const { return footer_.records; }

    // Written so far, without the block being filled.
    std::uint64_t file_size() const { return file_size_; }

private:
    TapeWriter(File file, Options options);

    Result<void> store(std::string_view bytes);

    File file_;
    Options options_;
    RecordEncoder encoder_;
    BlockHeader block_;
    Footer footer_;
    std::uint64_t file_size_ = 0;
    bool stopped_ = false; // closed, or the disk refused
    std::string packed_;
    std::unique_ptr<ZSTD_CCtx_s, void (*)(ZSTD_CCtx_s*)> zstd_;
};

} // namespace polyquant::tape

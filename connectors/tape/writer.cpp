#include "connectors/tape/writer.hpp"

#include "connectors/tape/hash64.hpp"

#include <fmt/format.h>
#include <zstd.h>

namespace polyquant::tape {

namespace {

// A frame beyond this is no frame of any venue, and a block must stay within what readers accept.
constexpr std::size_t raw_frame_max = block_body_max / 4;

void free_context(ZSTD_CCtx_s* context) {
    ZSTD_freeCCtx(context);
}

} // namespace

Result<TapeWriter>
TapeWriter::create(std::filesystem::path const& path, Metadata const& metadata, Options options) {
    auto const text = to_json(metadata);
    if (text.size() > metadata_max)
        return Failure{Fault::invalid, path.string(), "metadata larger than 1 MiB"};
    auto file = File::create(path);
    if (!file) return file.error();
    TapeWriter writer{std::move(*file), options};
    if (auto stored = writer.store(encode_file_header(text)); !stored) return stored.error();
    return writer;
}

Result<TapeWriter> TapeWriter::create(std::filesystem::path const& path, Metadata const& metadata) {
    return create(path, metadata, Options{});
}

TapeWriter::TapeWriter(File file, Options options)
    : file_{std::move(file)}, options_{options}, zstd_{ZSTD_createCCtx(), &free_context} {
    ENSURE(zstd_ != nullptr, "no memory for a zstd context");
    encoder_.start_block();
}

TapeWriter::TapeWriter(TapeWriter&&) noexcept = default;
TapeWriter& TapeWriter::operator=(TapeWriter&&) noexcept = default;
TapeWriter::~TapeWriter() = default;

Result<void> TapeWriter::append(Record const& record) {
    if (stopped_) return Failure{Fault::storage, "tape", "written to after it was closed"};
    auto const at = stamp_of(record).received_at;
    auto const first = footer_.records == 0 && block_.records == 0;
    if (!first && at < block_.last_received)
        return Failure{
            Fault::invalid,
            "tape",
            fmt::format(
                "time going back: {} received at {} after {}",
                kind_name(kind_of(record)),
                format_utc(at),
                format_utc(block_.last_received)
            )
        };
    if (auto const* frame = std::get_if<RawFrame>(&record);
        frame != nullptr && frame->bytes.size() > raw_frame_max)
        return Failure{Fault::invalid, "tape", "raw frame larger than 16 MiB"};
    encoder_.add(record);
    if (block_.records == 0) block_.first_received = at;
    block_.last_received = at;
    ++block_.records;
    ++block_.counts[kind_of(record)];
    if (encoder_.size() >= options_.block_size) return flush();
    return {};
}

Result<void> TapeWriter::flush() {
    if (stopped_) return Failure{Fault::storage, "tape", "flushed after it was closed"};
    if (block_.records == 0) return {};
    auto const definitions = encoder_.definitions();
    auto const& body = encoder_.body();
    packed_.resize(ZSTD_compressBound(body.size()));
    auto const packed = ZSTD_compressCCtx(
        zstd_.get(),
        packed_.data(),
        packed_.size(),
        body.data(),
        body.size(),
        options_.compression_level
    );
    ENSURE(ZSTD_isError(packed) == 0, "zstd refused a block that fits its bound");
    packed_.resize(packed);

    block_.definitions_size = static_cast<std::uint32_t>(definitions.size());
    block_.packed_size = static_cast<std::uint32_t>(packed_.size());
    block_.body_size = static_cast<std::uint32_t>(body.size());
    block_.definitions_hash = hash64(definitions);
    block_.packed_hash = hash64(packed_);
    // One write a block: a kill in between leaves a torn tail, never a header without content
    // that looks whole.
    if (auto stored = store(encode(block_) + definitions + packed_); !stored) return stored;

    footer_.chain = chain_hash(footer_.chain, block_);
    footer_.records += block_.records;
    ++footer_.blocks;
    BlockHeader next;
    next.last_received = block_.last_received;
    block_ = next;
    encoder_.start_block();
    return {};
}

Result<void> TapeWriter::sync() {
    if (stopped_) return Failure{Fault::storage, "tape", "synced after it was closed"};
    return file_.sync();
}

Result<void> TapeWriter::close() {
    if (auto flushed = flush(); !flushed) return flushed;
    if (auto stored = store(encode(footer_)); !stored) return stored;
    stopped_ = true;
    auto synced = file_.sync();
    file_.close();
    return synced;
}

Result<void> TapeWriter::store(std::string_view bytes) {
    auto written = file_.write(bytes);
    if (!written) {
        file_.truncate(file_size_);
        stopped_ = true;
        return written;
    }
    file_size_ += bytes.size();
    return {};
}

} // namespace polyquant::tape

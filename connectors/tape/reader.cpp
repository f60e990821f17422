#include "connectors/tape/reader.hpp"

#include "connectors/tape/hash64.hpp"

#include <fmt/format.h>
#include <zstd.h>

#include <algorithm>

namespace polyquant::tape {

namespace {

void free_context(ZSTD_DCtx_s* context) {
    ZSTD_freeDCtx(context);
}

struct FileHead {
    std::uint64_t size = 0;
    std::uint64_t identity = 0;
    Metadata metadata;
};

Result<FileHead> read_head(File const& file, std::string const& path) {
    auto const bad = [&path](std::string why) {
        return Failure{Fault::invalid, path, why};
    };
    std::string head;
    if (auto read = file.read(0, file_head_size, head); !read) return read.error();
    auto const magic = std::string_view{head}.substr(0, file_magic.size());
    if (magic != file_magic) return bad("is not a tape (no PQTAPE at its start)");
    if (head.size() < file_head_size) return bad("is cut off within its header: nothing to read");
    ByteSource in{std::string_view{head}.substr(file_magic.size())};
    auto const version = in.fixed<std::uint16_t>();
    if (version != format_version)
        return bad(fmt::format(
            "is a tape of version {}, this program reads version {}: import or record it anew",
            version,
            format_version
        ));
    in.fixed<std::uint16_t>();
    auto const length = in.fixed<std::uint32_t>();
    if (length > metadata_max) return bad("has a damaged header (impossible metadata length)");
    auto const whole = file_head_size + length + 8;
    if (auto read = file.read(0, whole, head); !read) return read.error();
    if (head.size() < whole) return bad("is cut off within its header: nothing to read");
    auto const body = std::string_view{head}.substr(0, whole - 8);
    auto const stored = ByteSource{std::string_view{head}.substr(whole - 8)}.fixed<std::uint64_t>();
    if (stored != hash64(body)) return bad("has a damaged header (its hash differs)");
    auto metadata = parse_metadata(body.substr(file_head_size));
    if (!metadata) return bad("has a damaged header: " + metadata.error().detail);
    return FileHead{whole, stored, std::move(*metadata)};
}

// One step of walking the headers: a block, a footer, or what is wrong there.
struct Step {
    std::optional<BlockHeader> block;
    std::optional<Footer> footer;
    std::optional<Damage> damage;
};

Step step_at(File const& file, std::uint64_t at, std::uint64_t file_size) {
    auto const damage = [at](DamageKind kind, std::string detail) {
        return Step{{}, {}, Damage{at, kind, std::move(detail)}};
    };
    if (at == file_size)
        return damage(
            DamageKind::not_closed, "no footer: cut off between blocks, or its writer was killed"
        );
    std::string bytes;
    if (auto read = file.read(at, block_header_size, bytes); !read)
        return damage(DamageKind::unreadable, read.error().detail);
    auto const cut = [&bytes](std::size_t size) {
        return bytes.size() < size;
    };
    if (cut(4)) return damage(DamageKind::truncated, "ends within a block header");
    switch (section_at(std::string_view{bytes}.substr(0, 4))) {
    case Section::neither: return damage(DamageKind::corrupt, "neither a block nor the footer");
    case Section::footer: {
        if (cut(footer_size)) return damage(DamageKind::truncated, "ends within the footer");
        auto footer = decode_footer(std::string_view{bytes}.substr(0, footer_size));
        if (!footer) return damage(DamageKind::corrupt, "the footer's hash differs");
        if (file_size > at + footer_size)
            return damage(
                DamageKind::trailing,
                fmt::format("{} bytes after the footer", file_size - at - footer_size)
            );
        return Step{{}, footer, {}};
    }
    case Section::block: break;
    }
    if (cut(block_header_size)) return damage(DamageKind::truncated, "ends within a block header");
    auto block = decode_block_header(bytes);
    if (!block) return damage(DamageKind::corrupt, "a block header's hash differs");
    if (file_size - at - block_header_size < block->content_size())
        return damage(
            DamageKind::truncated, fmt::format("ends within a block of {} records", block->records)
        );
    return Step{block, {}, {}};
}

// Anything longer is a mistake, and would overflow when added to a time.
bool is_length(Seconds length) {
    return length > Seconds{0} && length <= std::chrono::days{3660};
}

// Times far out of range cannot be formatted; their number still tells what is wrong.
std::string to_text(UtcTime t) {
    auto const years = unix_seconds(t) / (365 * 86400);
    return years >= -1900 && years <= 290 ? format_utc(t) : fmt::format("{} ns", unix_nanos(t));
}

bool footer_agrees(Footer const& a, Footer const& b) {
    return a.blocks == b.blocks && a.records == b.records && a.chain == b.chain;
}

} // namespace

std::string_view to_string(DamageKind kind) {
    switch (kind) {
    case DamageKind::truncated: return "truncated";
    case DamageKind::not_closed: return "not_closed";
    case DamageKind::corrupt: return "corrupt";
    case DamageKind::trailing: return "trailing";
    case DamageKind::unreadable: return "unreadable";
    }
    std::abort();
}

std::string describe(Damage const& damage) {
    return fmt::format("{} at byte {}: {}", to_string(damage.kind), damage.offset, damage.detail);
}

std::string_view to_string(DefectKind kind) {
    switch (kind) {
    case DefectKind::time_going_back: return "time_going_back";
    case DefectKind::impossible_bar: return "impossible_bar";
    case DefectKind::impossible_market: return "impossible_market";
    }
    std::abort();
}

ContentDefect content_defect(Record const& record) {
    auto const* event = std::get_if<Event>(&record);
    if (event == nullptr) return {};
    if (auto const* update = std::get_if<BarUpdate>(event)) {
        auto why = std::string{bar_defect(update->bar)};
        if (!is_length(update->bar.length)) why = "impossible length";
        if (why.empty()) return {};
        return {
            DefectKind::impossible_bar,
            fmt::format("{} {}: {}", to_string(update->asset), to_text(update->bar.open_time), why)
        };
    }
    if (auto const* listed = std::get_if<MarketListed>(event)) {
        auto const& m = listed->market;
        if (!is_length(m.window.length))
            return {DefectKind::impossible_market, m.slug + ": impossible window length"};
        if (m.up == m.down)
            return {DefectKind::impossible_market, m.slug + ": both outcomes have one token"};
    }
    return {};
}

std::uint64_t TapeIndex::records() const {
    std::uint64_t sum = 0;
    for (auto const& block : blocks)
        sum += block.header.records;
    return sum;
}

std::array<std::uint64_t, kind_slots> TapeIndex::counts() const {
    std::array<std::uint64_t, kind_slots> sums{};
    for (auto const& block : blocks)
        for (std::size_t i = 0; i < kind_slots; ++i)
            sums[i] += block.header.counts[i];
    return sums;
}

Result<TapeReader> TapeReader::open(std::filesystem::path const& path) {
    auto file = File::open(path);
    if (!file) return file.error();
    auto size = file->size();
    if (!size) return size.error();
    auto head = read_head(*file, path.string());
    if (!head) return head.error();
    TapeReader reader{std::move(*file), path.string(), *size};
    reader.metadata_ = std::move(head->metadata);
    reader.start_ = reader.position_ = head->size;
    reader.identity_ = head->identity;
    return reader;
}

TapeReader::TapeReader(File file, std::string path, std::uint64_t size)
    : file_{std::move(file)}, path_{std::move(path)}, size_{size},
      zstd_{ZSTD_createDCtx(), &free_context} {
    ENSURE(zstd_ != nullptr, "no memory for a zstd context");
}

TapeReader::TapeReader(TapeReader&&) noexcept = default;
TapeReader& TapeReader::operator=(TapeReader&&) noexcept = default;
TapeReader::~TapeReader() = default;

bool TapeReader::has_defects() const {
    return std::ranges::any_of(defects_, [](auto const& d) { return d.count != 0; });
}

TapeIndex TapeReader::index() const {
    TapeIndex index;
    index.identity = identity_;
    Footer seen;
    for (auto at = start_;;) {
        auto step = step_at(file_, at, size_);
        if (step.block) {
            index.blocks.push_back({at, seen.records, *step.block});
            seen.chain = chain_hash(seen.chain, *step.block);
            seen.records += step.block->records;
            ++seen.blocks;
            at += block_header_size + step.block->content_size();
            continue;
        }
        if (step.footer && !footer_agrees(*step.footer, seen))
            step.damage = Damage{at, DamageKind::corrupt, "the footer is not of these blocks"};
        index.damage = std::move(step.damage);
        break;
    }
    ByteSink chain;
    chain.fixed(seen.chain);
    index.identity = hash64(chain.bytes(), index.identity);
    return index;
}

void TapeReader::skip_blocks_before(UtcTime from, bool keep_listings) {
    ENSURE(record_number_ == 0, "a tape is positioned before it is read");
    skip_before_ = from;
    keep_listings_ = keep_listings;
}

bool TapeReader::next(Record& into) {
    while (!done_) {
        if (taken_ == block_.records) {
            if (decoder_.remaining() != 0) {
                stop(block_at_, DamageKind::corrupt, "a block holds more than its header says");
                return false;
            }
            if (!load_block()) return false;
            continue;
        }
        if (!decoder_.next(into)) {
            stop(
                block_at_,
                DamageKind::corrupt,
                fmt::format("record {} of the block makes no sense", taken_)
            );
            return false;
        }
        ++taken_;
        ++record_number_;
        if (passes(into)) return true;
    }
    return false;
}

// Moves on to the next block that is wanted; false at the end or at damage.
bool TapeReader::load_block() {
    for (;;) {
        auto step = step_at(file_, position_, size_);
        if (step.footer && !footer_agrees(*step.footer, seen_))
            step.damage =
                Damage{position_, DamageKind::corrupt, "the footer is not of these blocks"};
        if (!step.block) {
            done_ = true;
            damage_ = std::move(step.damage);
            return false;
        }
        auto const& header = *step.block;
        block_at_ = position_;
        auto const lists = header.counts[kind_number<MarketListed>()] != 0;
        auto const wanted =
            !skip_before_ || header.last_received >= *skip_before_ || (keep_listings_ && lists);
        auto const size = wanted ? header.content_size() : header.definitions_size;
        auto const read =
            file_.read(block_at_ + block_header_size, static_cast<std::size_t>(size), content_);
        if (!read || content_.size() != size) {
            stop(block_at_, DamageKind::unreadable, "the disk did not give the block");
            return false;
        }
        auto const content = std::string_view{content_};
        auto const definitions = content.substr(0, header.definitions_size);
        if (hash64(definitions) != header.definitions_hash || !decoder_.define(definitions)) {
            stop(block_at_, DamageKind::corrupt, "a block's definitions differ from their hash");
            return false;
        }
        if (wanted && !unpack(header, content.substr(header.definitions_size))) return false;
        position_ = block_at_ + block_header_size + header.content_size();
        seen_.chain = chain_hash(seen_.chain, header);
        seen_.records += header.records;
        ++seen_.blocks;
        if (wanted && header.records != 0) {
            block_ = header;
            taken_ = 0;
            return true;
        }
        record_number_ += wanted ? 0 : header.records;
    }
}

bool TapeReader::unpack(BlockHeader const& header, std::string_view packed) {
    if (hash64(packed) != header.packed_hash) {
        stop(
            block_at_,
            DamageKind::corrupt,
            fmt::format("a block of {} records differs from its hash", header.records)
        );
        return false;
    }
    body_.resize(header.body_size);
    auto const size =
        ZSTD_decompressDCtx(zstd_.get(), body_.data(), body_.size(), packed.data(), packed.size());
    if (ZSTD_isError(size) != 0 || size != header.body_size) {
        stop(block_at_, DamageKind::corrupt, "a block does not unpack to the size it states");
        return false;
    }
    decoder_.start_block({body_.data(), body_.size()});
    return true;
}

// Counts what cannot be true and holds it back.
bool TapeReader::passes(Record const& record) {
    auto const found = [this, &record](DefectKind kind, std::string detail) {
        auto& defect = defects_[static_cast<std::size_t>(kind)];
        if (defect.count++ == 0)
            defect = {1, record_number_ - 1, stamp_of(record).received_at, std::move(detail)};
        return false;
    };
    auto const at = stamp_of(record).received_at;
    if (last_received_ && at < *last_received_)
        return found(
            DefectKind::time_going_back,
            fmt::format("{} after {}", format_utc(at), format_utc(*last_received_))
        );
    last_received_ = at;
    auto defect = content_defect(record);
    return defect.detail.empty() || found(defect.kind, std::move(defect.detail));
}

void TapeReader::stop(std::uint64_t offset, DamageKind kind, std::string detail) {
    done_ = true;
    damage_ = Damage{offset, kind, std::move(detail)};
}

} // namespace polyquant::tape

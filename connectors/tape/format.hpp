// The file around the records. Everything is little-endian.
//
//   header   magic "PQTAPE\r\n", u16 version, u16 zero, u32 length of the metadata, metadata as
//            JSON text, u64 hash of all of it
//   block    header of fixed size (below), definitions, records as one zstd frame
//   ...
//   footer   magic, u32 zero, u64 blocks, u64 records, u64 chained hash of the blocks, u64 hash
//
// Block headers are the index: each says its times, its counts and how far the next one is, so a
// reader finds a time, or the counts, by reading a few bytes a block; and this works for the
// complete blocks of a tape whose writer was killed. A missing footer is how that is noticed.
#pragma once

#include "connectors/tape/record.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace polyquant::tape {

inline constexpr std::string_view file_magic{"PQTAPE\r\n", 8};
inline constexpr std::uint16_t format_version = 1;
inline constexpr std::size_t file_head_size = 16;      // up to the metadata
inline constexpr std::size_t metadata_max = 1 << 20;   // bytes
inline constexpr std::size_t block_body_max = 1 << 26; // bytes, decoded; bounds a reader's memory

// What the tape says about itself. Values are free text; `symbols` names what is recorded.
struct Metadata {
    std::string source;
    std::string attribution; // author, title and licence, as the licence asks
    std::string created_by;  // the command line
    std::vector<std::string> symbols;
    std::string notes;

    friend bool operator==(Metadata const&, Metadata const&) = default;
};

std::string to_json(Metadata const& metadata);
Result<Metadata> parse_metadata(std::string_view json);

struct BlockHeader {
    std::uint32_t definitions_size = 0;
    std::uint32_t packed_size = 0;
    std::uint32_t body_size = 0;
    std::uint32_t records = 0;
    UtcTime first_received{};
    UtcTime last_received{};
    std::array<std::uint32_t, kind_slots> counts{};
    std::uint64_t definitions_hash = 0; // apart, for readers that jump over the records
    std::uint64_t packed_hash = 0;

    std::uint64_t content_size() const { return std::uint64_t{definitions_size} + packed_size; }

    friend bool operator==(BlockHeader const&, BlockHeader const&) = default;
};

inline constexpr std::size_t block_header_size = 4 + 4 * 4 + 2 * 8 + 4 * kind_slots + 3 * 8;

struct Footer {
    std::uint64_t blocks = 0;
    std::uint64_t records = 0;
    std::uint64_t chain = 0; // see chain_hash
};

inline constexpr std::size_t footer_size = 4 + 4 + 4 * 8;

// Identity of everything up to and including a block, from the identity before it.
std::uint64_t chain_hash(std::uint64_t before, BlockHeader const& block);

std::string encode_file_header(std::string_view metadata_json);
std::string encode(BlockHeader const& header);
std::string encode(Footer const& footer);

enum class Section : std::uint8_t { block, footer, neither };
Section section_at(std::string_view first_four_bytes);
// Empty where the bytes are not what the writer wrote: wrong magic, hash or impossible sizes.
std::optional<BlockHeader> decode_block_header(std::string_view bytes);
std::optional<Footer> decode_footer(std::string_view bytes);

} // namespace polyquant::tape

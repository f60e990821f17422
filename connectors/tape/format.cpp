#include "connectors/tape/format.hpp"

#include "connectors/tape/bytes.hpp"
#include "connectors/tape/hash64.hpp"

#include <boost/json.hpp>

namespace polyquant::tape {

namespace json = boost::json;

namespace {

constexpr std::uint32_t block_magic = 0x4B4C4250;  // "PBLK"
constexpr std::uint32_t footer_magic = 0x444E4550; // "PEND"

std::string text_at(json::object const& object, std::string_view key) {
    auto const* value = object.if_contains(key);
    if (value == nullptr || !value->is_string()) return {};
    return std::string{value->get_string()};
}

// The last eight bytes are the hash of those before.
bool seal_holds(std::string_view bytes) {
    auto const body = bytes.substr(0, bytes.size() - 8);
    return ByteSource{bytes.substr(body.size())}.fixed<std::uint64_t>() == hash64(body);
}

std::string sealed(ByteSink& out) {
    out.fixed(hash64(out.bytes()));
    return out.bytes();
}

} // namespace

std::string to_json(Metadata const& metadata) {
    json::array symbols;
    for (auto const& symbol : metadata.symbols)
        symbols.emplace_back(symbol);
    return json::serialize(json::object{
        {"source", metadata.source},
        {"attribution", metadata.attribution},
        {"created_by", metadata.created_by},
        {"symbols", std::move(symbols)},
        {"notes", metadata.notes},
    });
}

Result<Metadata> parse_metadata(std::string_view text) {
    boost::system::error_code error;
    auto const value = json::parse(json::string_view{text.data(), text.size()}, error);
    if (error || !value.is_object())
        return Failure{Fault::parse, "tape metadata", "not a JSON object"};
    auto const& object = value.get_object();
    Metadata metadata{
        text_at(object, "source"),
        text_at(object, "attribution"),
        text_at(object, "created_by"),
        {},
        text_at(object, "notes")
    };
    if (auto const* symbols = object.if_contains("symbols"); symbols && symbols->is_array())
        for (auto const& symbol : symbols->get_array())
            if (symbol.is_string()) metadata.symbols.emplace_back(symbol.get_string());
    return metadata;
}

std::uint64_t chain_hash(std::uint64_t before, BlockHeader const& block) {
    return hash64(encode(block), before);
}

std::string encode_file_header(std::string_view metadata_json) {
    ByteSink out;
    out.raw(file_magic);
    out.fixed(format_version);
    out.fixed(std::uint16_t{0});
    out.fixed(static_cast<std::uint32_t>(metadata_json.size()));
    out.raw(metadata_json);
    return sealed(out);
}

std::string encode(BlockHeader const& header) {
    ByteSink out;
    out.fixed(block_magic);
    out.fixed(header.definitions_size);
    out.fixed(header.packed_size);
    out.fixed(header.body_size);
    out.fixed(header.records);
    out.fixed(unix_nanos(header.first_received));
    out.fixed(unix_nanos(header.last_received));
    for (auto count : header.counts)
        out.fixed(count);
    out.fixed(header.definitions_hash);
    out.fixed(header.packed_hash);
    return sealed(out);
}

std::string encode(Footer const& footer) {
    ByteSink out;
    out.fixed(footer_magic);
    out.fixed(std::uint32_t{0});
    out.fixed(footer.blocks);
    out.fixed(footer.records);
    out.fixed(footer.chain);
    return sealed(out);
}

Section section_at(std::string_view first_four_bytes) {
    auto const magic = ByteSource{first_four_bytes}.fixed<std::uint32_t>();
    if (magic == block_magic) return Section::block;
    return magic == footer_magic ? Section::footer : Section::neither;
}

std::optional<BlockHeader> decode_block_header(std::string_view bytes) {
    if (bytes.size() != block_header_size || !seal_holds(bytes)) return std::nullopt;
    ByteSource in{bytes};
    if (in.fixed<std::uint32_t>() != block_magic) return std::nullopt;
    BlockHeader header;
    header.definitions_size = in.fixed<std::uint32_t>();
    header.packed_size = in.fixed<std::uint32_t>();
    header.body_size = in.fixed<std::uint32_t>();
    header.records = in.fixed<std::uint32_t>();
    header.first_received = UtcTime{Nanos{in.fixed<std::int64_t>()}};
    header.last_received = UtcTime{Nanos{in.fixed<std::int64_t>()}};
    for (auto& count : header.counts)
        count = in.fixed<std::uint32_t>();
    header.definitions_hash = in.fixed<std::uint64_t>();
    header.packed_hash = in.fixed<std::uint64_t>();
    if (header.body_size > block_body_max || header.definitions_size > block_body_max ||
        header.packed_size > 2 * block_body_max)
        return std::nullopt;
    return header;
}

std::optional<Footer> decode_footer(std::string_view bytes) {
    if (bytes.size() != footer_size || !seal_holds(bytes)) return std::nullopt;
    ByteSource in{bytes};
    if (in.fixed<std::uint32_t>() != footer_magic) return std::nullopt;
    in.fixed<std::uint32_t>();
    Footer footer;
    footer.blocks = in.fixed<std::uint64_t>();
    footer.records = in.fixed<std::uint64_t>();
    footer.chain = in.fixed<std::uint64_t>();
    return footer;
}

} // namespace polyquant::tape

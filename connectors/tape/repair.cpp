#include "connectors/tape/repair.hpp"

#include "connectors/tape/hash64.hpp"
#include "connectors/tape/reader.hpp"

namespace polyquant::tape {

namespace {

// A power cut may leave a block's header and length without its bytes.
bool content_is_whole(File const& file, BlockEntry const& block) {
    std::string content;
    auto const at = block.offset + block_header_size;
    auto const size = static_cast<std::size_t>(block.header.content_size());
    if (!file.read(at, size, content) || content.size() != size) return false;
    auto const view = std::string_view{content};
    auto const definitions = view.substr(0, block.header.definitions_size);
    return hash64(definitions) == block.header.definitions_hash &&
           hash64(view.substr(block.header.definitions_size)) == block.header.packed_hash;
}

} // namespace

Result<std::optional<Repair>> repair_tape(std::filesystem::path const& path) {
    auto reader = TapeReader::open(path);
    if (!reader) return reader.error();
    auto index = reader->index();
    if (!index.damage) return std::optional<Repair>{};
    auto const kind = index.damage->kind;
    if (kind != DamageKind::truncated && kind != DamageKind::not_closed)
        return Failure{Fault::invalid, path.string(), describe(*index.damage)};

    auto file = File::open_for_repair(path);
    if (!file) return file.error();
    auto const size = file->size();
    if (!size) return size.error();
    auto end = index.damage->offset;
    if (!index.blocks.empty() && !content_is_whole(*file, index.blocks.back())) {
        end = index.blocks.back().offset;
        index.blocks.pop_back();
    }
    Footer footer;
    for (auto const& block : index.blocks) {
        footer.chain = chain_hash(footer.chain, block.header);
        footer.records += block.header.records;
        ++footer.blocks;
    }
    file->truncate(end);
    if (auto written = file->write(encode(footer)); !written) return written.error();
    if (auto synced = file->sync(); !synced) return synced.error();
    return std::optional{Repair{footer.records, *size - end}};
}

} // namespace polyquant::tape

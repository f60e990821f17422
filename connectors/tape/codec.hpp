// Records to bytes and back. A block can be decoded alone, given the definitions of the blocks
// before it: deltas start anew with each block, ids and words are numbered once per tape.
#pragma once

#include "connectors/tape/bytes.hpp"
#include "connectors/tape/record.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace polyquant::tape {

using RawId = std::array<std::uint8_t, 32>;

// What deltas refer to; equal in encoder and decoder at every record.
struct DeltaState {
    std::int64_t received = 0;                     // ns
    std::int64_t offset = 0;                       // ns, venue time minus received
    std::uint32_t token = 0;                       // number of the last book change's token
    std::int64_t price = 0;                        // micros, of the last book change
    std::array<std::int64_t, asset_count> tick{};  // e8, last price tick of the asset
    std::array<std::int64_t, asset_count> close{}; // last bar close in its own decimals
};

class RecordEncoder {
public:
    void start_block();
    // Stamp.seq is not written: the feed numbers what it plays.
    void add(Record const& record);

    std::string const& body() const { return body_.bytes(); }

    std::string definitions() const;

    std::size_t size() const { return body_.size() + new_ids_.size() * 32 + new_words_bytes_; }

private:
    friend struct EncodeFields;

    struct IdHash {
        std::size_t operator()(RawId const& id) const noexcept;
    };

    std::uint32_t number_of(RawId const& id);
    std::uint32_t number_of(std::string const& word);
    void put_tag(std::size_t kind, Stamp const& at, std::uint8_t flags);
    void put_change(BookChange const& change);

    ByteSink body_;
    DeltaState state_;
    std::unordered_map<RawId, std::uint32_t, IdHash> ids_;
    std::unordered_map<std::string, std::uint32_t> words_;
    std::vector<RawId> new_ids_;
    std::vector<std::string> new_words_;
    std::size_t new_words_bytes_ = 0;
};

class RecordDecoder {
public:
    // False where the definitions are malformed.
    bool define(std::string_view definitions);
    // `body` must outlive the block's last next().
    void start_block(std::string_view body);
    // False at the block's end or at a record that no encoder wrote. Reuses what `into` holds.
    bool next(Record& into);

    bool malformed() const { return body_.failed(); }

    // Bytes of the block's body not yet decoded, for naming the place of damage.
    std::size_t remaining() const { return body_.remaining(); }

private:
    friend struct DecodeFields;

    void take_change(std::uint8_t flags, Stamp const& at, Record& into);

    ByteSource body_;
    DeltaState state_;
    std::vector<RawId> ids_;
    std::vector<std::string> words_;
};

} // namespace polyquant::tape

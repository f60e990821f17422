// Which token of which market a book recording holds, and which outcome that token is: the
// recording itself does not say.
#pragma once

#include "connectors/tape/import_report.hpp"
#include "engine/core/market.hpp"

#include <cstdint>
#include <istream>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace polyquant::tape {

// One market as recorded.
struct RecordedTokens {
    TokenId main;                 // the token with the most messages
    std::optional<TokenId> other; // where it was recorded too
    std::optional<Outcome> side;  // of `main`; empty: unknown
    bool inferred = false;        // the side, by us and not by the recording's author
};

class Coverage {
public:
    // A token's line of coverage.csv, or what a scan counts.
    struct Row {
        TokenId token;
        std::uint64_t messages = 0;
        std::optional<Outcome> side;
        // For inferring a side: the last quotes, when, and what the coin did over the window.
        std::optional<double> last_mid;
        std::optional<double> last_offset_s;
        std::optional<double> move_bps;
    };

    // Reads slug, asset_id, snapshots, last_offset_s, last_bid, last_ask, binance_move_bps,
    // token_side_inferred.
    static Result<Coverage> parse(std::istream& csv, ImportReport& report);
    // Counts the messages of each token of a recording: tokens only, no sides.
    static Coverage scan_replay(std::istream& jsonl);
    static Result<Coverage> scan_book(std::istream& csv, Asset asset, ImportReport& report);

    void add(std::string const& slug, Row row);
    // Takes markets of `more` that are not here.
    void merge(Coverage const& more);

    // Where a side is unknown: the last quote stands at 0.90 or above or at 0.10 or below within
    // the last minute, and the coin moved 3 bps or more. Then the favourite is the outcome the coin
    // went to; at that distance the two agree in all markets of which both are known.
    void infer_sides() { infer_ = true; }

    // Where a side is unknown still: every main token is this outcome.
    void assume_side(Outcome side) { assumed_ = side; }

    std::optional<RecordedTokens> find(std::string const& slug) const;

    std::size_t size() const { return markets_.size(); }

    std::map<std::string, std::vector<Row>> const& markets() const { return markets_; }

private:
    std::map<std::string, std::vector<Row>> markets_;
    bool infer_ = false;
    std::optional<Outcome> assumed_;
};

// The outcome that a token is, by its last quote and the coin's move; empty when they are not
// clear.
std::optional<Outcome> infer_side(Coverage::Row const& row);

// Stand-ins for ids that a recording lacks. The four 8-byte words, big-endian, are hash64 of
// "condition:<slug>" or "token:<UP|DOWN>:<slug>" with the seeds 0, 1, 2 and 3. Not real ids: they
// must not reach the venue.
ConditionId synthetic_condition(std::string_view slug);
TokenId synthetic_token(std::string_view slug, Outcome outcome);

} // namespace polyquant::tape

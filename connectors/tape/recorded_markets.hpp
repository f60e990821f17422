// The markets of a book recording as an importer meets them, row by row.
#pragma once

#include "connectors/tape/importers.hpp"
#include "engine/core/book.hpp"

#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>

namespace polyquant::tape {

struct RecordedMarket {
    Market market;
    bool listed = false;
    bool inferred = false; // which outcome was recorded, by us
};

struct RecordedToken {
    TokenId id;
    std::string slug;
    RecordedMarket* market = nullptr; // null: not to be imported
    bool in_part = false;             // for being recorded in part only, not for being unknown
    bool met = false;                 // a row of it lies in the range
    Book before;                      // of the rows before the range
    bool has_book = false;            // a snapshot was emitted
    Price tick = cents(1);
};

class RecordedMarkets {
public:
    RecordedMarkets(
        Coverage const& coverage, BookMarketDefaults const& defaults, ImportReport& report
    );

    // Stays valid. Counted for the notes once meet() says that it lies in the range. A token whose
    // outcome is unknown, or that was recorded only in part, has no market.
    RecordedToken& token(std::string const& slug, TokenId const& id);

    void meet(RecordedToken& token);

    // Lists the market if that has not been done, and gives the book of the rows before the range.
    void begin(
        RecordedToken& token,
        Stamp const& at,
        std::optional<ConditionId> const& condition,
        std::vector<Event>& batch
    );

    // Adds to the report what was left out and guessed. Once, at the end.
    void note();

private:
    void find_market(RecordedToken& token);

    Coverage const& coverage_;
    BookMarketDefaults defaults_;
    ImportReport& report_;
    std::unordered_map<TokenId, std::unique_ptr<RecordedToken>> tokens_;
    std::map<std::string, RecordedMarket> markets_;
    std::set<std::string> unknown_; // slugs
    int listed_ = 0;
    int inferred_ = 0;
    int tokens_in_part_ = 0;
    bool noted_ = false;
};

} // namespace polyquant::tape

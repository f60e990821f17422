// Coming back after a restart: the ledger is brought up to what the journal knows, and the engine's
// memory is made again from the ledger's facts.
#pragma once

#include "engine/ledger/ledger.hpp"
#include "engine/runtime/journal_line.hpp"

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace polyquant::app {

inline constexpr std::string_view fact_record_kind = "fact";

// A fact as a journal payload, "17 order_placed key=value ...": it reads back exactly.
std::string fact_record(Fact const& fact);
Result<Fact> parse_fact_record(runtime::JournalRecord const& record);

// Books what a journal holds and the ledger does not: the facts between the last batch the ledger
// took and the end of the process that wrote both. Returns how many. Fault::invalid when the
// journal begins behind the ledger's end, because facts in between are lost then.
Result<std::uint64_t>
book_missing_facts(std::filesystem::path const& journal, ledger::Ledger& ledger);

// An order that was not over when the facts end, with all facts about it in their order.
struct OpenOrder {
    OrderPlaced placed;
    std::vector<FactBody> history;
};

// Collects, from facts in order, what a new process must go on with.
class UnfinishedBusiness {
public:
    void on(FactBody const& fact);

    // Orders of a market, handed over once its rules are known again.
    std::vector<OpenOrder> take(ConditionId const& market);

    std::size_t open_orders() const { return orders_.size(); }

    // Slugs by market of every order placed so far; for markets that are still held.
    std::string slug_of(ConditionId const& market) const;
    // Slugs of the markets with open orders.
    std::vector<std::string> slugs_with_orders() const;

private:
    std::map<OrderId, OpenOrder> orders_;
    std::map<ConditionId, std::string> slugs_;
};

} // namespace polyquant::app

// Double-entry postings of one fact. Private to this folder.
#pragma once

#include "engine/ledger/ledger_store.hpp"

#include <span>

namespace polyquant::ledger {

using Micros = std::int64_t;

struct Line {
    char const* kind;
    std::string const* token; // of a position, else null
    Micros amount;
};

// The lines of one fact, which must sum to zero; lines without an amount are left out.
void post(
    Store& store, std::uint64_t seq, StrategyName const& strategy, std::span<Line const> lines
);

// Capital and results less fees: what the strategy owns, positions at cost.
Micros equity(Store& store, StrategyName const& strategy);

} // namespace polyquant::ledger

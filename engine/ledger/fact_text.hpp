// The archived form of a fact: "key=value" pairs parted by tabs, in one line. Money in micros, coin
// prices in 1e-8 USD, times in nanoseconds since 1970, enumerations by name (so their order in the
// source may change), absent values as "-". Doubles are printed so that they read back exactly.
#pragma once

#include "engine/core/facts.hpp"

#include <string>
#include <string_view>

namespace polyquant::ledger {

std::string encode(FactBody const& body);

// `kind` is name_of(body). Every key must be there, in any order; unknown keys are refused, because
// a field that a newer program wrote would be lost silently.
Result<FactBody> decode_fact(std::string_view kind, std::string_view text);

} // namespace polyquant::ledger

// A tape's summary for people and for programs.
#pragma once

#include "connectors/tape/tape_summary.hpp"

#include <string>

namespace polyquant::tape {

// `reader` has been read to its end.
std::string summary_as_text(TapeReader const& reader, TapeSummary const& summary);
// One object on one line.
std::string summary_as_json(TapeReader const& reader, TapeSummary const& summary);

} // namespace polyquant::tape

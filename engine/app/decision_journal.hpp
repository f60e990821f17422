// Every evaluation in the journal, with what was seen and why it ended as it did. Equal consecutive
// answers of one strategy and asset are written once, with how often they came.
#pragma once

#include "engine/runtime/journal.hpp"
#include "strategies/strategy.hpp"

#include <map>
#include <string>
#include <utility>

namespace polyquant::app {

class DecisionJournal {
public:
    explicit DecisionJournal(runtime::Journal& journal) : journal_{journal} {}

    Result<void> note(
        strategies::Strategy const& strategy,
        MarketView const& view,
        strategies::Decision const& decision,
        Reason answer
    );
    Result<void> finish(UtcTime now); // the counts still held back

private:
    struct Last {
        std::string text;
        std::uint64_t repeats = 0;
    };

    Result<void> write_repeats(UtcTime at, std::string const& who, Last& last);

    runtime::Journal& journal_;
    std::map<std::pair<std::string, Asset>, Last> last_;
};

} // namespace polyquant::app

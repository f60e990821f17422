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
    // What the text is made of: comparing it costs a hundredth of printing it.
    struct Seen {
        Reason answer = Reason::outside_zone;
        std::uint64_t epoch = 0;
        UtcTime window{};
        std::array<strategies::SideAudit, 2> audit;
        std::optional<UsdPrice> strike;
        std::optional<UsdPrice> spot;

        friend bool operator==(Seen const&, Seen const&) = default;
    };

    struct Last {
        std::optional<Seen> seen;
        std::uint64_t repeats = 0;
    };

    static std::string text_of(Seen const& seen);

    Result<void> write_repeats(UtcTime at, std::string const& who, Last& last);

    runtime::Journal& journal_;
    std::map<std::pair<std::string, Asset>, Last> last_;
};

} // namespace polyquant::app

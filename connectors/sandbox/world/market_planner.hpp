// Which markets exist when: rolling five-minute windows of every asset, and a changing set of other
// markets that end within a day, for whoever scans the venue.
#pragma once

#include "connectors/sandbox/world/market_list.hpp"
#include "connectors/sandbox/world/price_path.hpp"
#include "connectors/sandbox/world/question_forms.hpp"
#include "connectors/sandbox/world/world_options.hpp"
#include "connectors/simulated/random.hpp"

#include <vector>

namespace polyquant::sandbox {

class MarketPlanner {
public:
    MarketPlanner(WorldOptions const& options, std::uint64_t seed);

    // Adds what should be listed by now; returns the newcomers.
    std::vector<WorldMarket*> list_due(MarketList& markets, CoinPrices const& prices, UtcTime now);

private:
    WorldMarket updown(Asset asset, Window window, UtcTime now);
    WorldMarket base(Asset asset, UtcTime end, UtcTime now);
    WorldMarket threshold(QuestionForm form, CoinPrices const& prices, UtcTime end, UtcTime now);
    std::vector<WorldMarket> brackets(CoinPrices const& prices, UtcTime end, UtcTime now);
    WorldMarket odd(CoinPrices const& prices, UtcTime end, UtcTime now);
    Seconds between(Seconds least, Seconds most);
    UtcTime some_end(UtcTime now);

    WorldOptions options_;
    simulated::Random random_;
    UtcTime listed_until_{};
    std::vector<UtcTime> other_ends_;
    std::uint64_t others_ = 0;
    bool first_ = true;
};

} // namespace polyquant::sandbox

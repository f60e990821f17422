// Asks every source in turn how the markets ended in which money is at stake: Gamma, the CLOB, the
// Data API and the chain. What they say goes on as they said it; who is believed is decided
// elsewhere (settlement/outcome_record.hpp).
#pragma once

#include "connectors/polymarket/data/data_client.hpp"
#include "connectors/polymarket/gamma/gamma_client.hpp"
#include "engine/core/settlement_facts.hpp"
#include "engine/ports/chain_view.hpp"
#include "engine/ports/live_feed.hpp"

#include <array>
#include <functional>
#include <map>
#include <string>

namespace polyquant::polymarket {

class ResolutionWatch final : public LiveFeed {
public:
    struct Options {
        Nanos first_after_end = Seconds{60};
        Nanos pause_min = Seconds{30}; // doubled each time, until all have named a result
        Nanos pause_max = Seconds{600};
        // And then, because words flip, also towards shares that have lost:
        Nanos again_soon = Seconds{300};    // until `watchful` after the close,
        Nanos again_every = Seconds{3'600}; // then as long as money waits there.
        Nanos watchful = Seconds{2 * 3'600};
        // From the close: one that is closed without a winner so long is called void.
        Nanos void_after = Seconds{3'600};
        Nanos keep = Seconds{14 * 86'400};
        Nanos call_max = Seconds{10};
    };

    struct Hooks {
        std::function<void(ConditionId const&, OutcomeSource, Ruling, std::string)> said;
        // Does money still wait there, shares or claims?
        std::function<bool(ConditionId const&)> has_money;
    };

    struct Counts {
        std::uint64_t questions = 0;
        std::uint64_t failures = 0;
        std::uint64_t words = 0;
    };

    // `chain` may be null: then the chain says nothing, and nothing can be redeemed.
    ResolutionWatch(
        net::NetContext& context,
        GammaClient& gamma,
        DataClient& data,
        ChainView* chain,
        Options options,
        Hooks hooks
    );

    std::string_view name() const override { return "outcomes"; }

    Task<void> run() override;

    void follow(Market const& market);

    std::size_t following() const { return watches_.size(); }

    Counts const& counts() const { return counts_; }

private:
    struct Watch {
        Market market;
        std::array<bool, outcome_source_count> spoke{};
        int asked = 0;
        UtcTime next_at{};
    };

    Task<void> ask(ConditionId id);
    Task<void> ask_gamma(Market const& market, Instant deadline);
    Task<void> ask_clob(Market const& market, Instant deadline);
    Task<void> ask_data(Market const& market, Instant deadline);
    Task<void> ask_chain(Market const& market, Instant deadline);
    void say(Market const& market, OutcomeSource source, Ruling ruling, std::string text);
    bool all_spoke(Watch const& watch) const;
    bool is_void(Market const& market) const;

    net::NetContext& context_;
    GammaClient& gamma_;
    DataClient& data_;
    ChainView* chain_;
    Options options_;
    Hooks hooks_;
    std::map<ConditionId, Watch> watches_;
    Counts counts_;
};

} // namespace polyquant::polymarket

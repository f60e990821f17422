// [settlement]: when a closed window is decided and paid.
#pragma once

#include "config/param_table.hpp"

namespace polyquant::config {

struct SettlementParams {
    Millis final_price_wait{5'000};
    Seconds official_wait = 600s;
    Millis payout_delay{0};
    Seconds unresolved_alarm{3600};
    Seconds stale_after{72 * 3600};
    bool stale_is_loss = false;

    friend bool operator==(SettlementParams const&, SettlementParams const&) = default;

    static constexpr auto table() {
        using P = SettlementParams;
        return std::tuple{
            Param{
                "final_price_wait",
                &P::final_price_wait,
                0ms,
                Millis{600'000},
                "after close",
                "Late ticks are awaited this long before our own outcome is computed.",
                Change::restart
            },
            Param{
                "official_wait",
                &P::official_wait,
                0s,
                Seconds{7 * 86'400},
                "after close",
                "The venue's own result is awaited this long; then ours counts, marked as ours.",
                Change::restart
            },
            Param{
                "payout_delay",
                &P::payout_delay,
                0ms,
                Millis{86'400'000},
                "",
                "From the outcome to the money in the bankroll.",
                Change::restart
            },
            Param{
                "unresolved_alarm",
                &P::unresolved_alarm,
                60s,
                Seconds{30 * 86'400},
                "after close",
                "A market still undecided after this raises an alarm, and again each time it "
                "passes.",
                Change::restart
            },
            Param{
                "stale_after",
                &P::stale_after,
                3'600s,
                Seconds{90 * 86'400},
                "after close",
                "From here on the alarm calls it stale.",
                Change::restart
            },
            Param{
                "stale_is_loss",
                &P::stale_is_loss,
                "",
                "true: shares of a stale market are booked as lost; a later word of the venue pays "
                "what they were worth. false: they stay open until somebody knows.",
                Change::restart
            },
        };
    }
};

} // namespace polyquant::config

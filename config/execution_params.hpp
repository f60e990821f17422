// [execution]: deadlines, breakers and the life of resting orders.
#pragma once

#include "config/param_table.hpp"

namespace polyquant::config {

struct ExecutionParams {
    Millis post_deadline{2'000};
    Millis cancel_deadline{2'000};
    Millis look_up_deadline{2'000};
    Millis look_up_interval{1'000};
    Seconds unknown_give_up = 120s;
    int breaker_failures_max = 5;
    Millis breaker_window{30'000};
    Millis breaker_open_for{15'000};
    Millis cancel_margin{10'000};
    Seconds gtc_ttl = 60s;
    Seconds reconcile_interval = 30s;
    int orders_in_flight_max = 16;

    friend bool operator==(ExecutionParams const&, ExecutionParams const&) = default;

    static constexpr auto table() {
        using P = ExecutionParams;
        return std::tuple{
            Param{
                "post_deadline",
                &P::post_deadline,
                100ms,
                30s,
                "",
                "Longest wait for the venue's answer to an order; then its outcome is unknown."
            },
            Param{
                "cancel_deadline",
                &P::cancel_deadline,
                100ms,
                30s,
                "",
                "Longest wait for the answer to a cancel."
            },
            Param{
                "look_up_deadline",
                &P::look_up_deadline,
                100ms,
                30s,
                "",
                "Longest wait for one look-up of an order by its id."
            },
            Param{
                "look_up_interval",
                &P::look_up_interval,
                50ms,
                60s,
                "",
                "Pause between two look-ups of an order whose outcome is unknown."
            },
            Param{
                "unknown_give_up",
                &P::unknown_give_up,
                5s,
                Seconds{86'400},
                "",
                "An order still unknown after this halts trading and asks for a human."
            },
            Param{
                "breaker_failures_max",
                &P::breaker_failures_max,
                1,
                1'000,
                "failures",
                "So many failures of one endpoint group within breaker_window open its breaker."
            },
            Param{
                "breaker_window",
                &P::breaker_window,
                100ms,
                Millis{3'600'000},
                "",
                "The time in which those failures are counted."
            },
            Param{
                "breaker_open_for",
                &P::breaker_open_for,
                100ms,
                Millis{3'600'000},
                "",
                "Pause before an open breaker lets one probe through."
            },
            Param{
                "cancel_margin",
                &P::cancel_margin,
                0ms,
                Millis{300'000},
                "before close",
                "Resting orders are cancelled this long before their window closes."
            },
            Param{
                "gtc_ttl",
                &P::gtc_ttl,
                1s,
                Seconds{7 * 86'400},
                "",
                "A resting order without its own time is cancelled after this."
            },
            Param{
                "reconcile_interval",
                &P::reconcile_interval,
                1s,
                Seconds{3'600},
                "",
                "How often orders and positions are compared with the venue's."
            },
            Param{
                "orders_in_flight_max",
                &P::orders_in_flight_max,
                1,
                10'000,
                "orders",
                "Orders awaiting an answer at the same time; more are refused, not queued."
            },
        };
    }
};

} // namespace polyquant::config

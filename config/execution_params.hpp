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
    bool fok_fallback = false;
    Millis fok_fallback_ttl{10'000};
    bool presign = true;

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
                "Longest wait for the venue's answer to an order; then its outcome is unknown.",
                Change::restart
            },
            Param{
                "cancel_deadline",
                &P::cancel_deadline,
                100ms,
                30s,
                "",
                "Longest wait for the answer to a cancel.",
                Change::restart
            },
            Param{
                "look_up_deadline",
                &P::look_up_deadline,
                100ms,
                30s,
                "",
                "Longest wait for one look-up of an order by its id.",
                Change::restart
            },
            Param{
                "look_up_interval",
                &P::look_up_interval,
                50ms,
                60s,
                "",
                "Pause between two look-ups of an order whose outcome is unknown.",
                Change::restart
            },
            Param{
                "unknown_give_up",
                &P::unknown_give_up,
                5s,
                Seconds{86'400},
                "",
                "An order still unknown after this halts trading, with an alarm, until none is.",
                Change::restart
            },
            Param{
                "breaker_failures_max",
                &P::breaker_failures_max,
                1,
                1'000,
                "failures",
                "So many failures of one endpoint group within breaker_window open its breaker.",
                Change::restart
            },
            Param{
                "breaker_window",
                &P::breaker_window,
                100ms,
                Millis{3'600'000},
                "",
                "The time in which those failures are counted.",
                Change::restart
            },
            Param{
                "breaker_open_for",
                &P::breaker_open_for,
                100ms,
                Millis{3'600'000},
                "",
                "Pause before an open breaker lets one probe through.",
                Change::restart
            },
            Param{
                "cancel_margin",
                &P::cancel_margin,
                0ms,
                Millis{300'000},
                "before close",
                "Resting orders are cancelled this long before their window closes.",
                Change::restart
            },
            Param{
                "gtc_ttl",
                &P::gtc_ttl,
                1s,
                Seconds{7 * 86'400},
                "",
                "A resting order without its own time is cancelled after this.",
                Change::restart
            },
            Param{
                "reconcile_interval",
                &P::reconcile_interval,
                1s,
                Seconds{3'600},
                "",
                "How often orders and positions are compared with the venue's.",
                Change::restart
            },
            Param{
                "orders_in_flight_max",
                &P::orders_in_flight_max,
                1,
                10'000,
                "orders",
                "Orders awaiting an answer at the same time; more are refused, not queued.",
                Change::restart
            },
            Param{
                "fok_fallback",
                &P::fok_fallback,
                "",
                "Follow a FOK buy that found no match with a resting order at the same price.",
                Change::restart
            },
            Param{
                "fok_fallback_ttl",
                &P::fok_fallback_ttl,
                1s,
                300s,
                "",
                "Such a resting order is cancelled after this, or cancel_margin before the close.",
                Change::restart
            },
            Param{
                "presign",
                &P::presign,
                "",
                "Sign likely orders in idle time, so that a decision only has to be sent.",
                Change::restart
            },
        };
    }
};

} // namespace polyquant::config

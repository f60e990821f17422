// [simulated]: the assumptions of the simulated venue. Defaults are pessimistic; every random draw
// comes from the run's seed.
#pragma once

#include "config/param_table.hpp"

namespace polyquant::config {

enum class LatencyModel : std::uint8_t { fixed, lognormal, measured };

constexpr std::array<Choice<LatencyModel>, 3> choices(LatencyModel) {
    return {
        {{"fixed", LatencyModel::fixed},
         {"lognormal", LatencyModel::lognormal},
         {"measured", LatencyModel::measured}}
    };
}

enum class FeeRounding : std::uint8_t { down, up };

constexpr std::array<Choice<FeeRounding>, 2> choices(FeeRounding) {
    return {{{"down", FeeRounding::down}, {"up", FeeRounding::up}}};
}

enum class QueuePosition : std::uint8_t { behind_all, ahead_of_all };

constexpr std::array<Choice<QueuePosition>, 2> choices(QueuePosition) {
    return {
        {{"behind_all", QueuePosition::behind_all}, {"ahead_of_all", QueuePosition::ahead_of_all}}
    };
}

struct SimulatedParams {
    LatencyModel latency_model = LatencyModel::lognormal;
    Millis order_latency{60};
    Millis order_latency_p99{250};
    TextList latency_quantiles;
    Millis cancel_latency{60};
    Millis answer_latency{40};
    bool taker_delay_override = false;
    Millis taker_delay{150};
    FeeRounding fee_rounding = FeeRounding::up;
    double displayed_fraction = 0.8;
    QueuePosition queue_position = QueuePosition::behind_all;
    Price slippage{};
    Millis confirm_delay{4'000};
    double lost_request = 0;
    double lost_answer = 0;
    double server_error = 0;
    double trade_failure = 0;

    friend bool operator==(SimulatedParams const&, SimulatedParams const&) = default;

    // latency_quantiles as milliseconds, ascending; empty where one is no such number.
    std::vector<double> quantiles() const;
    std::vector<ParamFault> faults() const;

    static constexpr auto table() {
        using P = SimulatedParams;
        return std::tuple{
            Param{
                "latency_model",
                &P::latency_model,
                "",
                "fixed: always order_latency; lognormal: median order_latency with a tail to p99; "
                "measured: drawn from latency_quantiles.",
                Change::restart
            },
            Param{
                "order_latency",
                &P::order_latency,
                0ms,
                60s,
                "",
                "From our send to the venue's matching engine (median).",
                Change::restart
            },
            Param{
                "order_latency_p99",
                &P::order_latency_p99,
                0ms,
                60s,
                "",
                "One order in a hundred takes longer than this; lognormal only.",
                Change::restart
            },
            Param{
                "latency_quantiles",
                &P::latency_quantiles,
                "milliseconds",
                "Measured latencies in rising order, equally likely (quantiles 0 to 1), for "
                "latency_model = \"measured\".",
                Change::restart
            },
            Param{
                "cancel_latency",
                &P::cancel_latency,
                0ms,
                60s,
                "",
                "From our cancel to the matching engine (median; the tail scales with the "
                "order's).",
                Change::restart
            },
            Param{
                "answer_latency",
                &P::answer_latency,
                0ms,
                60s,
                "",
                "From the matching engine back to us.",
                Change::restart
            },
            Param{
                "taker_delay_override",
                &P::taker_delay_override,
                "",
                "true: hold marketable orders for taker_delay whatever the market says.",
                Change::restart
            },
            Param{
                "taker_delay",
                &P::taker_delay,
                0ms,
                10s,
                "",
                "Used with the override; crypto markets had 250 ms, 50 ms and 150 ms in 2026.",
                Change::restart
            },
            Param{
                "fee_rounding",
                &P::fee_rounding,
                "",
                "Direction of the fee's rounding at 5 decimals; the venue does not document it.",
                Change::restart
            },
            Param{
                "displayed_fraction",
                &P::displayed_fraction,
                0.0,
                1.0,
                "of the displayed size",
                "Share of each level that is really there when our order arrives.",
                Change::restart
            },
            Param{
                "queue_position",
                &P::queue_position,
                "",
                "Where a resting order of ours stands at its price level.",
                Change::restart
            },
            Param{
                "slippage",
                &P::slippage,
                Price{},
                cents(50),
                "USDC/share",
                "Added to every simulated buy price within the limit (the original's backtest: "
                "0.01).",
                Change::restart
            },
            Param{
                "confirm_delay",
                &P::confirm_delay,
                0ms,
                Millis{600'000},
                "",
                "From MATCHED to CONFIRMED.",
                Change::restart
            },
            Param{
                "lost_request",
                &P::lost_request,
                0.0,
                1.0,
                "probability",
                "An order never reaches the venue and the answer times out.",
                Change::restart
            },
            Param{
                "lost_answer",
                &P::lost_answer,
                0.0,
                1.0,
                "probability",
                "The order is worked, its answer is lost.",
                Change::restart
            },
            Param{
                "server_error",
                &P::server_error,
                0.0,
                1.0,
                "probability",
                "The venue answers 5xx; the order may or may not be worked (half each).",
                Change::restart
            },
            Param{
                "trade_failure",
                &P::trade_failure,
                0.0,
                1.0,
                "probability",
                "A matched trade fails to settle on chain and is voided.",
                Change::restart
            },
        };
    }
};

} // namespace polyquant::config

// [learning]: what the engine learns from its own windows while it runs.
#pragma once

#include "config/param_table.hpp"

namespace polyquant::config {

struct LearningParams {
    int verdict_days = 7;
    int verdict_bets_min = 50;
    double verdict_edge_min = 0.03;
    std::string quote_table;

    friend bool operator==(LearningParams const&, LearningParams const&) = default;

    static constexpr auto table() {
        using P = LearningParams;
        return std::tuple{
            Param{
                "verdict_days",
                &P::verdict_days,
                1,
                365,
                "UTC days",
                "The daily verdict looks back so far."
            },
            Param{
                "verdict_bets_min",
                &P::verdict_bets_min,
                2,
                100'000,
                "bets",
                "With fewer the verdict is \"do not trade\", whatever their result."
            },
            Param{
                "verdict_edge_min",
                &P::verdict_edge_min,
                0.0,
                1.0,
                "probability",
                "Would-be bets of the verdict: those with at least this P - ask - fee."
            },
            Param{
                "quote_table",
                &P::quote_table,
                "path",
                "What asks have been worth by price and time left, to start from (`polyquant "
                "quotes` writes one); empty: from nothing.",
                Change::restart
            },
        };
    }
};

} // namespace polyquant::config

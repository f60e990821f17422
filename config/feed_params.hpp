// [feed]: where events come from.
#pragma once

#include "config/param_table.hpp"

namespace polyquant::config {

struct FeedParams {
    TextList tapes;
    std::string speed = "60";
    std::string from;
    std::string until;

    friend bool operator==(FeedParams const&, FeedParams const&) = default;

    // Simulated seconds in one real second; zero means as fast as the machine can.
    double speed_factor() const;
    std::vector<ParamFault> faults() const;

    static constexpr auto table() {
        using P = FeedParams;
        return std::tuple{
            Param{
                "tapes",
                &P::tapes,
                "paths",
                "Tapes to replay, merged by receive time; relative to the file that names them.",
                Change::restart
            },
            Param{
                "speed",
                &P::speed,
                "times real time",
                "Replay speed: a positive number up to 1000000, or \"max\".",
                Change::restart
            },
            Param{
                "from",
                &P::from,
                "UTC",
                "Trade from this moment on (\"2026-04-14T01:00:00Z\"); empty: the first window.",
                Change::restart
            },
            Param{
                "until",
                &P::until,
                "UTC",
                "Stop the replay here; empty: the end of the tapes.",
                Change::restart
            },
        };
    }
};

} // namespace polyquant::config

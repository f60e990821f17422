// [run]: what belongs to the process as a whole.
#pragma once

#include "config/param_table.hpp"

#include <limits>

namespace polyquant::config {

enum class ConsoleStyle : std::uint8_t { automatic, redraw, lines, quiet };

constexpr std::array<Choice<ConsoleStyle>, 4> choices(ConsoleStyle) {
    return {
        {{"auto", ConsoleStyle::automatic},
         {"redraw", ConsoleStyle::redraw},
         {"lines", ConsoleStyle::lines},
         {"quiet", ConsoleStyle::quiet}}
    };
}

struct RunParams {
    std::string state_dir = "state";
    std::int64_t seed = 1;
    AssetList assets{all_assets.begin(), all_assets.end()};
    Millis status_interval = 1s;
    ConsoleStyle console = ConsoleStyle::automatic;
    bool dashboard = true;
    bool one_bankroll = false;
    Seconds shutdown_grace = 5s;

    friend bool operator==(RunParams const&, RunParams const&) = default;

    std::vector<ParamFault> faults() const {
        std::vector<ParamFault> found;
        if (state_dir.empty()) found.push_back({"state_dir", "must name a directory"});
        if (assets.empty()) found.push_back({"assets", "must name at least one asset"});
        return found;
    }

    static constexpr auto table() {
        using P = RunParams;
        constexpr auto seed_max = std::numeric_limits<std::int64_t>::max();
        return std::tuple{
            Param{
                "state_dir",
                &P::state_dir,
                "path",
                "Where ledger, journal, models and the lock live; relative to the working "
                "directory.",
                Change::restart
            },
            Param{
                "seed",
                &P::seed,
                std::int64_t{0},
                seed_max,
                "",
                "Everything drawn at random (latency, faults) comes from it: same seed, same run.",
                Change::restart
            },
            Param{
                "assets",
                &P::assets,
                "",
                "Coins whose feeds, models and markets are followed.",
                Change::restart
            },
            Param{
                "status_interval",
                &P::status_interval,
                100ms,
                60s,
                "",
                "How often the status line is redrawn on a terminal."
            },
            Param{
                "console",
                &P::console,
                "",
                "redraw: a status line in place; lines: one plain line a window; auto: by "
                "terminal.",
                Change::restart
            },
            Param{"dashboard", &P::dashboard, "", "Print the table at each window's end."},
            Param{
                "one_bankroll",
                &P::one_bankroll,
                "",
                "true: strategies share their money; what one lacks for an order is moved to it.",
                Change::restart
            },
            Param{
                "shutdown_grace",
                &P::shutdown_grace,
                1s,
                120s,
                "",
                "Longest an orderly stop may take, in real time: orders cancelled, the venue asked "
                "whether anything rests, the books written.",
                Change::restart
            },
        };
    }
};

} // namespace polyquant::config

// [endpoints]: the hosts of the outside world, and whose time they live in. The defaults are the
// production hosts of November 2026; a sandbox writes its own file with all of them.
#pragma once

#include "config/param_table.hpp"

namespace polyquant::config {

struct EndpointParams {
    std::string binance_rest = "https://api.binance.com";
    std::string binance_stream = "wss://stream.binance.com:9443";
    std::string gamma = "https://gamma-api.polymarket.com";
    std::string clob = "https://clob.polymarket.com";
    std::string clob_stream = "wss://ws-subscriptions-clob.polymarket.com";
    std::string data_api = "https://data-api.polymarket.com";
    std::string polybolt = "wss://ws-live-v2.polymarket.com/ws";
    std::string rtds = "wss://ws-live-data.polymarket.com";
    std::string website = "https://polymarket.com";
    std::string relayer = "https://relayer-v2.polymarket.com";
    std::string polygon_rpc = "https://polygon.drpc.org";
    std::string ca_file;
    double clock_factor = 1;
    std::string clock_real_anchor;
    std::string clock_scaled_anchor;

    friend bool operator==(EndpointParams const&, EndpointParams const&) = default;

    std::vector<ParamFault> faults() const;

    static constexpr auto table() {
        using P = EndpointParams;
        constexpr auto fixed = Change::restart;
        return std::tuple{
            Param{
                "binance_rest",
                &P::binance_rest,
                "URL",
                "Bars by REST; https://data-api.binance.vision serves market data only.",
                fixed
            },
            Param{
                "binance_stream",
                &P::binance_stream,
                "URL",
                "Bars, trades and quotes by stream; wss://data-stream.binance.vision serves market "
                "data only.",
                fixed
            },
            Param{"gamma", &P::gamma, "URL", "Market discovery.", fixed},
            Param{"clob", &P::clob, "URL", "Books and orders.", fixed},
            Param{
                "clob_stream", &P::clob_stream, "URL", "Market and user channels, below /ws.", fixed
            },
            Param{"data_api", &P::data_api, "URL", "Positions and history of a wallet.", fixed},
            Param{"polybolt", &P::polybolt, "URL", "Oracle prices; needs API credentials.", fixed},
            Param{"rtds", &P::rtds, "URL", "Oracle prices without credentials (legacy).", fixed},
            Param{"website", &P::website, "URL", "Strike of a window; geographic block.", fixed},
            Param{"relayer", &P::relayer, "URL", "Transactions without gas.", fixed},
            Param{"polygon_rpc", &P::polygon_rpc, "URL", "Chain reads and transactions.", fixed},
            Param{
                "ca_file",
                &P::ca_file,
                "path",
                "A certificate authority trusted besides the system's, as PEM: a sandbox's.",
                fixed
            },
            Param{
                "clock_factor",
                &P::clock_factor,
                0.01,
                1000.0,
                "times real time",
                "How fast the venue's time runs; 1 for every real venue.",
                fixed
            },
            Param{
                "clock_real_anchor", &P::clock_real_anchor, "UTC", "A real moment, and ...", fixed
            },
            Param{
                "clock_scaled_anchor",
                &P::clock_scaled_anchor,
                "UTC",
                "... the venue's time at it; both empty for real time.",
                fixed
            },
        };
    }
};

} // namespace polyquant::config

// [metrics]: figures of a running engine for Prometheus.
#pragma once

#include "config/param_table.hpp"

namespace polyquant::config {

struct MetricsParams {
    bool enabled = true;
    std::string address = "127.0.0.1";
    std::int64_t port = 9090;
    std::string token_file;

    friend bool operator==(MetricsParams const&, MetricsParams const&) = default;

    static constexpr auto table() {
        using P = MetricsParams;
        constexpr auto fixed = Change::restart;
        return std::tuple{
            Param{"enabled", &P::enabled, "", "Serve /metrics while the engine runs.", fixed},
            Param{
                "address",
                &P::address,
                "IP address",
                "Where to listen. Beyond the loopback a token is required and TLS is used.",
                fixed
            },
            Param{
                "port",
                &P::port,
                std::int64_t{0},
                std::int64_t{65'535},
                "",
                "Prometheus itself also likes 9090: with both on one machine move one of them. 0: "
                "the system chooses, the heartbeat file says which.",
                fixed
            },
            Param{
                "token_file",
                &P::token_file,
                "path",
                "A file of the owner's with a token that scrapes must bring (Authorization: "
                "Bearer); empty: the variable POLYQUANT_METRICS_TOKEN, or none.",
                fixed
            },
        };
    }
};

} // namespace polyquant::config

// [dashboard]: the read-only web page of a running engine.
#pragma once

#include "config/param_table.hpp"

namespace polyquant::config {

struct DashboardParams {
    bool enabled = true;
    std::string address = "127.0.0.1";
    std::int64_t port = 9180;
    std::string token_file;
    std::int64_t clients_max = 50;

    friend bool operator==(DashboardParams const&, DashboardParams const&) = default;

    static constexpr auto table() {
        using P = DashboardParams;
        constexpr auto fixed = Change::restart;
        return std::tuple{
            Param{"enabled", &P::enabled, "", "Serve the page while the engine runs.", fixed},
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
                "0: the system chooses, the heartbeat file says which.",
                fixed
            },
            Param{
                "token_file",
                &P::token_file,
                "path",
                "A file of the owner's with the token that opens the page; empty: the variable "
                "POLYQUANT_DASHBOARD_TOKEN, or none.",
                fixed
            },
            Param{
                "clients_max",
                &P::clients_max,
                std::int64_t{1},
                std::int64_t{500},
                "connections",
                "More pages than this at once are refused.",
                fixed
            },
        };
    }
};

} // namespace polyquant::config

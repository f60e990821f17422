#include "engine/app/venue_endpoints.hpp"

#include "connectors/net/url.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace polyquant::app {

namespace {

// Binance serves the same data under several names, by country and purpose.
constexpr std::array binance_domains{".binance.com", ".binance.vision", ".binance.us"};

bool is_same_place(std::string const& ours, std::string const& own) {
    auto const a = net::parse_url(ours);
    auto const b = net::parse_url(own);
    return a && b && a->is_encrypted() && a->host == b->host && a->port == b->port;
}

bool is_binances(std::string const& text) {
    auto const url = net::parse_url(text);
    return url && url->is_encrypted() && std::ranges::any_of(binance_domains, [&](char const* d) {
               return url->host.ends_with(d);
           });
}

} // namespace

std::vector<std::string> foreign_endpoints(config::EndpointParams const& endpoints) {
    config::EndpointParams const own;
    std::vector<std::string> found;
    config::for_each_param<config::EndpointParams>([&]<class Row>(Row const& row) {
        if constexpr (std::is_same_v<typename Row::Value, std::string>) {
            auto const& value = endpoints.*row.member;
            std::string_view const name{row.name};
            if (row.unit != "URL" || name == "polygon_rpc") return;
            if (is_same_place(value, own.*row.member)) return;
            if (name.starts_with("binance") && is_binances(value)) return;
            found.push_back(fmt::format("{} = {}", name, value));
        }
    });
    if (!endpoints.ca_file.empty())
        found.push_back(
            fmt::format("ca_file = {}: its owner can pose as any host", endpoints.ca_file)
        );
    if (endpoints.clock_factor != 1 || !endpoints.clock_real_anchor.empty())
        found.push_back(fmt::format("clock_factor = {}: not real time", endpoints.clock_factor));
    return found;
}

std::string live_mode_text(config::EndpointParams const& endpoints) {
    if (foreign_endpoints(endpoints).empty()) return "live";
    auto const clob = net::parse_url(endpoints.clob);
    return fmt::format("live NOT AT THE VENUE ({})", clob ? clob->authority() : endpoints.clob);
}

} // namespace polyquant::app

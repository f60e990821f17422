// Checks of the outside world: hosts, clocks, markets, books, prices.
#pragma once

#include "config/run_config.hpp"
#include "connectors/net/net_context.hpp"
#include "connectors/polymarket/data/data_client.hpp"
#include "connectors/polymarket/data/server_clock.hpp"
#include "connectors/polymarket/gamma/gamma_client.hpp"
#include "connectors/polymarket/market/market_channel_feed.hpp"
#include "connectors/polymarket/prices/oracle_feed.hpp"
#include "connectors/polymarket/prices/website_prices.hpp"
#include "engine/app/doctor_check.hpp"

#include <map>

namespace polyquant::app {

// Holds the clients; its checks refer to it. Run every check once.
class VenueChecks {
public:
    // Addresses of a host name; blocking, run on `names`.
    using Lookup = std::function<Result<net::Addresses>(std::string const& host)>;

    VenueChecks(
        net::NetContext& context,
        runtime::SidePool& names,
        config::RunConfig const& config,
        Lookup lookup,
        polymarket::OracleFeed::Credentials credentials
    );
    ~VenueChecks();

    std::vector<DoctorCheck> all();

private:
    using Answer = Task<Result<CheckOutcome>>;

    std::vector<DoctorCheck> host_checks();
    Answer host(net::Url url, Instant deadline);
    Answer clock(Instant deadline);
    Answer binance_bars(Instant deadline);
    Answer binance_stream(Instant deadline);
    Answer window(Instant deadline);
    Answer clob_version(Instant deadline);
    Answer book(Instant deadline);
    Answer channel(Instant deadline);
    Answer oracle(Instant deadline);
    Answer website(Instant deadline);
    Answer geoblock(Instant deadline);
    // The market that window() found, once it is over; null when it found none.
    Task<Market const*> found_market(Instant deadline);
    Task<bool> wait_for(std::function<bool()> done, Instant deadline);

    net::NetContext& context_;
    runtime::SidePool& names_;
    config::RunConfig const& config_;
    Lookup lookup_;
    polymarket::OracleFeed::Credentials credentials_;
    polymarket::GammaClient gamma_;
    polymarket::ServerClock clock_;
    polymarket::DataClient data_;
    polymarket::WebsitePrices website_;
    polymarket::MarketChannelFeed channel_;
    polymarket::OracleFeed oracle_;
    std::map<Asset, bool> spot_seen_;
    std::map<Asset, PriceTick> averages_;
    std::optional<Market> market_;
    bool market_known_ = false;
};

} // namespace polyquant::app

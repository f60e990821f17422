// The legacy price socket, with the habits its users wrote down.
#pragma once

#include "connectors/json/dom.hpp"
#include "connectors/sandbox/public/stage.hpp"
#include "connectors/sandbox/public/subscribers.hpp"

#include <string>

namespace polyquant::sandbox {

class Rtds final : public net::server::WsService {
public:
    Rtds(Stage stage, std::uint64_t seed) : stage_{stage}, random_{seed} {}

    static net::server::WsOptions socket_options();

    void on_open(std::shared_ptr<net::server::WsPeer> peer) override;
    void on_text(net::server::WsPeer& peer, std::string_view text) override;
    void on_closed(net::server::WsPeer& peer, int code) override;

    // One second of the oracle; about three of a hundred never reach anybody.
    void on_print(UtcTime at);

    std::size_t listeners() const { return listeners_.size(); }

private:
    enum class Topic : std::uint8_t { binance, spot, twap_sixty, twap_thirty };

    struct Interest {
        Topic topic = Topic::spot;
        std::optional<Asset> asset{}; // empty: all
        bool is_mute = false;         // a blank in the filter: the backfill comes, nothing else
    };

    struct Session {
        std::vector<Interest> interests{};
    };

    static std::optional<Topic> parse_topic(std::string_view name);
    static std::string_view name_of(Topic topic);
    static std::string symbol_of(Topic topic, Asset asset);
    static SettlementRule rule_of(Topic topic);

    // Empty when the filter selects nothing.
    static std::optional<Interest> read_interest(Topic topic, std::string_view filters);
    std::vector<OraclePoint> recent(Topic topic, Asset asset) const;
    std::optional<UsdPrice> value(Topic topic, Asset asset, UtcTime at) const;
    void send_backfill(net::server::WsPeer& peer, Interest const& interest);
    std::string update_frame(
        net::server::WsPeer const& peer, Topic topic, Asset asset, OraclePoint const& point
    ) const;

    Stage stage_;
    simulated::Random random_;
    Subscribers<Session> listeners_;
};

} // namespace polyquant::sandbox

// Oracle prices over the authenticated socket.
// https://docs.polymarket.com/api-reference/live-data/overview
#pragma once

#include "connectors/json/dom.hpp"
#include "connectors/sandbox/public/stage.hpp"
#include "connectors/sandbox/public/subscribers.hpp"

#include <deque>
#include <string>

namespace polyquant::sandbox {

class PolyBolt final : public net::server::WsService {
public:
    explicit PolyBolt(Stage stage) : stage_{stage} {}

    static net::server::WsOptions socket_options();

    void on_open(std::shared_ptr<net::server::WsPeer> peer) override;
    void on_text(net::server::WsPeer& peer, std::string_view text) override;
    void on_closed(net::server::WsPeer& peer, int code) override;

    // One second of the oracle.
    void on_print(UtcTime at);

    std::size_t listeners() const { return listeners_.size(); }

private:
    struct Series { // what one (channel, filter) pair stands for
        std::string channel;
        std::string symbol;
        std::optional<Asset> asset; // empty: a coin the venue knows and this world has not
        SettlementRule rule;

        bool operator==(Series const&) const = default;
    };

    struct Session {
        bool authed = false;
        int auth_frames = 0;
        std::vector<Series> series{};
        std::map<std::string, std::int64_t> sequence{}; // by channel
        std::deque<Instant> changes{};                  // (un)subscribe frames of the last second
    };

    void on_auth(net::server::WsPeer& peer, Session& session, json::Element frame);
    void on_change(net::server::WsPeer& peer, Session& session, json::Element frame, bool adds);
    // The code of the error; empty when it is done.
    std::string
    change_one(net::server::WsPeer& peer, Session& session, json::Element subscription, bool adds);
    void send_snapshot(net::server::WsPeer& peer, Session& session, Series const& series);
    void send_point(
        net::server::WsPeer& peer, Session& session, Series const& series, OraclePoint const& point
    );
    static Result<Series> read_series(json::Element subscription);

    Stage stage_;
    Subscribers<Session> listeners_;
};

} // namespace polyquant::sandbox

// The dashboard's pages and its WebSocket, read-only: nothing here takes an instruction.
#pragma once

#include "connectors/net/server/access.hpp"
#include "connectors/net/server/router.hpp"
#include "engine/dashboard/board_state.hpp"
#include "engine/runtime/clock.hpp"

#include <map>
#include <memory>

namespace polyquant::dashboard {

// One thread, and it outlives its server.
class Site final : public net::server::WsService {
public:
    Site(
        runtime::Clock& clock, std::shared_ptr<net::server::Access> access, std::size_t clients_max
    );

    net::server::Router router();

    BoardState& state() { return state_; }

    // The present state to every page that is open.
    void broadcast();

    std::size_t clients() const { return peers_.size(); }

    // net::server::WsService
    std::optional<net::server::HttpReply> refuse(net::server::HttpCall const& call) override;
    void on_open(std::shared_ptr<net::server::WsPeer> peer) override;
    void on_text(net::server::WsPeer& peer, std::string_view text) override;
    void on_closed(net::server::WsPeer& peer, int code) override;

private:
    runtime::Clock& clock_;
    std::shared_ptr<net::server::Access> access_;
    std::size_t clients_max_;
    BoardState state_;
    std::map<std::uint64_t, std::shared_ptr<net::server::WsPeer>> peers_;
};

} // namespace polyquant::dashboard

// Who listens to a stream, in the order in which they came.
#pragma once

#include "connectors/net/server/ws_peer.hpp"

#include <map>
#include <memory>

namespace polyquant::sandbox {

template <class Session>
class Subscribers {
public:
    struct Entry {
        std::shared_ptr<net::server::WsPeer> peer;
        Session session{};
    };

    void add(std::shared_ptr<net::server::WsPeer> peer) {
        auto const id = peer->id();
        entries_.emplace(id, Entry{std::move(peer), {}});
    }

    void remove(net::server::WsPeer const& peer) { entries_.erase(peer.id()); }

    Session* find(net::server::WsPeer const& peer) {
        auto const found = entries_.find(peer.id());
        return found == entries_.end() ? nullptr : &found->second.session;
    }

    auto begin() { return entries_.begin(); }

    auto end() { return entries_.end(); }

    std::size_t size() const { return entries_.size(); }

private:
    std::map<std::uint64_t, Entry> entries_; // by age: everybody hears things in the same order
};

} // namespace polyquant::sandbox

// A Wire as Beast wants it. For the .cpp files of this folder only.
#pragma once

#include "connectors/net/wire.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core/role.hpp>

#include <array>
#include <utility>

namespace polyquant::net {

// Type-erased on the side of the handler: Beast's operations are compiled against this, the TLS
// ones once in wire.cpp.
class WireStream {
public:
    using executor_type = asio::any_io_executor;

    explicit WireStream(Wire& wire) : wire_{&wire} {}

    executor_type get_executor() const { return wire_->executor(); }

    Wire& wire() { return *wire_; }

    template <class Buffers, class Token>
    auto async_read_some(Buffers const& buffers, Token&& token) {
        return asio::async_initiate<Token, void(boost::system::error_code, std::size_t)>(
            [wire = wire_](auto handler, Buffers const& all) {
                auto const [parts, count] = first_parts<asio::mutable_buffer>(all);
                wire->start_read({parts.data(), count}, Wire::Handler{std::move(handler)});
            },
            token,
            buffers
        );
    }

    template <class Buffers, class Token>
    auto async_write_some(Buffers const& buffers, Token&& token) {
        return asio::async_initiate<Token, void(boost::system::error_code, std::size_t)>(
            [wire = wire_](auto handler, Buffers const& all) {
                auto const [parts, count] = first_parts<asio::const_buffer>(all);
                wire->start_write({parts.data(), count}, Wire::Handler{std::move(handler)});
            },
            token,
            buffers
        );
    }

private:
    static constexpr std::size_t parts_max = 4;

    template <class Buffer, class Buffers>
    static std::pair<std::array<Buffer, parts_max>, std::size_t> first_parts(Buffers const& all) {
        std::array<Buffer, parts_max> parts{};
        std::size_t count = 0;
        for (auto at = asio::buffer_sequence_begin(all); at != asio::buffer_sequence_end(all);
             ++at) {
            if (count == parts_max) break;
            Buffer const part{*at};
            if (part.size() > 0) parts[count++] = part;
        }
        return {parts, count};
    }

    Wire* wire_;
};

// The closing handshake of the WebSocket has ended the talk; TLS's own goodbye adds a wait for a
// peer that may be gone.
template <class TeardownHandler>
void async_teardown(boost::beast::role_type, WireStream& stream, TeardownHandler&& handler) {
    stream.wire().close();
    asio::post(stream.get_executor(), [h = std::forward<TeardownHandler>(handler)]() mutable {
        std::move(h)(boost::system::error_code{});
    });
}

inline void
teardown(boost::beast::role_type, WireStream& stream, boost::system::error_code& error) {
    stream.wire().close();
    error = {};
}

// Beast's own timeout calls it; ours are off.
inline void beast_close_socket(WireStream& stream) {
    stream.wire().close();
}

} // namespace polyquant::net

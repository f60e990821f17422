// What a server can be told to do wrong, reply by reply and message by message.
#pragma once

#include "connectors/net/server/ws_peer.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace polyquant::net::server {

struct ReplyFault {
    enum class Kind : std::uint8_t {
        replace,       // `reply` instead; the handler does not run
        edit,          // the handler's reply, changed by `edit`
        hang_before,   // the handler does not run, nothing is answered
        act_then_hang, // the handler runs, nothing is answered
        hang_during,   // head and half of the body, then nothing
        hang_after,    // a whole answer; the connection never answers again
        reset_before,  // TCP reset; the handler does not run
        act_then_reset,
        reset_during, // head and half of the body, then a TCP reset
        drip,         // one byte of the answer every `drip_every`
    };

    Kind kind = Kind::replace;
    HttpReply reply{};
    std::function<void(HttpReply&)> edit{};
    Nanos drip_every = Millis{100};
};

// Asked once for each request, before its handler.
using ReplyFaultHook = std::function<std::optional<ReplyFault>(HttpCall const&)>;

enum class MessageFate : std::uint8_t {
    pass,
    drop,
    duplicate,
    swap_with_next, // goes out after the next message of its connection, or a second later
    reset,          // the connection, before this message
};

// Asked for each outgoing message; may also change its text.
using MessageFaultHook =
    std::function<MessageFate(WsPeer const& peer, std::string_view topic, std::string& text)>;

} // namespace polyquant::net::server

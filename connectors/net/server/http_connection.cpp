#include "connectors/net/server/http_connection.hpp"

#include "connectors/net/server/http_reply.hpp"
#include "connectors/net/server/ws_connection.hpp"
#include "connectors/net/wire_stream.hpp"
#include "engine/runtime/deadline.hpp"

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>

#include <array>

namespace polyquant::net::server {

namespace http = boost::beast::http;
using boost::system::error_code;
using runtime::within;

namespace {

constexpr Nanos goodbye_max = Seconds{1};

std::optional<Method> method_of(http::verb verb) {
    switch (verb) {
    case http::verb::get: return Method::get;
    case http::verb::head: return Method::head;
    case http::verb::post: return Method::post;
    case http::verb::put: return Method::put;
    case http::verb::patch: return Method::patch;
    case http::verb::delete_: return Method::delete_;
    default: return std::nullopt;
    }
}

// What to answer to a request that is none; zero: the client has gone.
int status_of(error_code const& error) {
    if (error == http::error::header_limit || error == http::error::buffer_overflow) return 431;
    if (error == http::error::body_limit) return 413;
    if (error == http::error::end_of_stream || error == http::error::partial_message) return 0;
    if (error.category() == http::make_error_code(http::error::bad_method).category()) return 400;
    return 0;
}

struct Incoming {
    HttpCall call{};
    RawRequest raw{};
    bool keep_alive = true;
    bool is_upgrade = false;
    int refusal = 0; // a status, when it is not a request we serve
};

std::string error_body(std::string_view text) {
    return R"({"error":")" + std::string{text} + R"("})";
}

HttpReply refusal_of(int status) {
    return json_reply(error_body(reason_of(status)), status);
}

bool is_websocket_upgrade(RawRequest const& raw) {
    return boost::beast::iequals(raw[http::field::upgrade], "websocket");
}

} // namespace

class HttpConnection {
public:
    HttpConnection(std::shared_ptr<ServerState> state, std::shared_ptr<Wire> wire, std::uint64_t id)
        : state_{std::move(state)}, wire_{std::move(wire)}, id_{id} {}

    // Every request in turn; the value says nothing.
    Task<Result<void>> serve();

private:
    Task<Result<Incoming>> next_request();
    Task<Result<std::size_t>> first_bytes();
    Task<Result<Incoming>> read_request();
    HttpCall call_of(RawRequest const& raw, Method method) const;

    Task<Result<HttpReply>> handle(HttpCall call, std::optional<ReplyFault> const& fault);
    Task<Result<HttpReply>> run_handler(Router::Route const& route, HttpCall call);
    // True when the connection may serve another request.
    Task<Result<bool>> answer(Incoming incoming);
    Task<Result<bool>> commit(ReplyFault const& fault, std::string head, std::string body);
    Task<Result<void>> drip(std::string bytes, Nanos every);
    Task<Result<void>> hang();
    Task<Result<void>> write(std::string bytes);
    Task<Result<bool>> upgrade(Incoming incoming, Router::Route const& route);
    Task<Result<bool>> refuse(int status);

    ServerLimits const& limits() const { return state_->options.limits; }

    std::shared_ptr<ServerState> state_;
    std::shared_ptr<Wire> wire_;
    std::uint64_t id_;
    boost::beast::flat_buffer buffer_;
};

Task<Result<void>> HttpConnection::serve() {
    for (;;) {
        auto incoming = co_await next_request();
        if (!incoming) co_return incoming.error();
        if (state_->is_closed) break;
        ++state_->statistics.requests;
        auto const goes_on = incoming->refusal != 0 ? co_await refuse(incoming->refusal)
                                                    : co_await answer(std::move(*incoming));
        if (!goes_on) co_return goes_on.error();
        if (!*goes_on) break;
    }
    if (wire_->is_open()) {
        co_await within(state_->clock, state_->in(goodbye_max), "finish", wire_->finish());
    }
    co_return Result<void>{};
}

Task<Result<Incoming>> HttpConnection::next_request() {
    auto& clock = state_->clock;
    if (buffer_.size() == 0) {
        auto const got = co_await within(clock, state_->in(limits().idle), "idle", first_bytes());
        if (!got) co_return got.error();
        if (*got == 0) co_return Failure{Fault::transport, "http", "the client has gone"};
    }
    auto incoming = co_await within(clock, state_->in(limits().request), "request", read_request());
    if (!incoming && incoming.error().fault == Fault::timeout) {
        Incoming late;
        late.refusal = 408;
        co_return late;
    }
    co_return incoming;
}

Task<Result<std::size_t>> HttpConnection::first_bytes() {
    auto const room = buffer_.prepare(4096);
    auto got = co_await wire_->read_some(static_cast<char*>(room.data()), room.size());
    if (got) buffer_.commit(*got);
    co_return got;
}

Task<Result<Incoming>> HttpConnection::read_request() {
    WireStream stream{*wire_};
    http::request_parser<http::string_body> parser;
    parser.header_limit(static_cast<std::uint32_t>(limits().header_bytes_max));
    parser.body_limit(limits().body_bytes_max);
    Incoming incoming;
    error_code error;
    co_await http::async_read_header(
        stream, buffer_, parser, asio::redirect_error(asio::use_awaitable, error)
    );
    if (!error && boost::beast::iequals(parser.get()[http::field::expect], "100-continue")) {
        auto const invited = co_await write("HTTP/1.1 100 Continue\r\n\r\n");
        if (!invited) co_return invited.error();
    }
    if (!error && !parser.is_done()) {
        co_await http::async_read(
            stream, buffer_, parser, asio::redirect_error(asio::use_awaitable, error)
        );
    }
    if (error) {
        incoming.refusal = status_of(error);
        if (incoming.refusal != 0) co_return incoming;
        co_return Failure{Fault::transport, "http", error.message()};
    }
    incoming.raw = parser.release();
    incoming.keep_alive = incoming.raw.keep_alive();
    incoming.is_upgrade = is_websocket_upgrade(incoming.raw);
    auto const method = method_of(incoming.raw.method());
    if (!method)
        incoming.refusal = 501;
    else if (!incoming.raw.target().starts_with('/'))
        incoming.refusal = 400;
    else
        incoming.call = call_of(incoming.raw, *method);
    co_return incoming;
}

HttpCall HttpConnection::call_of(RawRequest const& raw, Method method) const {
    HttpCall call;
    call.method = method;
    call.target = std::string{raw.target()};
    auto const mark = call.target.find('?');
    call.path = call.target.substr(0, mark);
    if (mark != std::string::npos) {
        call.query = parse_query(std::string_view{call.target}.substr(mark + 1));
    }
    for (auto const& field : raw)
        call.headers.push_back({std::string{field.name_string()}, std::string{field.value()}});
    call.body = raw.body();
    call.connection = id_;
    call.received_at = state_->clock.utc_now();
    return call;
}

Task<Result<bool>> HttpConnection::answer(Incoming incoming) {
    auto const is_head = incoming.call.method == Method::head;
    auto const keep_alive = incoming.keep_alive;
    auto const& options = state_->options;
    auto fault =
        options.reply_fault ? options.reply_fault(incoming.call) : std::optional<ReplyFault>{};
    using Kind = ReplyFault::Kind;
    if (fault) {
        ++state_->statistics.faults;
        if (fault->kind == Kind::hang_before || fault->kind == Kind::reset_before) {
            co_return co_await commit(*fault, {}, {});
        }
    }
    if (incoming.is_upgrade && !(fault && fault->kind == Kind::replace)) {
        std::string allowed;
        auto const* const route = state_->router.find(incoming.call, allowed);
        if (route && route->service) co_return co_await upgrade(std::move(incoming), *route);
    }
    auto reply = co_await handle(std::move(incoming.call), fault);
    if (!reply) co_return reply.error();
    auto head = head_of(*reply, state_->clock.utc_now(), keep_alive);
    auto body = is_head ? std::string{} : std::move(reply->body);
    if (fault) {
        auto const goes_on = co_await commit(*fault, std::move(head), std::move(body));
        if (!goes_on) co_return goes_on.error();
        co_return keep_alive && *goes_on;
    }
    head += body;
    auto const written = co_await write(std::move(head));
    if (!written) co_return written.error();
    co_return keep_alive;
}

Task<Result<HttpReply>>
HttpConnection::handle(HttpCall call, std::optional<ReplyFault> const& fault) {
    using Kind = ReplyFault::Kind;
    auto const& router = state_->router;
    Result<HttpReply> reply{HttpReply{}};
    std::string allowed;
    auto const* const route = router.find(call, allowed);
    auto gated = router.gate() ? router.gate()(call) : std::optional<HttpReply>{};
    if (fault && fault->kind == Kind::replace) {
        reply = fault->reply;
    } else if (gated) {
        reply = std::move(*gated);
    } else if (!route && !allowed.empty()) {
        reply = refusal_of(405);
        reply->headers.push_back({"Allow", allowed});
    } else if (!route) {
        reply = refusal_of(404);
    } else if (route->service) {
        reply = refusal_of(426);
        reply->headers.push_back({"Upgrade", "websocket"});
    } else {
        reply = co_await run_handler(*route, call);
        if (!reply && reply.error().fault == Fault::cancelled) co_return reply;
        if (!reply) {
            state_->report(reply.error());
            reply = refusal_of(reply.error().fault == Fault::timeout ? 504 : 500);
        }
    }
    if (state_->is_closed) co_return Failure{Fault::cancelled, "http", "the server has gone"};
    if (router.finish()) router.finish()(call, *reply);
    if (fault && fault->kind == Kind::edit && fault->edit) fault->edit(*reply);
    co_return reply;
}

Task<Result<HttpReply>> HttpConnection::run_handler(Router::Route const& route, HttpCall call) {
    auto const where = state_->options.name + " " + call.path;
    auto answered = [](Handler const& handler, HttpCall c) -> Task<Result<HttpReply>> {
        auto reply = co_await handler(std::move(c));
        co_return reply;
    };
    co_return co_await within(
        state_->clock, state_->in(limits().handler), where, answered(route.handler, std::move(call))
    );
}

Task<Result<bool>>
HttpConnection::commit(ReplyFault const& fault, std::string head, std::string body) {
    using Kind = ReplyFault::Kind;
    auto const half = body.substr(0, body.size() / 2);
    Result<void> done{};
    switch (fault.kind) {
    case Kind::replace:
    case Kind::edit: done = co_await write(head + body); break;
    case Kind::hang_before:
    case Kind::act_then_hang: done = co_await hang(); break;
    case Kind::hang_during:
        done = co_await write(head + half);
        if (done) done = co_await hang();
        break;
    case Kind::hang_after:
        done = co_await write(head + body);
        if (done) done = co_await hang();
        break;
    case Kind::reset_before:
    case Kind::act_then_reset: wire_->reset(); break;
    case Kind::reset_during:
        done = co_await write(head + half);
        wire_->reset();
        break;
    case Kind::drip: done = co_await drip(head + body, fault.drip_every); break;
    }
    if (!done) co_return done.error();
    co_return fault.kind == Kind::replace || fault.kind == Kind::edit || fault.kind == Kind::drip;
}

Task<Result<void>> HttpConnection::drip(std::string bytes, Nanos every) {
    for (auto const byte : bytes) {
        auto const written = co_await write(std::string(1, byte));
        if (!written) co_return written;
        auto const waited = co_await state_->clock.wait_until(state_->in(every));
        if (!waited) co_return Failure{Fault::cancelled, "drip", "the server is stopping"};
    }
    co_return Result<void>{};
}

// Whatever the client still sends is taken and ignored, until it goes.
Task<Result<void>> HttpConnection::hang() {
    std::array<char, 4096> ignored;
    for (;;) {
        auto const got = co_await wire_->read_some(ignored.data(), ignored.size());
        if (!got) co_return got.error();
        if (*got == 0) co_return Failure{Fault::transport, "http", "the client has gone"};
    }
}

Task<Result<void>> HttpConnection::write(std::string bytes) {
    co_return co_await within(
        state_->clock, state_->in(limits().write), "write", wire_->write_all(bytes)
    );
}

Task<Result<bool>> HttpConnection::upgrade(Incoming incoming, Router::Route const& route) {
    auto const gate = state_->router.gate();
    auto refused = gate ? gate(incoming.call) : std::optional<HttpReply>{};
    if (!refused) refused = route.service->refuse(incoming.call);
    if (refused || buffer_.size() > 0) {
        auto reply = refused ? std::move(*refused) : refusal_of(400);
        auto const written =
            co_await write(head_of(reply, state_->clock.utc_now(), false) + reply.body);
        if (!written) co_return written.error();
        co_return false;
    }
    auto const socket = std::make_shared<WsConnection>(
        state_, wire_, std::move(incoming.call), *route.service, route.socket
    );
    auto const ended = co_await socket->run(std::move(incoming.raw));
    wire_->close();
    if (!ended) co_return ended.error();
    co_return false;
}

Task<Result<bool>> HttpConnection::refuse(int status) {
    auto const reply = refusal_of(status);
    auto const written =
        co_await write(head_of(reply, state_->clock.utc_now(), false) + reply.body);
    if (!written) co_return written.error();
    co_return false;
}

Task<void> serve_connection(std::shared_ptr<ServerState> state, asio::ip::tcp::socket socket) {
    auto const id = state->next_connection++;
    auto const wire = std::make_shared<Wire>(std::move(socket));

    struct Registered {
        ServerState& state;
        std::uint64_t id;

        Registered(ServerState& s, std::uint64_t i, Wire* wire) : state{s}, id{i} {
            state.wires[id] = wire;
            ++state.statistics.open;
        }

        Registered(Registered const&) = delete;
        Registered& operator=(Registered const&) = delete;

        ~Registered() {
            state.wires.erase(id);
            --state.statistics.open;
        }
    } const registered{*state, id, wire.get()};

    if (state->tls) {
        auto const deadline = state->in(state->options.limits.handshake);
        auto const shaken =
            co_await within(state->clock, deadline, "tls", wire->accept_tls(*state->tls));
        if (!shaken) {
            ++state->statistics.handshakes_failed;
            co_return;
        }
    }
    HttpConnection connection{state, wire, id};
    auto const name = state->job("connection", id);
    // How a connection ended is the client's business; bugs show up as 500 and in on_trouble.
    co_await runtime::no_throw<void>(name, connection.serve());
}

} // namespace polyquant::net::server

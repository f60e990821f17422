#include "connectors/net/server/ws_connection.hpp"

#include "connectors/net/wire_stream.hpp"
#include "engine/runtime/deadline.hpp"

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/stream.hpp>

namespace polyquant::net::server {

namespace websocket = boost::beast::websocket;
using boost::system::error_code;

namespace {

// How often silence, pings and age are looked at; their limits are seconds and more.
constexpr Nanos look_every = Millis{500};
constexpr Nanos hold_max = Seconds{1};
constexpr Nanos goodbye_max = Seconds{2};
constexpr int going_away = 1001;
constexpr int unsupported_data = 1003;
constexpr int abnormal = 1006;

Failure failure_of(error_code const& error, char const* where) {
    auto const fault =
        error == asio::error::operation_aborted ? Fault::cancelled : Fault::transport;
    return {fault, where, error.message()};
}

} // namespace

struct WsConnection::Socket {
    websocket::stream<WireStream> ws;

    explicit Socket(Wire& wire) : ws{wire} {}
};

WsConnection::WsConnection(
    std::shared_ptr<ServerState> state,
    std::shared_ptr<Wire> wire,
    HttpCall upgrade,
    WsService& service,
    WsOptions options
)
    : state_{std::move(state)}, wire_{std::move(wire)}, upgrade_{std::move(upgrade)},
      service_{service}, options_{std::move(options)}, socket_{std::make_unique<Socket>(*wire_)},
      // Two places more than messages may wait: for the closing handshake and the mark of the end.
      posts_{
          state_->executor,
          state_->job("posts", upgrade_.connection),
          options_.queued_max + 2,
          {[this](Failure const&) {
              reset();
          }}
      } {}

WsConnection::~WsConnection() = default;

Task<Result<void>> WsConnection::run(RawRequest request) {
    auto const self = shared_from_this();
    auto& state = *state_;
    auto const accepted = co_await runtime::within(
        state.clock, state.in(state.options.limits.write), "upgrade", accept(std::move(request))
    );
    if (!accepted || state.is_closed) co_return accepted;
    is_open_ = true;
    opened_at_ = heard_at_ = pinged_at_ = state.clock.now();
    auto const stage = state.options.stage;
    auto const name = state.options.name;
    if (!state.supervisor.start_job(stage, state.job("write", id()), write_all(self))) {
        co_return Failure{Fault::cancelled, name, "the server is stopping"};
    }
    if (has_housekeeping()) {
        state.supervisor.start_job(stage, state.job("watch", id()), watch(self));
    }
    state.sockets[id()] = self;
    ++state.statistics.sockets;
    service_.on_open(self);
    auto const code =
        co_await runtime::no_throw<int>(state.job("read", upgrade_.connection), read_all());
    end();
    state.sockets.erase(id());
    --state.statistics.sockets;
    if (!code && code.error().fault != Fault::cancelled) state.report(code.error());
    if (!state.is_closed) service_.on_closed(*this, code ? *code : abnormal);
    co_return Result<void>{};
}

Task<Result<void>> WsConnection::accept(RawRequest request) {
    auto& ws = socket_->ws;
    websocket::permessage_deflate compression;
    compression.server_enable = options_.deflate;
    compression.client_enable = false;
    // Many small messages to many clients: the cheap end of the scale.
    compression.compLevel = 1;
    ws.set_option(compression);
    ws.set_option(websocket::stream_base::timeout{
        websocket::stream_base::none(), websocket::stream_base::none(), false
    });
    ws.read_message_max(options_.message_bytes_max);
    ws.auto_fragment(false);
    ws.control_callback([this](websocket::frame_type kind, boost::beast::string_view) {
        heard_at_ = state_->clock.now();
        if (kind == websocket::frame_type::pong) awaits_pong_ = false;
    });
    error_code error;
    co_await ws.async_accept(request, asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return failure_of(error, "upgrade");
    co_return Result<void>{};
}

// The code with which the client left.
Task<Result<int>> WsConnection::read_all() {
    auto& ws = socket_->ws;
    boost::beast::flat_buffer buffer;
    for (;;) {
        error_code error;
        co_await ws.async_read(buffer, asio::redirect_error(asio::use_awaitable, error));
        if (error == websocket::error::closed) co_return static_cast<int>(ws.reason().code);
        if (error) co_return abnormal;
        heard_at_ = state_->clock.now();
        if (!ws.got_text()) {
            close(unsupported_data, "text only");
        } else if (is_open_ && !state_->is_closed) {
            auto const bytes = buffer.cdata();
            on_message({static_cast<char const*>(bytes.data()), bytes.size()});
        }
        buffer.consume(buffer.size());
    }
}

void WsConnection::on_message(std::string_view text) {
    if (!options_.ping_text.empty() && text == options_.ping_text) {
        post({Post::Kind::text, options_.pong_text});
        return;
    }
    service_.on_text(*this, text);
}

bool WsConnection::send(std::string text, std::string_view topic) {
    if (!is_open_) return false;
    auto fate = MessageFate::pass;
    if (state_->options.message_fault) fate = state_->options.message_fault(*this, topic, text);
    if (fate != MessageFate::pass) ++state_->statistics.faults;
    switch (fate) {
    case MessageFate::drop: return true;
    case MessageFate::reset: reset(); return false;
    case MessageFate::swap_with_next:
        if (held_) break; // one at a time: a second one releases the first
        held_ = std::move(text);
        held_until_ = state_->in(hold_max);
        return post({Post::Kind::wake});
    case MessageFate::duplicate: post({Post::Kind::text, text}); break;
    case MessageFate::pass: break;
    }
    auto const sent = post({Post::Kind::text, std::move(text)});
    release_held();
    return sent && is_open_;
}

void WsConnection::release_held() {
    if (!held_) return;
    auto text = std::move(*held_);
    held_.reset();
    post({Post::Kind::text, std::move(text)});
}

bool WsConnection::post(Post post) {
    if (!is_open_) return false;
    if (posts_.depth() >= options_.queued_max) {
        state_->report(
            {Fault::transport,
             state_->job("write", id()),
             "the client is " + std::to_string(options_.queued_max) +
                 " messages behind; disconnected"}
        );
        reset();
        return false;
    }
    return posts_.post(std::move(post));
}

void WsConnection::close(int code, std::string reason) {
    if (!is_open_) return;
    release_held();
    is_open_ = false;
    posts_.post({Post::Kind::close, std::move(reason), code});
}

void WsConnection::reset() {
    is_open_ = false;
    wire_->reset();
}

void WsConnection::end() {
    is_open_ = false;
    wire_->close();
    if (posts_.depth() < posts_.capacity()) posts_.post({Post::Kind::last});
}

Task<void> WsConnection::write_all(std::shared_ptr<WsConnection> self) {
    for (;;) {
        auto& clock = self->state_->clock;
        auto post = co_await (
            self->held_ ? runtime::within(clock, self->held_until_, "held", self->posts_.next())
                        : self->posts_.next()
        );
        if (!post && post.error().fault == Fault::timeout) {
            self->release_held();
            continue;
        }
        if (!post || post->kind == Post::Kind::last) co_return;
        if (post->kind == Post::Kind::wake) continue;
        auto const written = co_await self->write_in_time(*post);
        if (!written) {
            self->reset();
            co_return;
        }
        if (post->kind == Post::Kind::close) co_return;
    }
}

Task<Result<void>> WsConnection::write_in_time(Post const& post) {
    auto const limit = post.kind == Post::Kind::close ? goodbye_max : state_->options.limits.write;
    return runtime::within(state_->clock, state_->in(limit), "write", write(post));
}

Task<Result<void>> WsConnection::write(Post const& post) {
    auto& ws = socket_->ws;
    error_code error;
    auto const token = [&] {
        return asio::redirect_error(asio::use_awaitable, error);
    };
    switch (post.kind) {
    case Post::Kind::text:
        ws.text(true);
        co_await ws.async_write(asio::buffer(post.text), token());
        break;
    case Post::Kind::ping: co_await ws.async_ping(websocket::ping_data{post.text}, token()); break;
    case Post::Kind::close:
        co_await ws.async_close(
            {static_cast<websocket::close_code>(post.code), post.text}, token()
        );
        break;
    case Post::Kind::wake:
    case Post::Kind::last: break;
    }
    if (error) co_return failure_of(error, "write");
    co_return Result<void>{};
}

bool WsConnection::has_housekeeping() const {
    return options_.silence_max > Nanos{0} || options_.ping_every > Nanos{0} ||
           options_.age_max > Nanos{0};
}

Task<void> WsConnection::watch(std::shared_ptr<WsConnection> self) {
    auto& clock = self->state_->clock;
    while (self->is_open_) {
        if (!co_await clock.wait_until(clock.now() + look_every)) co_return;
        if (auto due = self->due(clock.now())) {
            if (due->kind == Post::Kind::close)
                self->close(due->code, std::move(due->text));
            else
                self->post(std::move(*due));
        }
    }
}

std::optional<WsConnection::Post> WsConnection::due(Instant now) {
    auto const& o = options_;
    if (o.age_max > Nanos{0} && now - opened_at_ >= o.age_max) {
        return Post{Post::Kind::close, "maximum connection age", going_away};
    }
    if (o.silence_max > Nanos{0} && now - heard_at_ >= o.silence_max) {
        return Post{Post::Kind::close, "silent for too long", going_away};
    }
    if (o.ping_every == Nanos{0}) return std::nullopt;
    if (awaits_pong_ && o.pong_max > Nanos{0} && now - pinged_at_ >= o.pong_max) {
        return Post{Post::Kind::close, "pong timeout", o.pong_close_code};
    }
    if (awaits_pong_ || now - pinged_at_ < o.ping_every) return std::nullopt;
    pinged_at_ = now;
    awaits_pong_ = true;
    return Post{Post::Kind::ping, std::to_string(unix_millis(state_->clock.utc_now()))};
}

} // namespace polyquant::net::server

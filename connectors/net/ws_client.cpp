#include "connectors/net/ws_client.hpp"

#include "connectors/net/wire_stream.hpp"
#include "engine/runtime/deadline.hpp"
#include "engine/runtime/mailbox.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/stream.hpp>

#include <optional>

namespace polyquant::net {

namespace websocket = boost::beast::websocket;
namespace http = boost::beast::http;
using boost::system::error_code;

namespace {

// A message to send, or the wish to close with a code.
struct Post {
    std::string text{};
    int close_code = 0;
    bool is_last = false;
};

Failure failure_of(error_code const& error, std::string where) {
    auto fault = Fault::transport;
    if (error == asio::error::operation_aborted) fault = Fault::cancelled;
    if (error == websocket::error::message_too_big ||
        error.category() == make_error_code(websocket::error::bad_opcode).category())
        fault = error == websocket::error::closed ? Fault::transport : Fault::parse;
    return {fault, std::move(where), error.message()};
}

} // namespace

struct WsClient::State {
    std::string name;
    Options options;
    Dialer& dialer;
    runtime::Supervisor& supervisor;
    runtime::Mailbox<std::optional<WsFrame>, runtime::Fatal> frames;
    runtime::Mailbox<Post, runtime::Fatal> posts;
    std::unique_ptr<Wire> wire{};
    std::optional<websocket::stream<WireStream>> socket{};
    bool is_open = false;
    bool has_ended = false;
    bool is_compressed = false;
    Loss loss{};
    Instant heard_at{};

    State(std::string n, Options o, Dialer& d, runtime::Supervisor& s)
        : name{std::move(n)}, options{std::move(o)}, dialer{d}, supervisor{s},
          // One place more than frames may wait, for the mark that wakes the consumer at the end.
          frames{d.executor(), name, options.frames_queued_max + 1, {[this](Failure const& f) {
                     end_with(f);
                 }}},
          posts{
              d.executor(),
              name + ".posts",
              options.posts_queued_max + 1,
              {[this](Failure const& f) {
                  end_with(f);
              }}
          } {}

    void end_with(Failure failure) {
        Loss why;
        why.failure = std::move(failure);
        end(std::move(why));
    }

    // The first reason counts.
    void end(Loss why) {
        if (has_ended) return;
        has_ended = true;
        is_open = false;
        loss = std::move(why);
        if (wire) wire->close();
        // A full queue needs no mark: its consumer is not waiting.
        if (frames.depth() < frames.capacity()) frames.post(std::nullopt);
        if (posts.depth() < posts.capacity()) posts.post({.is_last = true});
    }

    Task<Result<void>> upgrade(WsRequest request);
    Task<Result<bool>> write(std::string const& text);
    Task<Result<bool>> say_goodbye(int code);
    static Task<void> read_all(std::shared_ptr<State> state);
    static Task<void> write_all(std::shared_ptr<State> state);
};

WsClient::WsClient(
    Dialer& dialer, runtime::Supervisor& supervisor, std::string name, Options options
)
    : state_{std::make_shared<State>(std::move(name), std::move(options), dialer, supervisor)} {}

WsClient::~WsClient() {
    state_->end_with({Fault::cancelled, state_->name, "its owner has gone"});
}

Task<Result<void>> WsClient::open(WsRequest request, Instant deadline) {
    auto const state = state_;
    ENSURE(!state->wire && !state->has_ended, "a WsClient is opened once");
    if (!request.url.is_websocket()) {
        state->end_with({Fault::invalid, state->name, "a WebSocket needs a wss:// URL"});
        co_return state->loss.failure;
    }
    auto& clock = state->dialer.clock();
    auto wire = co_await state->dialer.dial(request.url, deadline);
    if (!wire) {
        state->end_with(wire.error());
        co_return state->loss.failure;
    }
    state->wire = std::move(*wire);
    auto const end = state->dialer.stage_end(state->dialer.limits().read, deadline);
    auto const upgraded = co_await runtime::within(
        clock, end, state->name + " upgrade", state->upgrade(std::move(request))
    );
    if (!upgraded) {
        state->end_with(upgraded.error()); // a refusal has left its own, fuller reason
        co_return state->loss.failure;
    }
    if (state->has_ended) co_return state->loss.failure;
    state->is_open = true;
    state->heard_at = clock.now();
    auto const stage = state->options.stage;
    auto const reads =
        state->supervisor.start_job(stage, state->name + ".read", State::read_all(state));
    auto const writes =
        reads &&
        state->supervisor.start_job(stage, state->name + ".write", State::write_all(state));
    if (!writes) {
        state->end_with({Fault::cancelled, state->name, "the engine is stopping"});
        co_return state->loss.failure;
    }
    co_return Result<void>{};
}

Task<Result<void>> WsClient::State::upgrade(WsRequest request) {
    auto& ws = socket.emplace(*wire);
    websocket::permessage_deflate compression;
    compression.client_enable = options.deflate;
    compression.server_enable = false;
    ws.set_option(compression);
    // Deadlines are ours: Beast's own timers would read another clock.
    ws.set_option(websocket::stream_base::timeout{
        websocket::stream_base::none(), websocket::stream_base::none(), false
    });
    ws.read_message_max(options.message_bytes_max);
    ws.auto_fragment(false);
    ws.control_callback([this](websocket::frame_type, boost::beast::string_view) {
        heard_at = dialer.clock().now();
    });
    ws.set_option(websocket::stream_base::decorator(
        [headers = request.headers, agent = options.user_agent](websocket::request_type& message) {
            message.set(http::field::user_agent, agent);
            for (auto const& header : headers)
                message.insert(header.name, header.value);
        }
    ));
    websocket::response_type answer;
    error_code error;
    co_await ws.async_handshake(
        answer,
        request.url.authority(),
        request.url.target,
        asio::redirect_error(asio::use_awaitable, error)
    );
    if (!error) {
        is_compressed = answer[http::field::sec_websocket_extensions].find("permessage-deflate") !=
                        boost::beast::string_view::npos;
        co_return Result<void>{};
    }
    // A deadline's cancellation is named by whoever set the deadline.
    if (error == asio::error::operation_aborted) co_return failure_of(error, name + " upgrade");
    Loss refusal;
    refusal.failure = failure_of(error, name + " upgrade");
    if (error == websocket::error::upgrade_declined) {
        auto const status = static_cast<int>(answer.result_int());
        refusal.failure.fault = fault_of_status(status).value_or(Fault::parse);
        refusal.failure.http_status = status;
        refusal.failure.detail = "the upgrade was refused";
        auto const wait = answer[http::field::retry_after];
        refusal.retry_after =
            parse_retry_after({wait.data(), wait.size()}, dialer.clock().utc_now());
    }
    auto const failure = refusal.failure;
    end(std::move(refusal));
    co_return failure;
}

Task<void> WsClient::State::read_all(std::shared_ptr<State> state) {
    auto& ws = *state->socket;
    auto& clock = state->dialer.clock();
    boost::beast::flat_buffer buffer;
    for (;;) {
        error_code error;
        co_await ws.async_read(buffer, asio::redirect_error(asio::use_awaitable, error));
        if (error) {
            Loss loss;
            loss.failure = failure_of(error, state->name);
            if (error == websocket::error::closed) {
                loss.close_code = static_cast<int>(ws.reason().code);
                loss.close_reason.assign(ws.reason().reason.data(), ws.reason().reason.size());
                loss.failure.detail =
                    "closed by the server with code " + std::to_string(loss.close_code);
                if (!loss.close_reason.empty()) loss.failure.detail += ": " + loss.close_reason;
            }
            state->end(std::move(loss));
            co_return;
        }
        state->heard_at = clock.now();
        auto const bytes = buffer.cdata();
        WsFrame frame{
            {static_cast<char const*>(bytes.data()), bytes.size()},
            ws.got_binary(),
            state->heard_at,
            clock.utc_now()
        };
        buffer.consume(buffer.size());
        // Kept free: the last place is for the mark of the end.
        if (state->frames.depth() >= state->options.frames_queued_max) {
            state->end_with(
                {Fault::transport,
                 state->name,
                 "its consumer is " + std::to_string(state->options.frames_queued_max) +
                     " frames behind"}
            );
            co_return;
        }
        state->frames.post(std::move(frame));
    }
}

Task<void> WsClient::State::write_all(std::shared_ptr<State> state) {
    for (;;) {
        auto const post = co_await state->posts.next();
        if (!post || post->is_last || state->has_ended) co_return;
        auto& clock = state->dialer.clock();
        auto const deadline = clock.now() + state->options.write_max;
        auto op =
            post->close_code == 0 ? state->write(post->text) : state->say_goodbye(post->close_code);
        auto const written =
            co_await runtime::within(clock, deadline, state->name + ".write", std::move(op));
        if (!written) {
            state->end_with(written.error());
            co_return;
        }
    }
}

Task<Result<bool>> WsClient::State::write(std::string const& text) {
    error_code error;
    socket->text(true);
    co_await socket->async_write(
        asio::const_buffer{text.data(), text.size()},
        asio::redirect_error(asio::use_awaitable, error)
    );
    if (error) co_return failure_of(error, name + ".write");
    co_return true;
}

Task<Result<bool>> WsClient::State::say_goodbye(int code) {
    error_code error;
    websocket::close_reason const reason{static_cast<websocket::close_code>(code)};
    co_await socket->async_close(reason, asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return failure_of(error, name + ".close");
    co_return true;
}

Task<Result<WsFrame>> WsClient::next() {
    auto const state = state_;
    if (state->has_ended && state->frames.depth() == 0) co_return state->loss.failure;
    auto message = co_await state->frames.next();
    if (!message) co_return message.error();
    if (!*message) co_return state->loss.failure;
    co_return std::move(**message);
}

bool WsClient::post(std::string text) {
    if (!state_->is_open) return false;
    if (state_->posts.depth() >= state_->options.posts_queued_max) {
        state_->end_with({Fault::transport, state_->name, "the peer does not take what is sent"});
        return false;
    }
    return state_->posts.post({std::move(text)});
}

void WsClient::fail(Loss loss) {
    state_->end(std::move(loss));
}

Task<Result<void>> WsClient::close(int code, Instant deadline) {
    auto const state = state_;
    if (!state->is_open) co_return Result<void>{};
    state->is_open = false;
    state->posts.post({{}, code});
    auto drain = [](std::shared_ptr<State> s) -> Task<Result<bool>> {
        while (!s->has_ended) {
            auto const message = co_await s->frames.next();
            if (!message) co_return message.error();
        }
        co_return true;
    };
    auto const ended =
        co_await runtime::within(state->dialer.clock(), deadline, state->name, drain(state));
    state->end_with({Fault::timeout, state->name, "no closing handshake by the deadline"});
    if (!ended) co_return ended.error();
    co_return Result<void>{};
}

bool WsClient::is_open() const {
    return state_->is_open;
}

Loss const& WsClient::loss() const {
    return state_->loss;
}

Instant WsClient::heard_at() const {
    return state_->heard_at;
}

bool WsClient::is_compressed() const {
    return state_->is_compressed;
}

} // namespace polyquant::net

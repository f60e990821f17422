#include "connectors/net/ws_session.hpp"

#include <fmt/format.h>

namespace polyquant::net {

namespace {

// How late a ping or a silence may be noticed.
constexpr Nanos tick = Millis{250};

std::string seconds_text(Nanos time) {
    return fmt::format("{:.1f} s", std::chrono::duration<double>(time).count());
}

} // namespace

WsSession::WsSession(
    Dialer& dialer,
    runtime::Supervisor& supervisor,
    Random random,
    MakeRequest make_request,
    WsListener& listener,
    Options options
)
    : dialer_{dialer}, supervisor_{supervisor}, make_request_{std::move(make_request)},
      listener_{listener}, options_{std::move(options)},
      machine_{options_.reconnect, std::move(random), options_.policy} {
    if (options_.starts_paused) {
        is_paused_ = true;
        machine_.stop();
    }
}

WsSession::~WsSession() = default;

Task<void> WsSession::run() {
    auto const stage = options_.socket.stage;
    if (!supervisor_.start_job(stage, options_.name + ".watch", watch())) co_return;
    for (;;) {
        auto const is_turn = co_await wait_for_turn();
        if (!is_turn) co_return;
        machine_.begin();
        auto const client =
            std::make_shared<WsClient>(dialer_, supervisor_, options_.name, options_.socket);
        auto const& clock = dialer_.clock();
        auto const opened =
            co_await client->open(make_request_(), clock.now() + options_.connect_max);
        if (!opened && opened.error().fault == Fault::cancelled) co_return;
        if (!opened) {
            note_loss(client->loss());
            auto const stopped = machine_.state() == ReconnectMachine::State::stopped;
            listener_.on_attempt_failed(client->loss(), stopped);
            continue;
        }
        auto const goes_on = co_await serve(client);
        if (!goes_on) co_return;
    }
}

Task<bool> WsSession::wait_for_turn() {
    auto& clock = dialer_.clock();
    for (;;) {
        auto const is_stopped = machine_.state() == ReconnectMachine::State::stopped;
        if (!is_stopped && clock.now() >= machine_.attempt_at()) co_return true;
        // In ticks, so that retry_now() is noticed.
        auto const rang = co_await clock.wait_until(
            is_stopped ? clock.now() + tick : std::min(machine_.attempt_at(), clock.now() + tick)
        );
        if (!rang) co_return false;
    }
}

// False when the session was cancelled.
Task<bool> WsSession::serve(std::shared_ptr<WsClient> client) {
    auto& clock = dialer_.clock();
    machine_.connected(clock.now());
    ++times_up_;
    client_ = client;
    next_ping_ = clock.now() + options_.ping_every;
    pong_at_ = clock.now();
    for (auto& text : listener_.on_up(clock.utc_now()))
        client->post(std::move(text));
    // Paused while it was connecting.
    if (is_paused_) pause("not needed any more");
    for (;;) {
        auto const frame = co_await client->next();
        if (!frame) break;
        if (options_.ping_every > Nanos{0} && frame->payload == options_.pong_text) {
            pong_at_ = frame->received_at;
            continue;
        }
        listener_.on_frame(*frame);
    }
    client_.reset();
    auto const state = co_await asio::this_coro::cancellation_state;
    auto const cancelled = state.cancelled() != asio::cancellation_type::none;
    Loss loss = client->loss();
    if (cancelled) loss.failure = {Fault::cancelled, options_.name, "the session was stopped"};
    if (!cancelled) note_loss(loss);
    listener_.on_down(loss);
    co_return !cancelled;
}

void WsSession::note_loss(Loss const& loss) {
    machine_.lost(loss, dialer_.clock().now());
    if (is_paused_) machine_.stop();
}

Task<void> WsSession::watch() {
    auto& clock = dialer_.clock();
    for (;;) {
        auto const rang = co_await clock.wait_until(clock.now() + tick);
        if (!rang) co_return;
        check(clock.now());
    }
}

void WsSession::check(Instant now) {
    if (!client_) return;
    Loss loss;
    auto const silent_for = now - client_->heard_at();
    auto const no_pong_for = now - pong_at_;
    if (options_.silence_max > Nanos{0} && silent_for >= options_.silence_max) {
        loss.failure = {Fault::timeout, options_.name, "silent for " + seconds_text(silent_for)};
        client_->fail(std::move(loss));
    } else if (options_.pong_max > Nanos{0} && no_pong_for >= options_.pong_max) {
        loss.failure = {
            Fault::timeout,
            options_.name,
            "no " + options_.pong_text + " for " + seconds_text(no_pong_for)
        };
        client_->fail(std::move(loss));
    } else if (options_.ping_every > Nanos{0} && now >= next_ping_) {
        next_ping_ = now + options_.ping_every;
        client_->post(options_.ping_text);
    }
}

bool WsSession::send(std::string text) {
    return client_ && client_->post(std::move(text));
}

void WsSession::restart(std::string why) {
    if (!client_) return;
    Loss loss;
    loss.failure = {Fault::transport, options_.name, std::move(why)};
    loss.is_planned = true;
    client_->fail(std::move(loss));
}

void WsSession::pause(std::string why) {
    is_paused_ = true;
    restart(std::move(why));
    if (machine_.state() == ReconnectMachine::State::waiting) machine_.stop();
}

void WsSession::retry_now() {
    is_paused_ = false;
    machine_.retry_now();
}

bool WsSession::is_up() const {
    return client_ && client_->is_open();
}

} // namespace polyquant::net

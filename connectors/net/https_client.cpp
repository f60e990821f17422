#include "connectors/net/https_client.hpp"

#include "connectors/net/connection_pool.hpp"
#include "connectors/net/gzip.hpp"
#include "engine/runtime/deadline.hpp"

#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace polyquant::net {

namespace http = boost::beast::http;

namespace {

constexpr std::size_t read_chunk = 16 * 1024;

bool is_token(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view{"!#$%&'*+-.^_`|~"}.find(c) != std::string_view::npos;
    });
}

bool is_clean(std::string_view text) {
    return std::ranges::none_of(text, [](char c) {
        return (static_cast<unsigned char>(c) < ' ' && c != '\t') || c == 0x7f;
    });
}

// A header that smuggles a line end would add a header, or a request, of somebody else's choice.
std::optional<Failure> defect_of(HttpRequest const& request) {
    auto const bad = [&](std::string why) {
        return Failure{Fault::invalid, request.url.authority(), std::move(why)};
    };
    if (request.url.is_websocket()) return bad("an HTTP request needs an https:// URL");
    auto const& target = request.url.target;
    if (!target.starts_with('/') || !is_clean(target) || target.find(' ') != std::string::npos) {
        return bad("the target is not a path");
    }
    for (auto const& header : request.headers)
        if (!is_token(header.name) || !is_clean(header.value))
            return bad(
                "malformed header '" + std::string{is_clean(header.name) ? header.name : "?"} + "'"
            );
    return std::nullopt;
}

std::string serialized(HttpRequest const& request, std::string const& user_agent) {
    std::string out;
    out.reserve(512 + request.body.size());
    out += to_string(request.method);
    out += ' ';
    out += request.url.target;
    out += " HTTP/1.1\r\nHost: ";
    out += request.url.authority();
    out += "\r\nUser-Agent: ";
    out += user_agent;
    out += "\r\nAccept-Encoding: gzip\r\n";
    for (auto const& header : request.headers) {
        out += header.name;
        out += ": ";
        out += header.value;
        out += "\r\n";
    }
    auto const has_body = request.method != Method::get && request.method != Method::head;
    if (has_body || !request.body.empty()) {
        out += fmt::format("Content-Length: {}\r\n", request.body.size());
    }
    out += "\r\n";
    out += request.body;
    return out;
}

using Parser = http::response_parser<http::string_body>;

struct Answer {
    HttpResponse response{};
    bool keep = false; // the connection can serve again
};

// Bytes in, one answer out; knows no socket.
class AnswerReader {
public:
    AnswerReader(HttpRequest const& request, HttpsClient::Options const& options)
        : request_{request}, options_{options} {
        restart();
    }

    bool has_bytes() const { return began_; }

    bool is_done() const { return done_; }

    // Fault::parse when this is not an answer within the limits.
    Result<void> feed(std::string_view bytes) {
        began_ = began_ || !bytes.empty();
        buffer_ += bytes;
        return parse();
    }

    Result<void> feed_end() {
        boost::system::error_code error;
        parser_->put_eof(error);
        if (error || !parser_->is_done()) {
            return Failure{Fault::transport, {}, "the connection ended within the answer"};
        }
        done_ = true;
        closed_ = true;
        return {};
    }

    Result<Answer> take() {
        auto message = parser_->release();
        Answer answer;
        answer.response.status = static_cast<int>(message.result_int());
        for (auto const& field : message.base()) {
            answer.response.headers.push_back(
                {std::string{field.name_string()}, std::string{field.value()}}
            );
        }
        answer.response.body = std::move(message.body());
        // Bytes beyond the answer belong to nobody; such a connection is not trusted again.
        answer.keep = message.keep_alive() && !closed_ && buffer_.empty();
        auto const decoded = decode(answer.response);
        if (!decoded) return decoded.error();
        return answer;
    }

private:
    void restart() {
        parser_.emplace();
        parser_->header_limit(static_cast<std::uint32_t>(options_.header_bytes_max));
        parser_->body_limit(options_.body_bytes_max);
        parser_->eager(true);
        if (request_.method == Method::head) parser_->skip(true);
    }

    Result<void> parse() {
        boost::system::error_code error;
        while (!buffer_.empty() && !done_) {
            auto const used = parser_->put(boost::asio::buffer(buffer_), error);
            buffer_.erase(0, used);
            if (error == http::error::need_more) break;
            if (error) return Failure{Fault::parse, {}, error.message()};
            if (parser_->is_done() && parser_->get().result_int() / 100 == 1) {
                // "100 Continue" and its like announce the real answer.
                if (parser_->get().result_int() == 101 || ++interim_ > 8) {
                    return Failure{Fault::parse, {}, "an interim answer nobody asked for"};
                }
                restart();
            }
            done_ = parser_->is_done();
        }
        return {};
    }

    Result<void> decode(HttpResponse& response) const {
        auto const encoding = response.header("Content-Encoding");
        if (!encoding || encoding->empty() || *encoding == "identity") return {};
        if (response.body.empty()) return {}; // HEAD, 204, 304
        if (*encoding != "gzip" && *encoding != "x-gzip" && *encoding != "deflate") {
            return Failure{
                Fault::parse, {}, "unknown content encoding '" + std::string{*encoding} + "'"
            };
        }
        auto plain = gunzip(response.body, options_.body_bytes_max);
        if (!plain) return plain.error();
        response.body = std::move(*plain);
        return {};
    }

    HttpRequest const& request_;
    HttpsClient::Options const& options_;
    std::optional<Parser> parser_;
    std::string buffer_;
    int interim_ = 0;
    bool began_ = false;
    bool done_ = false;
    bool closed_ = false;
};

Task<Result<Answer>> read_answer(
    Wire& wire, HttpRequest const& request, HttpsClient::Options const& options, bool& began
) {
    AnswerReader reader{request, options};
    std::array<char, read_chunk> chunk;
    while (!reader.is_done()) {
        auto const got = co_await wire.read_some(chunk.data(), chunk.size());
        if (!got) co_return got.error();
        auto const fed = *got == 0 ? reader.feed_end() : reader.feed({chunk.data(), *got});
        began = reader.has_bytes();
        if (!fed) co_return fed.error();
    }
    co_return reader.take();
}

} // namespace

struct HttpsClient::State {
    Dialer& dialer;
    EndpointGroups& groups;
    Random random;
    Options options;
    ConnectionPool pool;

    runtime::Clock& clock() { return dialer.clock(); }

    Task<Result<void>> take_budget(HttpRequest const& request, Instant deadline);
    Task<Result<HttpResponse>>
    exchange_bytes(HttpRequest const& request, Instant deadline, Exchange& x);
    Task<Result<Answer>>
    exchange_on(Wire& wire, HttpRequest const& request, Instant deadline, Exchange& x);
    void tell_round_trip(HttpRequest const& request, Instant began);
};

HttpsClient::HttpsClient(Dialer& dialer, EndpointGroups& groups, Random random, Options options)
    : state_{std::make_unique<State>(
          dialer,
          groups,
          std::move(random),
          options,
          ConnectionPool{dialer.clock(), options.connections_per_host, options.idle_max}
      )} {}

HttpsClient::~HttpsClient() {
    state_->pool.close_idle();
}

Task<Result<HttpResponse>>
HttpsClient::send(HttpRequest request, Instant deadline, Exchange* exchange) {
    auto* const state = state_.get();
    Exchange unseen;
    auto& x = exchange != nullptr ? *exchange : unseen;
    if (auto defect = defect_of(request)) co_return std::move(*defect);

    auto const budget = co_await state->take_budget(request, deadline);
    if (!budget) co_return budget.error();
    auto& clock = state->clock();
    if (!state->groups.allow(request.group, clock.now())) {
        co_return Failure{
            Fault::breaker_open, request.group, "not sent: the circuit breaker is open"
        };
    }
    auto answer = co_await state->exchange_bytes(request, deadline, x);
    auto fault = answer ? fault_of_status(answer->status) : answer.error().fault;
    state->groups.record(request.group, fault, clock.now());
    if (auto* const group = state->groups.find(request.group); group != nullptr && answer) {
        group->limiter.observe(*answer, clock.now(), clock.utc_now());
    }
    auto const& tap = state->dialer.tap();
    if (tap && answer && request.headers.empty()) {
        auto const topic = fmt::format("{} {}", to_string(request.method), request.url.target);
        auto const& feed = request.group.empty() ? request.url.host : request.group;
        tap(feed, topic, answer->body, clock.utc_now());
    }
    co_return answer;
}

Task<Result<HttpResponse>>
HttpsClient::fetch(HttpRequest request, Instant deadline, Exchange* exchange) {
    auto* const state = state_.get();
    Exchange unseen;
    auto& x = exchange != nullptr ? *exchange : unseen;
    auto const where = request.group.empty() ? request.url.authority() : request.group;
    for (;;) {
        ++x.attempts;
        auto answer = co_await send(request, deadline, &x);
        std::optional<Nanos> asked;
        if (answer) asked = retry_after(*answer, state->clock().utc_now());
        auto checked = answer ? require_success(std::move(*answer), where) : std::move(answer);
        if (checked) co_return checked;
        auto const wait = state->options.retry.delay_before_next(
            request.safe_to_repeat, x.attempts, checked.error().fault, asked, state->random
        );
        if (!wait || state->clock().now() + *wait >= deadline) co_return checked;
        auto const rang = co_await state->clock().wait_until(state->clock().now() + *wait);
        if (!rang) co_return Failure{Fault::cancelled, where, "cancelled between two attempts"};
    }
}

Task<Result<void>> HttpsClient::warm(Url url, Instant deadline) {
    auto* const state = state_.get();
    auto lease = co_await state->pool.take(url, deadline);
    if (!lease) co_return lease.error();
    if (!lease->has_wire()) {
        auto wire = co_await state->dialer.dial(url, deadline);
        if (!wire) co_return wire.error();
        lease->put(std::move(*wire));
    }
    lease->give_back(false);
    co_return Result<void>{};
}

std::size_t HttpsClient::idle_connections(Url const& url) const {
    return state_->pool.idle(url);
}

std::size_t HttpsClient::busy_connections(Url const& url) const {
    return state_->pool.busy(url);
}

void HttpsClient::close_idle() {
    state_->pool.close_idle();
}

// Waits for the rate budget, or says at once that waiting would not help.
Task<Result<void>> HttpsClient::State::take_budget(HttpRequest const& request, Instant deadline) {
    auto* const group = groups.find(request.group);
    if (group == nullptr) co_return Result<void>{};
    for (;;) {
        auto const now = clock().now();
        auto const ready = group->limiter.ready_at(request.cost, now);
        if (ready <= now) break;
        if (ready >= deadline) {
            auto const why = ready == Instant::max()
                                 ? std::string{"costs more than its rate budget ever holds"}
                                 : fmt::format(
                                       "its rate budget is used up for {} ms more",
                                       std::chrono::ceil<Millis>(ready - now).count()
                                   );
            co_return Failure{Fault::breaker_open, request.group, "not sent: " + why};
        }
        auto const rang = co_await clock().wait_until(ready);
        if (!rang) {
            co_return Failure{Fault::cancelled, request.group, "cancelled before it was sent"};
        }
    }
    group->limiter.take(request.cost, clock().now());
    co_return Result<void>{};
}

Task<Result<HttpResponse>>
HttpsClient::State::exchange_bytes(HttpRequest const& request, Instant deadline, Exchange& x) {
    for (auto attempt = 0;; ++attempt) {
        auto lease = co_await pool.take(request.url, deadline);
        if (!lease) co_return lease.error();
        // The second time a fresh connection, not the next one of a pool that may be dead as a
        // whole.
        if (attempt > 0) lease->discard();
        x.reused = lease->has_wire() && lease->uses() > 0;
        auto const was_pooled = lease->has_wire();
        if (!was_pooled) {
            auto wire = co_await dialer.dial(request.url, deadline);
            if (!wire) co_return wire.error();
            lease->put(std::move(*wire));
        }
        ++x.connections;
        x.answer_began = false;
        auto answer = co_await exchange_on(lease->wire(), request, deadline, x);
        if (answer) {
            if (answer->keep) lease->give_back();
            co_return std::move(answer->response);
        }
        auto failure = answer.error();
        auto const died_idle =
            was_pooled && !x.answer_began && failure.fault == Fault::transport && attempt == 0;
        if (died_idle && request.safe_to_repeat) continue;
        failure.where = fmt::format(
            "{} {}{}",
            to_string(request.method),
            request.url.authority(),
            request.url.target.substr(0, request.url.target.find('?'))
        );
        co_return failure;
    }
}

Task<Result<Answer>> HttpsClient::State::exchange_on(
    Wire& wire, HttpRequest const& request, Instant deadline, Exchange& x
) {
    auto const bytes = serialized(request, options.user_agent);
    auto const& limits = dialer.limits();
    auto const write_end = dialer.stage_end(limits.write, deadline);
    if (clock().now() >= write_end) {
        co_return Failure{Fault::timeout, {}, "the deadline passed before the request was sent"};
    }
    x.wrote_any = true;
    auto const began = clock().now();
    auto const written =
        co_await runtime::within(clock(), write_end, "write", wire.write_all(bytes));
    if (!written) co_return written.error();
    auto const read_end = dialer.stage_end(limits.read, deadline);
    auto answer = co_await runtime::within(
        clock(), read_end, "read", read_answer(wire, request, options, x.answer_began)
    );
    if (answer) tell_round_trip(request, began);
    co_return answer;
}

void HttpsClient::State::tell_round_trip(HttpRequest const& request, Instant began) {
    auto const& tap = dialer.round_trip_tap();
    if (!tap) return;
    std::string_view const target{request.url.target};
    auto const first = target.substr(0, target.find_first_of("/?", 1));
    auto const& feed = request.group.empty() ? request.url.host : request.group;
    tap(feed,
        fmt::format("{} {}", to_string(request.method), first),
        clock().now() - began,
        clock().utc_now());
}

} // namespace polyquant::net

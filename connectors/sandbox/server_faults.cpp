#include "connectors/sandbox/server_faults.hpp"

#include <fmt/format.h>

#include <array>

namespace polyquant::sandbox {

namespace {

using net::server::HttpCall;
using net::server::HttpReply;
using net::server::MessageFate;
using net::server::ReplyFault;
using Kind = net::server::ReplyFault::Kind;

HttpReply server_error(FaultDetail const& detail) {
    // What stands before the venue's own servers answers in HTML.
    return {
        detail.status,
        fmt::format("<html><head><title>{0}</title></head><body>{0}</body></html>", detail.status),
        {},
        "text/html"
    };
}

HttpReply too_many(FaultDetail const& detail) {
    auto reply = net::server::json_reply(R"({"error":"Too Many Requests"})", 429);
    auto const seconds = std::chrono::ceil<Seconds>(detail.retry_after).count();
    reply.headers.push_back({"Retry-After", std::to_string(seconds)});
    return reply;
}

// Bytes that are no text in any encoding, under the usual content type.
void make_garbage(HttpReply& reply) {
    for (std::size_t i = 0; i < reply.body.size(); ++i)
        reply.body[i] = static_cast<char>(0x80 + (i * 73 + 11) % 0x7f);
}

void truncate(HttpReply& reply) {
    reply.body.resize(reply.body.size() * 2 / 3);
}

// A client must ignore what it does not know, of every type.
constexpr std::string_view strange_fields =
    R"("zzUnknownObject":{"a":[1,null,{"b":"\u00e9"}]},"zzUnknownNumber":-1.5e3,"zzUnknownNull":null,)";

// After every opening brace of an object with members.
void add_unknown_fields(std::string& body) {
    std::string out;
    auto in_string = false;
    for (std::size_t i = 0; i < body.size(); ++i) {
        auto const c = body[i];
        out += c;
        if (c == '\\' && in_string && i + 1 < body.size()) {
            out += body[++i];
            continue;
        }
        if (c == '"') in_string = !in_string;
        if (c != '{' || in_string) continue;
        auto const next = body.find_first_not_of(" \t\r\n", i + 1);
        if (next != std::string::npos && body[next] == '"') out += strange_fields;
    }
    body = std::move(out);
}

ReplyFault simple(Kind kind) {
    ReplyFault fault;
    fault.kind = kind;
    return fault;
}

ReplyFault replacing(HttpReply reply) {
    ReplyFault fault;
    fault.kind = Kind::replace;
    fault.reply = std::move(reply);
    return fault;
}

ReplyFault editing(std::function<void(HttpReply&)> edit) {
    ReplyFault fault;
    fault.kind = Kind::edit;
    fault.edit = std::move(edit);
    return fault;
}

ReplyFault fault_of(FaultKind kind, FaultDetail const& detail) {
    switch (kind) {
    case FaultKind::hang_before: return simple(Kind::hang_before);
    case FaultKind::accept_then_time_out: return simple(Kind::act_then_hang);
    case FaultKind::accept_then_reset: return simple(Kind::act_then_reset);
    case FaultKind::hang_during: return simple(Kind::hang_during);
    case FaultKind::hang_after: return simple(Kind::hang_after);
    case FaultKind::reset_before: return simple(Kind::reset_before);
    case FaultKind::reset_during: return simple(Kind::reset_during);
    case FaultKind::server_error: return replacing(server_error(detail));
    case FaultKind::rate_limit: return replacing(too_many(detail));
    case FaultKind::garbage: return editing(make_garbage);
    case FaultKind::truncated_json: return editing(truncate);
    case FaultKind::unknown_fields:
        return editing([](HttpReply& reply) { add_unknown_fields(reply.body); });
    default: break;
    }
    auto fault = simple(Kind::drip);
    fault.drip_every = detail.drip_every;
    return fault;
}

constexpr std::array reply_kinds{
    FaultKind::hang_before,
    FaultKind::accept_then_time_out,
    FaultKind::accept_then_reset,
    FaultKind::hang_during,
    FaultKind::hang_after,
    FaultKind::reset_before,
    FaultKind::reset_during,
    FaultKind::drip,
    FaultKind::server_error,
    FaultKind::rate_limit,
    FaultKind::garbage,
    FaultKind::truncated_json,
    FaultKind::unknown_fields,
};

// An upgrade has no answer that could be bent: only these befall it.
bool befalls_upgrades(FaultKind kind) {
    return kind == FaultKind::hang_before || kind == FaultKind::reset_before ||
           kind == FaultKind::server_error || kind == FaultKind::rate_limit;
}

struct FateOf {
    FaultKind kind;
    MessageFate fate;
};

constexpr std::array fates{
    FateOf{FaultKind::reset_socket, MessageFate::reset},
    FateOf{FaultKind::freeze_topic, MessageFate::drop},
    FateOf{FaultKind::lose, MessageFate::drop},
    FateOf{FaultKind::duplicate, MessageFate::duplicate},
    FateOf{FaultKind::reorder, MessageFate::swap_with_next},
};

// Every forty-digit hash becomes another one: books of this message no longer verify.
void spoil_hashes(std::string& text) {
    constexpr std::string_view key = R"("hash":")";
    for (auto at = text.find(key); at != std::string::npos; at = text.find(key, at + 1)) {
        auto const digit = at + key.size();
        if (digit < text.size() && text[digit] != '"') text[digit] = text[digit] == '0' ? '1' : '0';
    }
}

void spoil_text(FaultSource& faults, FaultSubject const& subject, UtcTime now, std::string& text) {
    if (faults.strike(FaultKind::wrong_hash, subject, now)) spoil_hashes(text);
    if (faults.strike(FaultKind::truncated_json, subject, now)) text.resize(text.size() * 2 / 3);
    if (faults.strike(FaultKind::unknown_fields, subject, now)) add_unknown_fields(text);
    // Text frames must be UTF-8, so garbage is text that is no JSON.
    if (faults.strike(FaultKind::garbage, subject, now)) text = "}{" + text.substr(0, 20) + "\"";
}

} // namespace

net::server::ReplyFaultHook
reply_faults(Service service, FaultSource& faults, runtime::Clock const& clock) {
    return [service, &faults, &clock](HttpCall const& call) -> std::optional<ReplyFault> {
        FaultSubject const subject{service, to_string(call.method), call.path, {}};
        auto const now = clock.utc_now();
        auto const is_upgrade = call.header("Upgrade").has_value();
        for (auto const kind : reply_kinds) {
            if (is_upgrade && !befalls_upgrades(kind)) continue;
            if (auto const detail = faults.strike(kind, subject, now)) {
                return fault_of(kind, *detail);
            }
        }
        return std::nullopt;
    };
}

net::server::MessageFaultHook
message_faults(Service service, FaultSource& faults, runtime::Clock const& clock) {
    return [service,
            &faults,
            &clock](net::server::WsPeer const& peer, std::string_view topic, std::string& text) {
        FaultSubject const subject{service, {}, peer.upgrade().path, topic};
        auto const now = clock.utc_now();
        for (auto const& [kind, fate] : fates)
            if (faults.strike(kind, subject, now)) return fate;
        spoil_text(faults, subject, now, text);
        return MessageFate::pass;
    };
}

Result<ServedCredentials>
ServedCredentials::make(net::server::CertificateAuthority const& authority, UtcTime now) {
    auto const stranger = net::server::CertificateAuthority::make("unknown authority", now);
    if (!stranger) return stranger.error();
    auto const loopback = net::server::loopback_certificate(now);
    auto elsewhere = loopback;
    elsewhere.names = {"elsewhere.example"};
    auto past = loopback;
    past.valid_from = now - std::chrono::hours{24 * 90};
    past.valid_until = now - std::chrono::hours{24};
    std::array<Result<net::server::Credentials>, 4> const made{
        authority.issue(loopback),
        authority.issue(elsewhere),
        authority.issue(past),
        stranger->issue(loopback)
    };
    for (auto const& credentials : made)
        if (!credentials) return credentials.error();
    return ServedCredentials{*made[0], *made[1], *made[2], *made[3]};
}

net::server::Credentials const&
ServedCredentials::of(Service service, FaultSource const& faults, UtcTime venue_now) const {
    FaultSubject const subject{service, {}, {}, {}};
    if (faults.active(FaultKind::wrong_host, subject, venue_now)) return wrong_host;
    if (faults.active(FaultKind::expired, subject, venue_now)) return expired;
    if (faults.active(FaultKind::unknown_authority, subject, venue_now)) return unknown_authority;
    return usual;
}

UtcTime told_time(Service service, FaultSource const& faults, UtcTime now) {
    auto const detail = faults.active(FaultKind::clock_offset, {service, {}, {}, {}}, now);
    return detail ? now + std::chrono::duration_cast<UtcTime::duration>(detail->offset) : now;
}

} // namespace polyquant::sandbox

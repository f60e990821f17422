#include "connectors/polymarket/parse/reject.hpp"

#include "connectors/json/dom.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace polyquant::polymarket {

namespace {

struct Phrase {
    std::string_view words;
    RejectReason reason;
};

// Substrings in lower case, the more special before the more general. Texts of 2026 from the
// official SDK's order-response and trading-restriction sources and the CLOB's OpenAPI.
constexpr std::array phrases{
    Phrase{"fok orders are fully filled or killed", RejectReason::fok_not_filled},
    Phrase{"fok_order_not_filled", RejectReason::fok_not_filled},
    Phrase{"no orders found to match with fak", RejectReason::fak_not_filled},
    Phrase{"fak orders are partially filled or killed", RejectReason::fak_not_filled},
    Phrase{"not enough balance", RejectReason::not_enough_balance},
    Phrase{"insufficient balance", RejectReason::not_enough_balance},
    Phrase{"not_enough_balance", RejectReason::not_enough_balance},
    Phrase{"post-only mode", RejectReason::post_only_mode},
    Phrase{"post_only_mode", RejectReason::post_only_mode},
    Phrase{"invalid post-only order", RejectReason::post_only_crosses},
    Phrase{"invalid_post_only", RejectReason::post_only_crosses},
    Phrase{"cancel-only", RejectReason::cancel_only},
    Phrase{"trading is currently disabled", RejectReason::trading_disabled},
    Phrase{"not yet ready to process", RejectReason::market_not_ready},
    Phrase{"market_not_ready", RejectReason::market_not_ready},
    Phrase{"invalid expiration", RejectReason::bad_expiration},
    Phrase{"minimum tick size", RejectReason::bad_tick},
    Phrase{"min_tick_size", RejectReason::bad_tick},
    Phrase{"lower than the minimum", RejectReason::below_min_size},
    Phrase{"order_min_size", RejectReason::below_min_size},
    Phrase{"invalid amount for a marketable", RejectReason::below_min_notional},
    Phrase{"invalid amounts", RejectReason::bad_precision},
    Phrase{"duplicated", RejectReason::duplicated},
    Phrase{"invalid signature", RejectReason::bad_signature},
    Phrase{"order_version_mismatch", RejectReason::version_mismatch},
    Phrase{"has to be the owner of the api key", RejectReason::wrong_owner},
    Phrase{"has to be the address of the api key", RejectReason::wrong_owner},
    Phrase{"closed only mode", RejectReason::closed_only},
    Phrase{"address banned", RejectReason::banned},
    Phrase{"too many orders in payload", RejectReason::batch_too_large},
    Phrase{"rate limit exceeded", RejectReason::token_rate_limit},
    Phrase{"could not insert order", RejectReason::outcome_unclear},
    Phrase{"could not run the execution", RejectReason::outcome_unclear},
    Phrase{"error delaying the order", RejectReason::outcome_unclear},
    Phrase{"order match delayed", RejectReason::outcome_unclear},
    Phrase{"invalid api key", RejectReason::bad_credentials},
    Phrase{"invalid l1 request headers", RejectReason::bad_credentials},
    Phrase{"could not derive api key", RejectReason::bad_credentials},
    Phrase{"unauthorized", RejectReason::bad_credentials},
    Phrase{"error code: 1010", RejectReason::geo_blocked},
    Phrase{"restricted in your region", RejectReason::geo_blocked},
};

std::string error_text(std::string_view body, std::optional<Seconds>& retry_after) {
    simdjson::dom::parser parser;
    auto const root = json::parse(parser, body, "clob");
    if (!root) return std::string{body.substr(0, 300)};
    std::string_view text;
    if (root->get_string().get(text) == simdjson::SUCCESS) return std::string{text};
    if (auto const seconds = json::whole(*root, "retry_after_seconds"))
        if (*seconds > 0 && *seconds < 86'400) retry_after = Seconds{*seconds};
    for (auto const* key : {"error", "errorMsg", "message", "code"}) {
        text = json::text(*root, key);
        if (!text.empty()) return std::string{text};
    }
    return std::string{body.substr(0, 300)};
}

RejectReason reason_of_status(int status) {
    switch (status) {
    case 401: return RejectReason::bad_credentials;
    case 403: return RejectReason::geo_blocked;
    case 404: return RejectReason::not_found;
    case 425: return RejectReason::restarting;
    default: return RejectReason::other;
    }
}

// 4xx are answers about the request; 5xx and 429 may have come after the engine acted on it.
Fault fault_of(int status, RejectReason reason) {
    switch (reason) {
    case RejectReason::bad_credentials: return Fault::auth;
    case RejectReason::outcome_unclear: return Fault::transport;
    case RejectReason::restarting: return Fault::rate_limited;
    case RejectReason::post_only_mode:
    case RejectReason::cancel_only:
    case RejectReason::trading_disabled:
    case RejectReason::token_rate_limit: return Fault::rejected;
    default: break;
    }
    if (status == 429) return Fault::rate_limited;
    if (status >= 500) return Fault::transport;
    return Fault::rejected;
}

} // namespace

std::string_view to_string(RejectReason reason) {
    switch (reason) {
    case RejectReason::none: return "none";
    case RejectReason::fok_not_filled: return "fok_not_filled";
    case RejectReason::fak_not_filled: return "fak_not_filled";
    case RejectReason::not_enough_balance: return "not_enough_balance";
    case RejectReason::post_only_crosses: return "post_only_crosses";
    case RejectReason::post_only_mode: return "post_only_mode";
    case RejectReason::cancel_only: return "cancel_only";
    case RejectReason::trading_disabled: return "trading_disabled";
    case RejectReason::market_not_ready: return "market_not_ready";
    case RejectReason::bad_expiration: return "bad_expiration";
    case RejectReason::bad_tick: return "bad_tick";
    case RejectReason::below_min_size: return "below_min_size";
    case RejectReason::below_min_notional: return "below_min_notional";
    case RejectReason::bad_precision: return "bad_precision";
    case RejectReason::duplicated: return "duplicated";
    case RejectReason::bad_signature: return "bad_signature";
    case RejectReason::version_mismatch: return "version_mismatch";
    case RejectReason::wrong_owner: return "wrong_owner";
    case RejectReason::banned: return "banned";
    case RejectReason::closed_only: return "closed_only";
    case RejectReason::batch_too_large: return "batch_too_large";
    case RejectReason::token_rate_limit: return "token_rate_limit";
    case RejectReason::outcome_unclear: return "outcome_unclear";
    case RejectReason::bad_credentials: return "bad_credentials";
    case RejectReason::geo_blocked: return "geo_blocked";
    case RejectReason::restarting: return "restarting";
    case RejectReason::not_found: return "not_found";
    case RejectReason::other: return "other";
    }
    std::abort();
}

RejectReason classify_text(std::string_view venue_text) {
    std::string lower{venue_text.substr(0, 1000)};
    for (char& c : lower)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    for (auto const& phrase : phrases)
        if (lower.find(phrase.words) != std::string::npos) return phrase.reason;
    return RejectReason::other;
}

Reason to_reason(RejectReason reason) {
    switch (reason) {
    case RejectReason::none: return Reason::order_sent;
    case RejectReason::fok_not_filled:
    case RejectReason::fak_not_filled: return Reason::not_filled;
    case RejectReason::not_enough_balance: return Reason::bankroll_short;
    case RejectReason::below_min_size:
    case RejectReason::below_min_notional: return Reason::below_minimum;
    case RejectReason::market_not_ready: return Reason::no_market;
    case RejectReason::cancel_only:
    case RejectReason::trading_disabled:
    case RejectReason::post_only_mode:
    case RejectReason::restarting: return Reason::trading_halted;
    case RejectReason::post_only_crosses:
    case RejectReason::bad_expiration:
    case RejectReason::bad_tick:
    case RejectReason::bad_precision:
    case RejectReason::duplicated:
    case RejectReason::bad_signature:
    case RejectReason::version_mismatch:
    case RejectReason::wrong_owner:
    case RejectReason::banned:
    case RejectReason::closed_only:
    case RejectReason::batch_too_large:
    case RejectReason::token_rate_limit:
    case RejectReason::outcome_unclear:
    case RejectReason::bad_credentials:
    case RejectReason::geo_blocked:
    case RejectReason::not_found:
    case RejectReason::other: return Reason::rejected_by_venue;
    }
    std::abort();
}

bool halts_trading(RejectReason reason) {
    switch (reason) {
    case RejectReason::not_enough_balance:
    case RejectReason::cancel_only:
    case RejectReason::trading_disabled:
    case RejectReason::bad_signature:
    case RejectReason::wrong_owner:
    case RejectReason::banned:
    case RejectReason::closed_only:
    case RejectReason::bad_credentials:
    case RejectReason::geo_blocked: return true;
    case RejectReason::none:
    case RejectReason::fok_not_filled:
    case RejectReason::fak_not_filled:
    case RejectReason::post_only_crosses:
    case RejectReason::post_only_mode:
    case RejectReason::market_not_ready:
    case RejectReason::bad_expiration:
    case RejectReason::bad_tick:
    case RejectReason::below_min_size:
    case RejectReason::below_min_notional:
    case RejectReason::bad_precision:
    case RejectReason::duplicated:
    case RejectReason::version_mismatch:
    case RejectReason::batch_too_large:
    case RejectReason::token_rate_limit:
    case RejectReason::outcome_unclear:
    case RejectReason::restarting:
    case RejectReason::not_found:
    case RejectReason::other: return false;
    }
    std::abort();
}

VenueError parse_error(int http_status, std::string_view body) {
    VenueError error;
    error.http_status = http_status;
    error.text = error_text(body, error.retry_after);
    error.reason = classify_text(error.text);
    if (error.reason == RejectReason::other) error.reason = reason_of_status(http_status);
    error.fault = fault_of(http_status, error.reason);
    return error;
}

Failure to_failure(VenueError const& error, std::string_view where) {
    return Failure{
        error.fault,
        std::string{where},
        fmt::format("{}: {}", to_string(error.reason), error.text),
        error.http_status
    };
}

} // namespace polyquant::polymarket

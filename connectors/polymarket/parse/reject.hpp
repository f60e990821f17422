// The venue's refusals, recognised once. Unknown texts become `other` and keep their words.
#pragma once

#include "engine/core/failure.hpp"
#include "engine/core/reason.hpp"
#include "engine/core/time.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace polyquant::polymarket {

enum class RejectReason : std::uint8_t {
    none,
    fok_not_filled,
    fak_not_filled,
    not_enough_balance, // or allowance: the venue does not tell them apart
    post_only_crosses,
    post_only_mode, // after an engine restart
    cancel_only,
    trading_disabled,
    market_not_ready,
    bad_expiration,
    bad_tick,
    below_min_size,
    below_min_notional,
    bad_precision,
    duplicated, // the same order is already there: success, reconcile
    bad_signature,
    version_mismatch, // signed for another exchange version
    wrong_owner,      // owner or signer does not belong to the API key
    banned,
    closed_only,
    batch_too_large,
    token_rate_limit,
    outcome_unclear, // the venue's own words for "we do not know": reconcile by id
    bad_credentials,
    geo_blocked,
    restarting, // HTTP 425
    not_found,
    other,
};
std::string_view to_string(RejectReason reason);

// By what the text contains, any case.
RejectReason classify_text(std::string_view venue_text);

// What the engine's counters and the strategies see.
Reason to_reason(RejectReason reason);

// Will the same order be refused again until we or the account change something? A trader's
// question: "not enough balance" and "banned" halt, "FOK not filled" does not.
bool halts_trading(RejectReason reason);

struct VenueError {
    Fault fault = Fault::rejected;
    RejectReason reason = RejectReason::other;
    std::string text; // the venue's words
    int http_status = 0;
    std::optional<Seconds> retry_after; // from the body; the header has its own reader
};

// An answer with a status of 400 or more. Bodies: {"error":"..."}, {"errorMsg":"..."}, a bare JSON
// string, or anything at all (Cloudflare's HTML).
VenueError parse_error(int http_status, std::string_view body);

Failure to_failure(VenueError const& error, std::string_view where);

} // namespace polyquant::polymarket

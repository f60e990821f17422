// Recorded quotes of BTC 5-minute markets, as prices of the Up side, with the outcomes.
#pragma once

#include "engine/core/failure.hpp"
#include "engine/core/time.hpp"

#include <filesystem>
#include <map>
#include <optional>
#include <vector>

namespace polyquant::models::evaluation {

struct UpQuote {
    UtcTime received_at{};
    double bid = 0; // USDC per share of the Up token; NaN where that side of the book was empty
    double ask = 0;
    double bid_size = 0;
    double ask_size = 0;
};

struct QuotedWindow {
    UtcTime start{};
    std::vector<UpQuote> quotes; // in order of receipt
    std::optional<bool> up_won;

    // The newest quote received at or before `t`, not older than `age_max`.
    UpQuote const* at(UtcTime t, Millis age_max) const;
};

// `tob`: recv_ms,exch_ms,slot_start_sec,asset_id,token_side_inferred,best_bid,bid_size,best_ask,
// ask_size,...; rows of the Down token are mirrored at 1 - p. `coverage`: slot_start_sec,...,
// token_won_inferred,...,token_side_inferred.
Result<std::map<UtcTime, QuotedWindow>>
read_recorded_books(std::filesystem::path const& tob, std::filesystem::path const& coverage);

// A window of the ask-ladder recording: both sides' prices at set seconds before the close, with
// the spot price at that moment.
struct LadderSample {
    double seconds_left = 0;
    double spot = 0;
    UpQuote quote;
    double down_ask = 0; // NaN where empty
    double up_ask_5 = 0; // mean price of 5 shares; NaN where the book did not hold them
    double down_ask_5 = 0;
};

struct LadderWindow {
    UtcTime start{};
    double open_price = 0;
    std::vector<LadderSample> samples; // by falling seconds left
    bool up_won = false;
};

Result<std::vector<LadderWindow>> read_ladders(std::filesystem::path const& path);

} // namespace polyquant::models::evaluation

// How the sandbox's exchange behaves where the venue leaves a choice or changes its mind.
#pragma once

#include "engine/core/time.hpp"
#include "engine/core/units.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace polyquant::sandbox {

struct ExchangeOptions {
    std::uint64_t chain_id = 137;
    int order_version = 2; // what GET /version says; protocol v2 markets want 3 always
    // Of crypto markets; the venue had 250, 50 and now 150 ms. Whether it applies is market data.
    Millis taker_delay{150};
    // The venue truncates at five decimals as far as one decoded fill shows.
    Rounding fee_rounding = Rounding::down;
    // A FOK or FAK buy spends its money: at a better price than its limit it gets more shares.
    // False: it gets the shares it named, and spends less.
    bool market_buys_spend_money = true;
    // A trade is mined after a block or two and confirmed some blocks later.
    Millis mined_after{2'500};
    Millis confirmed_after{8'000}; // after the match
    Millis jitter{1'500};          // uniform, on both
    double retry_chance = 0.02;    // RETRYING once before it is mined
    double failure_chance = 0;     // FAILED for good: the fill is reversed
    Millis retry_pause{4'000};
    Usdc min_marketable = usd(1);
    Seconds post_only_after_restart{120};
    Seconds heartbeat_timeout{10};
    Seconds gtd_minimum_lead{180};
    // Winners are paid this long after the resolution (the venue's auto-redeem); empty: only when
    // somebody redeems.
    std::optional<Millis> auto_redeem_after = Millis{30'000};
    // What a wallet finds when its first API key is made.
    Usdc faucet = usd(1'000);
};

} // namespace polyquant::sandbox

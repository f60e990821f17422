// What the ledger keeps of a market's end beyond its winner: what each source said of it, and the
// way of the money from a settled position back into the wallet.
#pragma once

#include "engine/core/market.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace polyquant {

// Who says how a market ended, from the weakest word to the strongest.
enum class OutcomeSource : std::uint8_t {
    prices,   // our own reading of the prices at the window's two ends
    data_api, // the venue's Data API, cached for minutes
    gamma,    // the venue's catalogue, cached for about a minute
    event,    // market_resolved, or whatever first told the engine of the resolution
    clob,     // the exchange's own winner flag
    chain,    // payoutDenominator and payoutNumerators: what redemption pays
};
inline constexpr std::size_t outcome_source_count = 6;
std::string_view to_string(OutcomeSource source);

// How a market ended.
enum class Ruling : std::uint8_t {
    up,
    down,
    half,     // paid half and half
    voided,   // closed without a winner; the contract pays such a market half and half
    disputed, // a result was proposed and is challenged: no result until another word comes
};
std::string_view to_string(Ruling ruling);
Ruling ruling_of(std::optional<Outcome> winner); // empty: half

constexpr bool is_result(Ruling ruling) {
    return ruling != Ruling::disputed;
}

// Of a result. Empty: each side is paid half.
std::optional<Outcome> winner_of(Ruling ruling);

// One source's word on a market in which money is at stake, or a change of it.
struct OutcomeReported {
    ConditionId market;
    std::string slug;
    std::optional<Asset> asset;
    Window window;
    OutcomeSource source = OutcomeSource::prices;
    Ruling ruling = Ruling::up;
    std::string text; // what it rests on: prices, payouts
};

// Prices the engine captured against the official ones of the same window, where they differ by
// more than is tolerated or give another winner. Zero: not captured.
struct CaptureDiffered {
    ConditionId market;
    std::string slug;
    Asset asset = Asset::btc;
    Window window;
    UsdPrice strike;
    UsdPrice official_strike;
    UsdPrice final_price;
    UsdPrice official_final;
    bool other_winner = false;
};

// A settled position's payout turns from free money into a claim on the venue: it cannot be spent
// before it is back in the wallet. Follows its PositionSettled where money is real.
struct PayoutClaimed {
    StrategyName strategy;
    ConditionId market;
    TokenId token;
    Outcome outcome = Outcome::up;
    Shares size; // that are to be redeemed; zero for a correction, negative for a fill taken back
    Usdc amount; // of either sign
};

using RedemptionId = TextId<struct RedemptionTag>;

enum class RedemptionState : std::uint8_t {
    sent,      // a transaction is on its way
    replaced,  // the same redemption under another transaction (higher fee)
    confirmed, // the money arrived, by balance change and logs
    failed,    // it will not happen by this transaction; the claim stands
    undone,    // the chain took a confirmed one back (reorganisation)
};
std::string_view to_string(RedemptionState state);

constexpr bool is_open(RedemptionState state) {
    return state == RedemptionState::sent || state == RedemptionState::replaced;
}

// One market in one redemption; a transaction that redeems several markets has a fact for each, all
// with the redemption's id, and its gas in the first alone.
struct RedemptionChanged {
    RedemptionId redemption;
    ConditionId market;
    std::string slug;
    RedemptionState state = RedemptionState::sent;
    std::string via;         // "auto", "adapter", "ctf", "router", "relayer"
    std::string transaction; // hash; empty while the relayer has not named it
    std::uint64_t nonce = 0;
    Usdc amount;              // expected; of a confirmed one: what arrived for this market
    std::uint64_t block = 0;  // of the receipt
    std::int64_t gas_wei = 0; // in POL; zero where others paid
    std::string text;
};

// The part of a confirmed redemption that is a strategy's: its claim is free money again. Negative
// when the redemption was undone.
struct PayoutCollected {
    RedemptionId redemption;
    StrategyName strategy;
    ConditionId market;
    TokenId token;
    Usdc amount;
};

// Why money of the wallet that no strategy owns became more or less.
enum class WalletCause : std::uint8_t {
    opening, // found at the first comparison
    deposit,
    withdrawal,
    rebate,     // of makers and takers
    reward,     // of liquidity
    redemption, // redeemed for tokens that no strategy held, and fractions of a micro
    correction, // by hand, with a reason
};
std::string_view to_string(WalletCause cause);

struct WalletMoved {
    WalletCause cause = WalletCause::opening;
    Usdc amount;           // of either sign
    std::string reference; // the venue's or the chain's id; empty when there is none
    std::string text;
};

} // namespace polyquant

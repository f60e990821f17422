#include "engine/core/settlement_facts.hpp"

#include <cstdlib>

namespace polyquant {

std::string_view to_string(OutcomeSource source) {
    switch (source) {
    case OutcomeSource::prices: return "prices";
    case OutcomeSource::data_api: return "data_api";
    case OutcomeSource::gamma: return "gamma";
    case OutcomeSource::event: return "event";
    case OutcomeSource::clob: return "clob";
    case OutcomeSource::chain: return "chain";
    }
    std::abort();
}

std::string_view to_string(Ruling ruling) {
    switch (ruling) {
    case Ruling::up: return "UP";
    case Ruling::down: return "DOWN";
    case Ruling::half: return "HALF";
    case Ruling::voided: return "VOIDED";
    case Ruling::disputed: return "DISPUTED";
    }
    std::abort();
}

Ruling ruling_of(std::optional<Outcome> winner) {
    if (!winner) return Ruling::half;
    return *winner == Outcome::up ? Ruling::up : Ruling::down;
}

std::optional<Outcome> winner_of(Ruling ruling) {
    switch (ruling) {
    case Ruling::up: return Outcome::up;
    case Ruling::down: return Outcome::down;
    case Ruling::half:
    case Ruling::voided:
    case Ruling::disputed: return std::nullopt;
    }
    std::abort();
}

std::string_view to_string(RedemptionState state) {
    switch (state) {
    case RedemptionState::sent: return "sent";
    case RedemptionState::replaced: return "replaced";
    case RedemptionState::confirmed: return "confirmed";
    case RedemptionState::failed: return "failed";
    case RedemptionState::undone: return "undone";
    }
    std::abort();
}

std::string_view to_string(WalletCause cause) {
    switch (cause) {
    case WalletCause::opening: return "opening";
    case WalletCause::deposit: return "deposit";
    case WalletCause::withdrawal: return "withdrawal";
    case WalletCause::rebate: return "rebate";
    case WalletCause::reward: return "reward";
    case WalletCause::redemption: return "redemption";
    case WalletCause::correction: return "correction";
    }
    std::abort();
}

} // namespace polyquant

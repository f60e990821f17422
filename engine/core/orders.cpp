#include "engine/core/orders.hpp"

#include <cstdlib>

namespace polyquant {

std::string_view to_string(TimeInForce tif) {
    switch (tif) {
    case TimeInForce::fok: return "FOK";
    case TimeInForce::fak: return "FAK";
    case TimeInForce::gtc: return "GTC";
    case TimeInForce::gtd: return "GTD";
    }
    std::abort();
}

std::string_view to_string(Side side) {
    return side == Side::buy ? "BUY" : "SELL";
}

std::string_view to_string(OrderState state) {
    switch (state) {
    case OrderState::created: return "created";
    case OrderState::journaled: return "journaled";
    case OrderState::sent: return "sent";
    case OrderState::live: return "live";
    case OrderState::delayed: return "delayed";
    case OrderState::unknown: return "unknown";
    case OrderState::partially_filled: return "partially_filled";
    case OrderState::matched: return "matched";
    case OrderState::confirmed: return "confirmed";
    case OrderState::failed: return "failed";
    case OrderState::cancelled: return "cancelled";
    case OrderState::rejected: return "rejected";
    }
    std::abort();
}

std::string_view to_string(TradeState state) {
    switch (state) {
    case TradeState::matched: return "matched";
    case TradeState::mined: return "mined";
    case TradeState::retrying: return "retrying";
    case TradeState::confirmed: return "confirmed";
    case TradeState::failed: return "failed";
    }
    std::abort();
}

std::string_view to_string(OrderReport::Status status) {
    switch (status) {
    case OrderReport::Status::live: return "live";
    case OrderReport::Status::delayed: return "delayed";
    case OrderReport::Status::matched: return "matched";
    case OrderReport::Status::unmatched: return "unmatched";
    case OrderReport::Status::cancelled: return "cancelled";
    case OrderReport::Status::rejected: return "rejected";
    case OrderReport::Status::not_found: return "not_found";
    }
    std::abort();
}

} // namespace polyquant

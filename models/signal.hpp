// What a model says about one window: a probability with its parts and its date.
#pragma once

#include "engine/core/market.hpp"

#include <cstdint>
#include <string>

namespace polyquant::models {

// The chance that the window ends Up. `as_of` is the close of the newest bar or tick that went in;
// nothing later was known.
struct Signal {
    Asset asset = Asset::btc;
    Window window;
    UtcTime as_of{};
    double up = 0.5;      // the probability strategies act on, in [0, 1]
    double learned = 0.5; // parts of an ensemble, for the audit row
    double heuristic = 0.5;
    bool usable = false; // false: not warmed up, not trained, or inputs missing; why says which
    std::string why;
    std::uint64_t model_version = 0; // which trained model made it
};

} // namespace polyquant::models

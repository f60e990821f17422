// What a model says about one window: a probability with its parts and its date.
#pragma once

#include "engine/core/market.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace polyquant::models {

// What the market's quotes had to do with a signal's probability, and why not.
enum class QuoteUse : std::uint8_t {
    off,         // not asked for
    blended,     // `up` is the blend of `own` and the market
    no_signal,   // the model itself is not usable
    other_fit,   // no blend was fitted for this coin, settlement rule or model
    fitted_late, // the blend knows outcomes of this window's time: it would look ahead
    missing,     // a side of either book is empty, or a book is not live
    stale,       // a book is older than allowed, or not of this moment
    crossed,     // the books offer money for nothing
};

constexpr std::string_view to_string(QuoteUse use) {
    constexpr std::array<std::string_view, 8> words{
        "off",
        "blended",
        "no signal",
        "no blend fitted for it",
        "blend fitted on later windows",
        "quotes missing",
        "quotes stale",
        "quotes crossed"
    };
    return words[static_cast<std::size_t>(use)];
}

// The chance that the window ends Up. `as_of` is the close of the newest bar or tick that went in;
// nothing later was known but, where blended, the books of the moment it was asked in.
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
    QuoteUse quotes = QuoteUse::off;
    double own = 0.5; // the model's probability before a blend; meaningful unless `quotes` is off
    double market = 0.5; // the mid it was blended with, where blended
};

} // namespace polyquant::models

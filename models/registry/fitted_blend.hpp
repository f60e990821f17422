// A market blend fitted for one coin, one settlement rule and one kind of model, with everything
// needed to use it and to tell where it came from, as one sealed text:
//
//   {"format":"polyquant-market-blend","version":1,"checksum":"<16 hex>","model":{...}}
#pragma once

#include "models/calibration/market_blend.hpp"
#include "models/registry/registered_model.hpp"

namespace polyquant::models::registry {

struct FittedBlend {
    Asset asset = Asset::btc;
    window::LabelStyle style = window::LabelStyle::spot;
    ModelKind model = ModelKind::closed_form; // whose promises it was fitted on
    calibration::MarketBlend blend;
    std::size_t windows = 0;
    std::size_t moments = 0;
    // From the start of the first window to the close of the last: used before that end it would
    // know outcomes of its own future.
    UtcTime first{};
    UtcTime until{};
    std::string command;
};

std::string to_text(FittedBlend const& fitted);

// Refuses what parse_registered_model() refuses of an envelope, names that are unknown, and
// numbers that are not finite. `where` names the source in errors.
Result<FittedBlend> parse_fitted_blend(std::string_view text, std::string const& where);

// One line: "BTC spot closed_form, 0.9 of the market's log-odds, ...".
std::string describe(FittedBlend const& fitted);

} // namespace polyquant::models::registry

// The files that `fetch windows` fills: outcomes of one coin's windows and the prices they traded
// at. Appended to in the order of time, and picked up again after a kill.
#pragma once

#include "connectors/polymarket/gamma/window_series.hpp"
#include "connectors/polymarket/parse/listing.hpp"
#include "connectors/polymarket/parse/price_history.hpp"

#include <filesystem>
#include <span>

namespace polyquant::app {

//   windows-5m-BTC.csv  slug,window_start,window_end,state,winner,strike,final,condition,up_token,
//                       down_token,rule,price_rows
//   prices-5m-BTC.csv   slug,time,up_price
// state is "resolved", "unresolved" (a day after its end) or "unknown" (the venue lists none such).
// A window's prices are written before its row: what lies behind the last whole row is cut off when
// the files are opened again.
class WindowLog {
public:
    // Fault::invalid where the files were made by something else.
    static Result<WindowLog>
    open(std::filesystem::path const& folder, polymarket::WindowSeries series, Asset asset);

    // Windows before this are there already.
    std::optional<UtcTime> done_until() const { return done_until_; }

    std::size_t windows() const { return windows_; }

    // `listing` is empty for a window the venue does not know.
    Result<void> append(
        std::string const& slug,
        Window window,
        std::optional<polymarket::Listing> const& listing,
        std::span<polymarket::PastPrice const> prices
    );

private:
    std::filesystem::path windows_path_;
    std::filesystem::path prices_path_;
    std::optional<UtcTime> done_until_;
    std::size_t windows_ = 0;
    std::size_t price_rows_ = 0;
};

} // namespace polyquant::app

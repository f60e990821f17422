// Were the prices that the engine captured at a window's two ends the official ones? The capture is
// the tick of the stream that settles the market; the official prices are the market's own
// (priceToBeat, finalPrice) or, while those are not out, the website's.
#pragma once

#include "engine/core/facts.hpp"
#include "engine/market/market_board.hpp"

#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace polyquant::settlement {

class CaptureCheck {
public:
    struct Limits {
        std::int64_t tolerance_ppm = 100; // 1 bps; more, or another winner, is an error
        Seconds give_up_after{1'800};     // from the close: official prices that never come
    };

    struct Counts {
        std::uint64_t compared = 0; // windows, at both ends
        std::uint64_t wrong = 0;
        std::uint64_t not_captured = 0; // an end at which the stream gave us no tick
        std::uint64_t never_told = 0;   // no official prices

        friend bool operator==(Counts const&, Counts const&) = default;
    };

    CaptureCheck() = default;

    explicit CaptureCheck(Limits limits) : limits_{limits} {}

    void watch(Market const& market);

    // What differed, once for each window.
    std::vector<CaptureDiffered> due(UtcTime now, market::MarketBoard const& board);

    Counts const& counts() const { return counts_; }

private:
    enum class Verdict : std::uint8_t { wait, fine, wrong, not_captured };

    Verdict compare(
        Market const& market, market::PriceTrack const& prices, CaptureDiffered& difference
    ) const;

    Limits limits_;
    Counts counts_;
    std::map<std::pair<Asset, Window>, Market> open_;
};

// With both prices of both ends, their distances and what to do about it.
std::string describe_capture(CaptureDiffered const& difference);

} // namespace polyquant::settlement

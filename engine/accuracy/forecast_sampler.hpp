// Notes, at fixed moments of every window, what the model promises and what the books offer: the
// raw material of edge accuracy, of the daily verdict and of the quote table, bets or no bets.
#pragma once

#include "engine/core/facts.hpp"
#include "engine/core/market_view.hpp"
#include "models/signal.hpp"

#include <array>
#include <functional>
#include <optional>
#include <vector>

namespace polyquant::accuracy {

class ForecastSampler {
public:
    // One in each time bucket of models/calibration/ask_table.hpp.
    static constexpr std::array<Seconds, 9> moments{
        Seconds{270},
        Seconds{240},
        Seconds{180},
        Seconds{120},
        Seconds{90},
        Seconds{60},
        Seconds{45},
        Seconds{30},
        Seconds{15}
    };

    explicit ForecastSampler(std::vector<Asset> assets) : assets_{std::move(assets)} {}

    // The next moment, or end of a window, at which something is to be done after `now`.
    UtcTime next_due(UtcTime now) const;

    using Look = std::function<MarketView(Asset, Window)>;
    using Ask = std::function<models::Signal const*(Asset)>;

    // Takes the sample of the newest moment that has come, if it has not been taken and is not more
    // than two seconds past; returns the forecasts of windows that are over. Books older than
    // `book_age_max` offer nothing.
    std::vector<WindowForecast>
    on_time(UtcTime now, Millis book_age_max, Look const& look, Ask const& ask);

    // No more input will come: windows still end, nothing is sampled any more.
    void quiesce() { quiet_ = true; }

private:
    static constexpr Seconds late_max{2};

    struct Desk {
        WindowForecast forecast;
        std::size_t taken = 0; // moments that have come, sampled or missed
    };

    std::vector<Asset> assets_;
    std::array<Desk, asset_count> desks_;
    bool quiet_ = false;
};

} // namespace polyquant::accuracy

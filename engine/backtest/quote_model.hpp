// How the order book of a 5-minute market looks where none was recorded: a model of quotes around
// the market's own opinion, with every number fitted to recorded books.
//
//   log-odds of the mid = slope * log-odds of the fair value of `lag` seconds ago
//                         + an informed part + noise
//
// The informed part is what the market knows beyond the coin's price. It is drawn given the outcome
// (which the generator of a backtest knows and no strategy sees): with mean +-v/2 and variance v
// its log-likelihood ratio is the draw itself, so the quoted mid stays calibrated and beats the
// fair value as real quotes do. Without it every deviation of the quotes would be a gift to whoever
// computes the fair value, and any backtest would flatter.
#pragma once

#include "engine/core/failure.hpp"
#include "engine/core/random.hpp"

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace polyquant::backtest {

// Upper ends, in seconds before the close, of the bins everything late in the window depends on.
inline constexpr std::array<double, 7> seconds_left_bins{15, 30, 45, 60, 90, 150, 300};
// Upper ends of the favourite's mid.
inline constexpr std::array<double, 5> favourite_bins{0.70, 0.85, 0.93, 0.97, 1.0};
inline constexpr std::size_t spread_ticks_max = 8;

std::size_t seconds_left_bin(double seconds_left);
std::size_t favourite_bin(double mid_of_favourite);

struct QuoteModel {
    template <class T>
    using ByTime = std::array<T, seconds_left_bins.size()>;
    template <class T>
    using ByTimeAndFavourite = ByTime<std::array<T, favourite_bins.size()>>;

    // Below zero the quotes are ahead of the coin's price as we receive it.
    double lag_seconds = 1;
    ByTime<double> slope{};          // of the mid's log-odds on the fair value's
    ByTime<double> deviation_sd{};   // of the mid's log-odds around that
    double informed_share = 1;       // of that variance: what the market knows and we do not
    double deviation_half_life = 30; // seconds
    // Chance of a spread of 1, 2, ... ticks of 0.01.
    ByTimeAndFavourite<std::array<double, spread_ticks_max>> spread{};
    // Chance that nobody offers the favourite, and how long that state lasts.
    ByTimeAndFavourite<double> ask_missing{};
    double missing_half_life = 5;
    double spread_half_life = 5;
    // Size at the best level in shares: mean and deviation of its logarithm; and what lies within
    // three cents, as a multiple of it (mean of the logarithm of the ratio).
    ByTime<double> size_log_mean{};
    ByTime<double> size_log_sd{};
    ByTime<double> depth_log_ratio{};

    std::string fitted_on; // sources, spans, counts: for people
    std::string command;   // that made it

    std::string to_json() const;
    static Result<QuoteModel> from_json(std::string_view text, std::string const& where);
    static Result<QuoteModel> load(std::filesystem::path const& file);

    // Of the numbers alone: part of a run's identity.
    std::uint64_t hash() const;
};

// What is wrong with the numbers; empty if nothing.
std::string defect_of(QuoteModel const& model);

// Prices of the Up token, in whole cents; a side without a price is empty.
struct ModelQuote {
    int bid_cents = 0;                 // 0: nobody bids
    int ask_cents = 0;                 // 0: nobody offers
    std::array<double, 4> bid_sizes{}; // at the best price and each cent behind it
    std::array<double, 4> ask_sizes{};
    double mid = 0.5; // before rounding

    friend bool operator==(ModelQuote const&, ModelQuote const&) = default;
};

// The quotes of one window, in order of time. All randomness comes from the seed: the same window
// with the same seed gives the same quotes whatever else is run.
class QuoteProcess {
public:
    QuoteProcess(QuoteModel const& model, std::uint64_t seed, bool up_won);

    // `fair_log_odds` of `lag_seconds` ago; `seconds_left` may not rise.
    ModelQuote at(double seconds_left, double fair_log_odds);

private:
    double normal();
    void advance(double& state, double elapsed, double half_life);

    QuoteModel const* model_;
    Xoshiro256 random_;
    double direction_;
    double last_left_ = 0;
    bool started_ = false;
    double informed_ = 0; // standard normal states
    double noise_ = 0;
    double spread_ = 0;
    double missing_ = 0;
    std::array<double, 2> size_{};
};

} // namespace polyquant::backtest

// The models against the market's own prices on recorded quotes: who forecasts better, and what
// betting the difference would have paid after fee and delay.
#pragma once

#include "models/calibration/ask_table.hpp"
#include "models/calibration/scores.hpp"
#include "models/evaluation/bar_evaluation.hpp"
#include "models/evaluation/market_quotes.hpp"

#include <string>
#include <vector>

namespace polyquant::models::evaluation {

// One moment with a fresh quote, a prediction of every model and a known outcome.
struct QuotedMoment {
    UtcTime window_start{};
    double seconds_left = 0;
    UpQuote now;   // at the decision
    UpQuote later; // what a taker's order met after the delay; NaN prices where nothing was there
    bool up_won = false;
    std::vector<double> up; // one per name in MarketStudy::models

    double mid() const;       // an empty side counts as 0 (bid) or 1 (ask)
    double ask_score() const; // MarketComparison::ask_brier of this moment
};

struct BettingRule {
    double edge_min = 0.02; // promised probability less ask less fee
    double ask_min = 0.0;
    double ask_max = 1.0;
};

struct BettingResult {
    BettingRule rule;
    std::size_t wanted = 0;           // decisions to buy
    calibration::BootstrapMean pnl{}; // USDC per share of the filled ones, after fee
    double mean_price = 0;
    double won_share = 0;
};

// What was promised 0.85 to 0.95 by the model, and what the market said of the same side then.
struct FavouritesAgainstMarket {
    std::size_t moments = 0;
    double promised = 0; // means
    double mid = 0;
    double won = 0; // share
    calibration::WilsonInterval won_interval{};
    calibration::BootstrapMean advantage{}; // Brier of the mid less the model's
};

struct MarketComparison {
    std::string model;
    double seconds_left = 0; // 0: all moments together
    bool by_moment = true;   // shown moment by moment too
    std::size_t moments = 0;
    double market_brier = 0;
    double model_brier = 0;
    calibration::BootstrapMean advantage{}; // Brier of the mid less the model's
    // Each side's ask taken as its chance, mean of both sides; an empty side asks 1.
    double ask_brier = 0;
    calibration::BootstrapMean ask_advantage{};
    FavouritesAgainstMarket favourites{};
    std::vector<BettingResult> bets{};
};

struct MarketStudy {
    std::string title;
    std::vector<std::string> models{};
    std::vector<QuotedMoment> moments{};
    std::vector<std::string> blends{}; // what each left-out fit made of market and model
    std::vector<MarketComparison> comparisons{};
};

struct MarketOptions {
    Millis quote_age_max{10'000};
    Millis delay{500};
    std::vector<BettingRule> rules{{0.02, 0.0, 1.0}, {0.05, 0.0, 1.0}, {0.02, 0.85, 0.95}};
    std::uint64_t seed = 1;
};

// The test predictions of BTC joined with recorded books.
MarketStudy study_recorded_books(
    CoinEvaluation const& btc,
    std::map<UtcTime, QuotedWindow> const& books,
    MarketOptions const& options
);

// The ask ladders of July 2026, for which no bars exist: the closed form with the volatility of the
// ladder's own spot samples, and the table of asks learned from the books of April. If the
// recorder's clock was late, its opens are as late as its samples, so that for the closed form the
// walk between the two stays as long as labelled; the market's figures belong to later moments.
MarketStudy study_ladders(
    std::vector<LadderWindow> const& ladders,
    calibration::AskTable const& asks,
    MarketOptions const& options
);

// Share of windows whose spot lay on the winner's side of the open, per planned lead time. It must
// rise until the close; where it falls again the samples were taken after the close, so that the
// recorder's clock was late.
struct ClockCheck {
    int label_seconds = 0;
    std::size_t windows = 0;
    double agreement = 0;
};

std::vector<ClockCheck> check_ladder_clock(std::vector<LadderWindow> const& ladders);

// Asks of both sides at the ladder's lead times.
calibration::AskTable learn_asks(std::map<UtcTime, QuotedWindow> const& books);

} // namespace polyquant::models::evaluation

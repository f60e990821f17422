// The signal runner: at each window's start, for every coin, the whole pipeline up to the order
// that is not sent, as one audit row; filled in when the window is settled. Fed by events, so that
// a tape and live feeds are the same to it.
#pragma once

#include "engine/market/market_board.hpp"
#include "engine/runtime/clock.hpp"
#include "engine/settlement/window_settler.hpp"
#include "engine/signal/signal_row.hpp"
#include "models/feature_engine.hpp"
#include "models/model_actor.hpp"
#include "models/window/live_window_model.hpp"

#include <array>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <vector>

namespace polyquant::signal {

class SignalActor {
public:
    struct Hooks {
        // Once when it is made, once when it is settled.
        std::function<void(SignalRow const&)> on_row;
        // The baseline's newest signal of the coin; null without one.
        std::function<models::Signal const*(Asset)> baseline;
    };

    SignalActor(runtime::Clock& clock, std::vector<Asset> assets, SignalParams params, Hooks hooks);

    // Closed bars before the start, oldest first.
    void warm_up(Asset asset, std::span<Bar const> history);
    void on(Event const& event);
    // A row for each coin at every window's start (and a delay), settlements in between.
    Task<void> run();

    // Windows that begin then or later are not looked at; what is open is still settled.
    void take_no_rows_from(UtcTime end) { no_rows_from_ = end; }

    // What run() does at the start of `window`, now.
    void take_rows(Window window);
    void settle_due();

    market::MarketBoard const& board() const { return board_; }

    std::size_t pending() const { return open_.size(); }

    Usdc bankroll() const { return bankroll_; }

    struct Counts {
        std::uint64_t rows = 0;
        std::uint64_t bets = 0;
        std::uint64_t won = 0;
        std::uint64_t resolved = 0;
    };

    Counts const& counts() const { return counts_; }

private:
    struct Coin {
        models::FeatureEngine features;
        std::optional<models::FeatureRow> newest;
        std::optional<models::window::LiveWindowModel> window_model;
    };

    SignalRow make_row(Asset asset, Window window);
    void read_models(SignalRow& row, MarketView const& view);
    void decide(SignalRow& row);
    void watch_outcome(SignalRow const& row, MarketView const& view);

    runtime::Clock& clock_;
    std::vector<Asset> assets_;
    SignalParams params_;
    Hooks hooks_;
    market::MarketBoard board_;
    settlement::WindowSettler settler_;
    std::array<Coin, asset_count> coins_;
    std::map<std::string, SignalRow> open_; // by slug: not settled
    UtcTime no_rows_from_ = UtcTime::max();
    Usdc bankroll_;
    Counts counts_;
};

} // namespace polyquant::signal

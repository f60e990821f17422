#include "engine/signal/signal_actor.hpp"

#include <algorithm>
#include <limits>

namespace polyquant::signal {

namespace {

// Rows whose window nobody could settle are let go of after this: they stay unresolved.
constexpr Seconds give_up_after{6 * 3'600};

// A window without a listed market settles by the coin's own price: a market of our own making.
Market stand_in(Asset asset, Window window) {
    Market market;
    market.slug = updown_slug(asset, window);
    market.asset = asset;
    market.window = window;
    market.rule = spot_rule();
    auto const start = static_cast<std::uint64_t>(unix_seconds(window.start));
    for (auto* id : {&market.condition.bytes, &market.up.bytes, &market.down.bytes}) {
        (*id)[0] = 0xff;
        (*id)[1] = static_cast<std::uint8_t>(index_of(asset));
        for (std::size_t i = 0; i < 8; ++i)
            (*id)[24 + i] = static_cast<std::uint8_t>(start >> (8 * (7 - i)));
    }
    market.up.bytes[2] = 1;
    market.down.bytes[2] = 2;
    return market;
}

Quote live_quote(std::optional<BookView> const& book) {
    return book && book->is_live() ? book->quote() : Quote{};
}

} // namespace

SignalActor::SignalActor(
    runtime::Clock& clock, std::vector<Asset> assets, SignalParams params, Hooks hooks
)
    : clock_{clock}, assets_{std::move(assets)}, params_{params}, hooks_{std::move(hooks)},
      settler_{
          {},
          board_,
          // Somebody must hold shares, or a window without any price is given up silently.
          [](ConditionId const&) {
              return std::vector<settlement::Holding>{};
          }
      },
      bankroll_{params.bankroll} {
    for (auto const asset : assets_)
        coins_[index_of(asset)].window_model.emplace(asset);
}

void SignalActor::warm_up(Asset asset, std::span<Bar const> history) {
    auto& coin = coins_[index_of(asset)];
    for (auto const& bar : history)
        coin.newest = coin.features.push(bar);
    if (coin.window_model) coin.window_model->warm_up(history);
}

void SignalActor::on(Event const& event) {
    board_.on(event);
    settler_.on(event);
    auto const* bar = std::get_if<BarUpdate>(&event);
    if (bar == nullptr || !bar->closed || !bar_defect(bar->bar).empty()) return;
    auto& coin = coins_[index_of(bar->asset)];
    if (coin.newest && bar->bar.close_time() <= coin.newest->as_of) return;
    coin.newest = coin.features.push(bar->bar);
    if (coin.window_model) coin.window_model->on_bar(bar->bar);
}

Task<void> SignalActor::run() {
    // The first whole window; what began before us is not ours.
    auto window = next_window(window_at(clock_.utc_now()));
    if (window_at(clock_.utc_now()).start == clock_.utc_now()) window = window_at(clock_.utc_now());
    for (;;) {
        settle_due();
        auto next = window.start + params_.delay;
        if (auto const due = settler_.next_due())
            next = std::min(next, std::max(*due, clock_.utc_now() + Nanos{1'000'000}));
        if (!co_await clock_.wait_until(clock_.instant_of(next))) co_return;
        if (clock_.utc_now() < window.start + params_.delay) continue;
        if (window.start < no_rows_from_) take_rows(window);
        window = next_window(window);
    }
}

void SignalActor::take_rows(Window window) {
    std::erase_if(open_, [&](auto const& entry) {
        return entry.second.window.end() + give_up_after < window.start;
    });
    for (auto const asset : assets_) {
        auto row = make_row(asset, window);
        ++counts_.rows;
        if (row.bets) ++counts_.bets;
        hooks_.on_row(row);
        open_.insert_or_assign(row.slug, std::move(row));
    }
}

SignalRow SignalActor::make_row(Asset asset, Window window) {
    auto const view = board_.view(asset, window, clock_.utc_now());
    SignalRow row;
    row.slug = updown_slug(asset, window);
    row.at = clock_.utc_now();
    row.asset = asset;
    row.window = window;
    row.listed = view.market != nullptr;
    row.fee = view.market != nullptr ? view.market->fee : crypto_fee();
    row.up = live_quote(view.up);
    row.down = live_quote(view.down);
    if (view.spot) row.spot = view.spot->price;
    row.bankroll_before = bankroll_;
    read_models(row, view);
    decide(row);
    watch_outcome(row, view);
    return row;
}

void SignalActor::read_models(SignalRow& row, MarketView const& view) {
    auto& coin = coins_[index_of(row.asset)];
    row.features.fill(std::numeric_limits<double>::quiet_NaN());
    if (coin.newest && row.at - coin.newest->as_of <= Seconds{90})
        for (std::size_t i = 0; i < row_features.size(); ++i)
            row.features[i] = (*coin.newest)[row_features[i]];
    auto const* baseline = hooks_.baseline(row.asset);
    if (baseline != nullptr && baseline->usable && baseline->window == row.window) {
        row.logistic = baseline->learned;
        row.heuristic = baseline->heuristic;
        row.ensemble = baseline->up;
    }
    if (!coin.window_model) return;
    auto const& late = coin.window_model->update(view);
    if (!late.usable || late.window != row.window) return;
    row.window_model = late.up;
    if (auto const band = coin.window_model->band()) {
        row.window_low = band->low;
        row.window_high = band->high;
    }
}

void SignalActor::decide(SignalRow& row) {
    if (!row.ensemble) {
        row.why = Reason::no_signal;
        return;
    }
    row.direction = *row.ensemble >= 0.5 ? Outcome::up : Outcome::down;
    auto const win = row.direction == Outcome::up ? *row.ensemble : 1 - *row.ensemble;
    auto const& side = row.direction == Outcome::up ? row.up : row.down;
    if (!row.listed || !side.ask) {
        row.why = row.listed ? Reason::no_ask : Reason::no_market;
        return;
    }
    auto const ask = side.ask->price;
    row.edge = win - to_double(ask);
    row.edge_after_fee = win - break_even_probability(row.fee, ask);
    if (side.bid) row.edge_vs_mid = win - (to_double(ask) + to_double(side.bid->price)) / 2;
    row.bet = bet_at(params_, bankroll_, win, ask, row.fee);
    row.bets = !row.bet.shares.is_zero();
    if (row.bets) return;
    row.why = *row.edge < params_.min_edge ? Reason::edge_too_small : Reason::below_minimum;
}

void SignalActor::watch_outcome(SignalRow const& row, MarketView const& view) {
    if (view.market == nullptr) settler_.watch(stand_in(row.asset, row.window));
}

void SignalActor::settle_due() {
    for (auto const& fact : settler_.due(clock_.utc_now())) {
        auto const* settled = std::get_if<WindowSettled>(&fact);
        if (settled == nullptr) continue;
        auto const found = open_.find(settled->slug);
        if (found == open_.end()) continue;
        auto row = std::move(found->second);
        open_.erase(found);
        settle(row, *settled, bankroll_);
        bankroll_ = row.bankroll_after;
        ++counts_.resolved;
        if (row.bets && row.pnl > Usdc{}) ++counts_.won;
        hooks_.on_row(row);
    }
    (void)settler_.take_notes();
}

} // namespace polyquant::signal

#include "engine/report/figure_parts.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <set>

namespace polyquant::report {

namespace {

namespace cal = models::calibration;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

UtcTime time_of_day(std::int64_t day) {
    return UtcTime{std::chrono::days{day}};
}

} // namespace

void add_money(Figures& f, RunData const& run) {
    f.headline = run.record ? run.record->quotes
                            : "A recorded session: quotes and fills are those of its mode";
    for (auto const& s : run.strategies) {
        f.capital += s.capital;
        f.equity += s.equity;
        f.fees += s.fees;
    }
    for (auto const& trade : run.trades) {
        if (trade.state == OrderState::failed) continue;
        if (trade.pnl) f.pnl += *trade.pnl;
        f.turnover += trade.bet_size;
        f.slippage += trade.bet_size - cost_rounded_up(trade.ask_price, trade.shares);
    }
    if (!f.capital.is_zero()) f.return_share = to_double(f.pnl) / to_double(f.capital);
}

void add_results(Figures& f, Trades const& trades) {
    double won = 0, lost = 0, losses = 0;
    std::vector<double> results;
    for (auto const* trade : trades) {
        auto const pnl = to_double(*trade->pnl);
        results.push_back(pnl);
        (pnl >= 0 ? won : lost) += pnl;
        losses += pnl < 0 ? 1 : 0;
    }
    auto const n = static_cast<double>(results.size());
    f.average_win = n > losses ? won / (n - losses) : nan;
    f.average_loss = losses > 0 ? lost / losses : nan;
    f.profit_factor = lost < 0 ? won / -lost : nan;
    f.expectancy = n > 0 ? (won + lost) / n : nan;
    f.longest_losing_streak = backtest::longest_losing_streak(results);
    std::vector<double> edges;
    std::vector<std::int64_t> blocks;
    for (auto const* trade : trades) {
        edges.push_back(to_double(*trade->pnl) / to_double(trade->shares));
        blocks.push_back(day_of(trade->decided_at));
    }
    if (!edges.empty()) f.edge = cal::block_bootstrap(edges, blocks, resample_seed);
}

// Every UTC day the run touches, those without a trade too: leaving them out would flatter.
void add_days(Figures& f, RunData const& run) {
    std::map<std::int64_t, double> by_day;
    if (run.until > run.from)
        for (auto day = day_of(run.from); day <= day_of(run.until - Nanos{1}); ++day)
            by_day[day] = 0;
    std::set<std::int64_t> traded;
    for (auto const& trade : run.trades)
        if (trade.pnl && trade.state != OrderState::failed) {
            by_day[day_of(settles_at(trade) - Nanos{1})] += to_double(*trade.pnl);
            traded.insert(day_of(settles_at(trade) - Nanos{1}));
        }
    auto equity = to_double(f.capital);
    for (auto const& [day, pnl] : by_day) {
        f.daily_pnl.emplace_back(time_of_day(day), pnl);
        if (equity > 0) f.daily_returns.push_back(pnl / equity);
        equity += pnl;
    }
    f.days = by_day.size();
    f.days_traded = traded.size();
    f.sharpe = backtest::sharpe_ratio(f.daily_returns);
    f.sortino = backtest::sortino_ratio(f.daily_returns, resample_seed);
    f.trials = run.record ? run.record->trials : 1;
    f.deflated_sharpe = backtest::deflated_sharpe(
        f.daily_returns, f.trials, run.record ? run.record->trials_sharpe_sd : 0
    );
}

void add_curve(Figures& f, RunData const& run) {
    std::map<UtcTime, double> results;
    for (auto const& trade : run.trades)
        if (trade.pnl && trade.state != OrderState::failed)
            results[settles_at(trade)] += to_double(*trade.pnl);
    auto equity = to_double(f.capital);
    f.curve.push_back({run.from, equity, 0});
    auto peak = equity;
    std::vector<double> series{equity};
    for (auto const& [at, pnl] : results) {
        equity += pnl;
        peak = std::max(peak, equity);
        f.curve.push_back({at, equity, peak - equity});
        series.push_back(equity);
    }
    f.drawdown = backtest::max_drawdown(series);
    f.drawdown_peak = f.curve[f.drawdown.peak].at;
    f.drawdown_trough = f.curve[f.drawdown.trough].at;
    if (f.drawdown.recovered < f.curve.size())
        f.drawdown_recovered = f.curve[f.drawdown.recovered].at;
}

void add_exposure(Figures& f, RunData const& run) {
    std::map<UtcTime, double> changes;
    for (auto const& trade : run.trades) {
        if (trade.state == OrderState::failed) continue;
        changes[trade.decided_at + trade.fill_latency] += stake_of(trade);
        changes[std::max(settles_at(trade), trade.decided_at + trade.fill_latency)] -=
            stake_of(trade);
    }
    double open = 0, weighted = 0, seconds_open = 0;
    std::optional<UtcTime> last;
    for (auto const& [at, change] : changes) {
        if (last) {
            auto const span = std::chrono::duration<double>(at - *last).count();
            weighted += open * span;
            seconds_open += open > 1e-9 ? span : 0;
        }
        open += change;
        f.exposure_max = std::max(f.exposure_max, open);
        last = at;
    }
    auto const whole = std::chrono::duration<double>(run.until - run.from).count();
    if (whole > 0) {
        f.exposure_mean = weighted / whole;
        f.time_in_market = std::min(1.0, seconds_open / whole);
    }
}

void add_histogram(Figures& f, Trades const& trades) {
    constexpr double bins = 24;
    double low = 0, high = 0;
    for (auto const* trade : trades) {
        low = std::min(low, to_double(*trade->pnl));
        high = std::max(high, to_double(*trade->pnl));
    }
    if (!(high > low)) return;
    f.pnl_bin = (high - low) / bins;
    std::vector<std::uint64_t> counted(static_cast<std::size_t>(bins), 0);
    for (auto const* trade : trades) {
        auto const at = (to_double(*trade->pnl) - low) / f.pnl_bin;
        ++counted[std::min(static_cast<std::size_t>(at), counted.size() - 1)];
    }
    for (std::size_t i = 0; i < counted.size(); ++i)
        f.pnl_histogram.emplace_back(low + f.pnl_bin * static_cast<double>(i), counted[i]);
}

} // namespace polyquant::report

#include "engine/report/figures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <set>

namespace polyquant::report {

namespace {

namespace cal = models::calibration;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr std::uint64_t resample_seed = 20'261'123;
constexpr std::size_t trades_for_a_verdict = 30;
constexpr double doubt_max = 0.05;

bool is_half(Trade const& trade, RunData const& run) {
    auto const it = run.windows.find(trade.slug);
    return it != run.windows.end() && !it->second.winner;
}

// Decided for one side or the other.
bool counts(Trade const& trade, RunData const& run) {
    return trade.resolved && trade.won && trade.pnl && trade.state != OrderState::failed &&
           !is_half(trade, run);
}

UtcTime settles_at(Trade const& trade) {
    auto const parsed = parse_updown_slug(trade.slug);
    return parsed ? parsed->window.end() : trade.decided_at;
}

std::int64_t day_of(UtcTime t) {
    return std::chrono::floor<std::chrono::days>(t).time_since_epoch().count();
}

UtcTime time_of_day(std::int64_t day) {
    return UtcTime{std::chrono::days{day}};
}

double stake_of(Trade const& trade) {
    return to_double(trade.bet_size) + to_double(trade.fee);
}

Group group_of(std::string name, std::vector<Trade const*> const& trades) {
    Group g;
    g.name = std::move(name);
    double shares = 0, promised = 0;
    for (auto const* trade : trades) {
        ++g.trades;
        g.won += *trade->won ? 1 : 0;
        g.pnl += to_double(*trade->pnl);
        g.staked += stake_of(*trade);
        auto const size = to_double(trade->shares);
        shares += size;
        promised += trade->edge * size;
    }
    auto const n = static_cast<double>(g.trades);
    g.win_rate = n > 0 ? static_cast<double>(g.won) / n : nan;
    g.interval = cal::wilson(static_cast<double>(g.won), n);
    g.break_even = shares > 0 ? g.staked / shares : nan;
    g.promised_edge = shares > 0 ? promised / shares : nan;
    g.realised_edge = shares > 0 ? g.pnl / shares : nan;
    return g;
}

std::string band(double value, std::span<double const> edges, char const* format) {
    for (std::size_t i = 0; i + 1 < edges.size(); ++i)
        if (value < edges[i + 1]) return fmt::format(fmt::runtime(format), edges[i], edges[i + 1]);
    return fmt::format(fmt::runtime(format), edges[edges.size() - 2], edges.back());
}

constexpr std::array ask_edges{
    0.0, 0.25, 0.50, 0.65, 0.75, 0.80, 0.85, 0.88, 0.91, 0.94, 0.97, 1.0
};
constexpr std::array left_edges{0.0, 5.0, 15.0, 30.0, 45.0, 60.0, 90.0, 150.0, 240.0, 300.0};

class Computation {
public:
    explicit Computation(RunData const& run) : run_{run} {
        for (auto const& trade : run.trades) {
            if (counts(trade, run))
                resolved_.push_back(&trade);
            else if (trade.state == OrderState::failed)
                continue; // in the list of void orders
            else if (!trade.resolved)
                f_.unresolved.push_back(trade);
            else
                f_.half_paid.push_back(trade);
        }
        std::sort(resolved_.begin(), resolved_.end(), [](Trade const* a, Trade const* b) {
            return std::tie(a->decided_at, a->strategy, a->order) <
                   std::tie(b->decided_at, b->strategy, b->order);
        });
        for (auto const& order : run.orders)
            if (order.voided) f_.voided.push_back(order);
    }

    Figures run() {
        money();
        f_.all = group_of("all", resolved_);
        wins_and_losses();
        days();
        curve();
        exposure();
        breakdowns();
        quarters();
        probabilities();
        orders();
        histogram();
        verdict();
        return std::move(f_);
    }

private:
    void money() {
        f_.headline = run_.record ? run_.record->quotes
                                  : "A recorded session: quotes and fills are those of its mode";
        for (auto const& s : run_.strategies) {
            f_.capital += s.capital;
            f_.equity += s.equity;
            f_.fees += s.fees;
        }
        for (auto const& trade : run_.trades) {
            if (trade.state == OrderState::failed) continue;
            if (trade.pnl) f_.pnl += *trade.pnl;
            f_.turnover += trade.bet_size;
            f_.slippage += trade.bet_size - cost_rounded_up(trade.ask_price, trade.shares);
        }
        if (!f_.capital.is_zero()) f_.return_share = to_double(f_.pnl) / to_double(f_.capital);
    }

    void wins_and_losses() {
        double won = 0, lost = 0, losses = 0;
        std::vector<double> results;
        for (auto const* trade : resolved_) {
            auto const pnl = to_double(*trade->pnl);
            results.push_back(pnl);
            (pnl >= 0 ? won : lost) += pnl;
            losses += pnl < 0 ? 1 : 0;
        }
        auto const n = static_cast<double>(results.size());
        f_.average_win = n > losses ? won / (n - losses) : nan;
        f_.average_loss = losses > 0 ? lost / losses : nan;
        f_.profit_factor = lost < 0 ? won / -lost : nan;
        f_.expectancy = n > 0 ? (won + lost) / n : nan;
        f_.longest_losing_streak = backtest::longest_losing_streak(results);
        std::vector<double> edges;
        std::vector<std::int64_t> blocks;
        for (auto const* trade : resolved_) {
            edges.push_back(to_double(*trade->pnl) / to_double(trade->shares));
            blocks.push_back(day_of(trade->decided_at));
        }
        if (!edges.empty()) f_.edge = cal::block_bootstrap(edges, blocks, resample_seed);
    }

    // Every UTC day the run touches, those without a trade too: leaving them out would flatter.
    void days() {
        std::map<std::int64_t, double> by_day;
        if (run_.until > run_.from)
            for (auto day = day_of(run_.from); day <= day_of(run_.until - Nanos{1}); ++day)
                by_day[day] = 0;
        std::set<std::int64_t> traded;
        for (auto const& trade : run_.trades)
            if (trade.pnl && trade.state != OrderState::failed) {
                by_day[day_of(settles_at(trade) - Nanos{1})] += to_double(*trade.pnl);
                traded.insert(day_of(settles_at(trade) - Nanos{1}));
            }
        auto equity = to_double(f_.capital);
        for (auto const& [day, pnl] : by_day) {
            f_.daily_pnl.emplace_back(time_of_day(day), pnl);
            if (equity > 0) f_.daily_returns.push_back(pnl / equity);
            equity += pnl;
        }
        f_.days = by_day.size();
        f_.days_traded = traded.size();
        f_.sharpe = backtest::sharpe_ratio(f_.daily_returns);
        f_.sortino = backtest::sortino_ratio(f_.daily_returns, resample_seed);
        f_.trials = run_.record ? run_.record->trials : 1;
        f_.deflated_sharpe = backtest::deflated_sharpe(
            f_.daily_returns, f_.trials, run_.record ? run_.record->trials_sharpe_sd : 0
        );
    }

    void curve() {
        std::map<UtcTime, double> results;
        for (auto const& trade : run_.trades)
            if (trade.pnl && trade.state != OrderState::failed)
                results[settles_at(trade)] += to_double(*trade.pnl);
        auto equity = to_double(f_.capital);
        f_.curve.push_back({run_.from, equity, 0});
        auto peak = equity;
        std::vector<double> series{equity};
        for (auto const& [at, pnl] : results) {
            equity += pnl;
            peak = std::max(peak, equity);
            f_.curve.push_back({at, equity, peak - equity});
            series.push_back(equity);
        }
        f_.drawdown = backtest::max_drawdown(series);
        f_.drawdown_peak = f_.curve[f_.drawdown.peak].at;
        f_.drawdown_trough = f_.curve[f_.drawdown.trough].at;
        if (f_.drawdown.recovered < f_.curve.size())
            f_.drawdown_recovered = f_.curve[f_.drawdown.recovered].at;
    }

    void exposure() {
        std::map<UtcTime, double> changes;
        for (auto const& trade : run_.trades) {
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
            f_.exposure_max = std::max(f_.exposure_max, open);
            last = at;
        }
        auto const whole = std::chrono::duration<double>(run_.until - run_.from).count();
        if (whole > 0) {
            f_.exposure_mean = weighted / whole;
            f_.time_in_market = std::min(1.0, seconds_open / whole);
        }
    }

    void add_breakdown(std::string by, std::function<std::string(Trade const&)> const& key) {
        std::map<std::string, std::vector<Trade const*>> groups;
        for (auto const* trade : resolved_)
            groups[key(*trade)].push_back(trade);
        Breakdown breakdown{std::move(by), {}};
        for (auto const& [name, trades] : groups)
            breakdown.groups.push_back(group_of(name, trades));
        f_.breakdowns.push_back(std::move(breakdown));
    }

    void breakdowns() {
        add_breakdown("strategy", [](Trade const& t) { return t.strategy.text; });
        add_breakdown("asset", [](Trade const& t) {
            return t.asset ? std::string{to_string(*t.asset)} : std::string{"other"};
        });
        add_breakdown("side", [](Trade const& t) { return std::string{to_string(t.outcome)}; });
        add_breakdown("price paid", [](Trade const& t) {
            return band(to_double(t.fill_price), ask_edges, "{:.2f}-{:.2f}");
        });
        add_breakdown("seconds left", [](Trade const& t) {
            auto const left = std::chrono::duration<double>(settles_at(t) - t.decided_at).count();
            return band(left, left_edges, "{:03.0f}-{:03.0f}");
        });
        add_breakdown("hour, UTC", [](Trade const& t) {
            return fmt::format("{:02}", unix_seconds(t.decided_at) / 3600 % 24);
        });
    }

    void quarters() {
        if (resolved_.size() < 8) return;
        for (std::size_t q = 0; q < 4; ++q) {
            std::vector<Trade const*> const part(
                resolved_.begin() + static_cast<std::ptrdiff_t>(q * resolved_.size() / 4),
                resolved_.begin() + static_cast<std::ptrdiff_t>((q + 1) * resolved_.size() / 4)
            );
            f_.quarters.push_back(
                {part.front()->decided_at, group_of(fmt::format("Q{}", q + 1), part)}
            );
        }
        f_.decays = f_.quarters[3].group.realised_edge < f_.quarters[0].group.realised_edge - 0.05;
    }

    void probabilities() {
        struct Judged {
            std::vector<double> model, market, won;
            std::vector<std::int64_t> days;
        };

        std::map<double, Judged, std::greater<>> by_moment;
        std::vector<double> promised, outcomes;
        for (auto const& m : run_.moments) {
            auto const window = run_.windows.find(m.slug);
            if (window == run_.windows.end() || !window->second.winner || !m.usable) continue;
            auto const up = *window->second.winner == Outcome::up ? 1.0 : 0.0;
            promised.push_back(m.up);
            outcomes.push_back(up);
            // Samples are taken at set moments, but events come a little after them.
            auto& j = by_moment[std::ceil(m.seconds_left)];
            if (!m.bid || !m.ask) continue;
            j.model.push_back(m.up);
            j.market.push_back((*m.bid + *m.ask) / 2);
            j.won.push_back(up);
            j.days.push_back(day_of(window->second.window.start));
        }
        auto const edges = cal::equal_edges(10);
        if (!promised.empty()) f_.calibration = cal::reliability(promised, outcomes, edges);
        for (auto const& [left, j] : by_moment) {
            if (j.model.size() < 20) continue;
            f_.moments.push_back(
                {left,
                 j.model.size(),
                 cal::brier(j.model, j.won),
                 cal::brier(j.market, j.won),
                 cal::log_loss(j.model, j.won),
                 cal::log_loss(j.market, j.won),
                 cal::brier_advantage(j.model, j.market, j.won, j.days, resample_seed, 1000)}
            );
        }
        std::vector<double> trade_promised, trade_won;
        for (auto const* trade : resolved_) {
            trade_promised.push_back(trade->win_probability);
            trade_won.push_back(*trade->won ? 1 : 0);
            f_.outcomes.push_back(
                {to_double(trade->fill_price), trade->win_probability, *trade->won}
            );
        }
        if (!trade_promised.empty())
            f_.trade_calibration = cal::reliability(trade_promised, trade_won, edges);
    }

    void orders() {
        std::uint64_t taker = 0, maker = 0, partly = 0;
        std::set<OrderId> filled;
        std::map<OrderId, Shares> bought;
        for (auto const& trade : run_.trades) {
            filled.insert(trade.order);
            bought[trade.order] = trade.shares;
        }
        std::map<std::string, std::uint64_t> not_filled;
        for (auto const& order : run_.orders) {
            if (!filled.contains(order.order)) {
                ++not_filled[std::string{to_string(order.reason)}];
                continue;
            }
            (order.maker ? maker : taker) += 1;
            if (bought[order.order] < order.size) ++partly;
        }
        f_.orders = {
            {"sent", run_.orders.size()},
            {"filled as taker", taker},
            {"filled as maker", maker},
            {"of these in part", partly},
            {"not filled", run_.orders.size() - taker - maker},
        };
        f_.not_filled.assign(not_filled.begin(), not_filled.end());
        std::map<std::string, std::uint64_t> refusals;
        for (auto const& strategy : run_.strategies)
            for (std::size_t i = 0; i < reason_count; ++i)
                if (auto const n = strategy.reasons[static_cast<Reason>(i)]; n > 0)
                    refusals[std::string{to_string(static_cast<Reason>(i))}] += n;
        f_.refusals.assign(refusals.begin(), refusals.end());
        std::sort(f_.refusals.begin(), f_.refusals.end(), [](auto const& a, auto const& b) {
            return std::tie(b.second, a.first) < std::tie(a.second, b.first);
        });
    }

    void histogram() {
        constexpr double bins = 24;
        double low = 0, high = 0;
        for (auto const* trade : resolved_) {
            low = std::min(low, to_double(*trade->pnl));
            high = std::max(high, to_double(*trade->pnl));
        }
        if (!(high > low)) return;
        f_.pnl_bin = (high - low) / bins;
        std::vector<std::uint64_t> counted(static_cast<std::size_t>(bins), 0);
        for (auto const* trade : resolved_) {
            auto const at = (to_double(*trade->pnl) - low) / f_.pnl_bin;
            ++counted[std::min(static_cast<std::size_t>(at), counted.size() - 1)];
        }
        for (std::size_t i = 0; i < counted.size(); ++i)
            f_.pnl_histogram.emplace_back(low + f_.pnl_bin * static_cast<double>(i), counted[i]);
    }

    void verdict() {
        auto& v = f_.verdict;
        auto const source = run_.record ? run_.record->source : backtest::QuoteSource::recorded;
        if (source == backtest::QuoteSource::toy)
            v.push_back(
                "NO EVIDENCE: the quotes are a toy that knows nothing; every model beats them."
            );
        if (source == backtest::QuoteSource::fitted)
            v.push_back("The quotes are modelled. A profit here says that the model of quotes and "
                        "the strategy disagree, not that the market does.");
        if (run_.record && !run_.record->finished)
            v.push_back("UNFINISHED: the run was stopped; what follows is the part up to there.");
        if (f_.all.trades == 0) {
            v.push_back(
                "NO TRADES: nothing passed the strategy's own conditions. Keeping the money "
                "is a result."
            );
        } else {
            if (f_.all.trades < trades_for_a_verdict)
                v.push_back(fmt::format(
                    "TOO FEW TRADES: {} decide nothing; below {} every figure is noise.",
                    f_.all.trades,
                    trades_for_a_verdict
                ));
            if (f_.edge.blocks < 2)
                v.push_back("ONE DAY of trades: no interval can be drawn from it.");
            if (f_.edge.blocks >= 2 && f_.edge.share_not_positive > doubt_max)
                v.push_back(fmt::format(
                    "NO EDGE SHOWN: {:.2f} cents a share after fees; resampled by day, the true "
                    "edge "
                    "is at or below zero with probability {:.2f}.",
                    100 * f_.edge.mean,
                    f_.edge.share_not_positive
                ));
            if (f_.all.interval.high < f_.all.break_even)
                v.push_back(fmt::format(
                    "LOSES: it won {:.1f} %, at most {:.1f} % by its interval, and needs {:.1f} %.",
                    100 * f_.all.win_rate,
                    100 * f_.all.interval.high,
                    100 * f_.all.break_even
                ));
            if (f_.all.realised_edge < f_.all.promised_edge)
                v.push_back(fmt::format(
                    "Promised {:.2f} cents a share, realised {:.2f}.",
                    100 * f_.all.promised_edge,
                    100 * f_.all.realised_edge
                ));
            if (!(f_.deflated_sharpe >= 0.95) && f_.days >= 3)
                v.push_back(fmt::format(
                    "The deflated Sharpe ratio over {} variant{} tried is {:.2f}; 0.95 would be "
                    "evidence.",
                    f_.trials,
                    f_.trials == 1 ? "" : "s",
                    f_.deflated_sharpe
                ));
            if (f_.decays)
                v.push_back("DECAY: the last quarter earns 5 cents a share less than the first.");
        }
        auto const beaten = std::count_if(f_.moments.begin(), f_.moments.end(), [](auto const& m) {
            return m.advantage.low > 0;
        });
        if (!f_.moments.empty())
            v.push_back(fmt::format(
                "Of {} sampled moments the model's probability beats the market's price at {} (95 "
                "% "
                "interval of the Brier advantage above zero).",
                f_.moments.size(),
                beaten
            ));
        if (!f_.unresolved.empty() || !f_.half_paid.empty() || !f_.voided.empty() ||
            !run_.open.empty())
            v.push_back(fmt::format(
                "{} unresolved, {} paid half and half, {} void: listed below, not in the rates.",
                f_.unresolved.size(),
                f_.half_paid.size(),
                f_.voided.size()
            ));
        for (auto const& halt : run_.halts)
            v.push_back("AT THE END " + halt);
    }

    RunData const& run_;
    Figures f_;
    std::vector<Trade const*> resolved_;
};

} // namespace

Figures compute_figures(RunData const& run) {
    return Computation{run}.run();
}

} // namespace polyquant::report

#include "engine/backtest/baseline_procedure.hpp"

#include "engine/backtest/statistics.hpp"
#include "engine/core/random.hpp"
#include "models/feature_table.hpp"
#include "models/heuristic.hpp"
#include "models/logistic.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <numbers>

namespace polyquant::backtest {

namespace {

using namespace models;

constexpr double learned_weight = 0.7;
constexpr std::size_t train_rows_min = 100;
constexpr std::size_t test_rows_min = 10;
constexpr std::array calibration_edges{0.0, 0.3, 0.4, 0.45, 0.5, 0.55, 0.6, 0.7, 1.0};

class Draws {
public:
    explicit Draws(std::uint64_t seed) : random_{seed} {}

    double market_price() {
        auto const u = random_.uniform();
        auto const v = random_.uniform();
        auto const normal =
            std::sqrt(-2.0 * std::log(1.0 - u)) * std::cos(2.0 * std::numbers::pi * v);
        return std::clamp(0.5 + 0.03 * normal, 0.05, 0.95);
    }

private:
    Xoshiro256 random_;
};

struct Table {
    std::span<Bar const> bars;
    std::vector<FeatureRow> rows;
    std::vector<Feature> columns;
    std::vector<double> extra; // empty: no extra column
    std::size_t horizon = 5;

    bool clean(std::size_t t) const {
        if (t + horizon >= bars.size()) return false;
        if (!extra.empty() && std::isnan(extra[t])) return false;
        return std::none_of(columns.begin(), columns.end(), [&](Feature f) {
            return std::isnan(rows[t][f]);
        });
    }

    std::size_t width() const { return columns.size() + (extra.empty() ? 0 : 1); }

    double value(std::size_t t, std::size_t column) const {
        return column < columns.size() ? rows[t][columns[column]] : extra[t];
    }

    bool rose(std::size_t t) const { return bars[t + horizon].close > bars[t].close; }
};

Result<Table> make_table(std::span<Bar const> bars, std::size_t horizon) {
    auto rows = compute_features(bars);
    if (!rows) return rows.error();
    Table table{bars, std::move(*rows), {}, {}, horizon};
    for (auto const feature : features_of(FeatureSet::all_46))
        if (std::any_of(table.rows.begin(), table.rows.end(), [&](FeatureRow const& row) {
                return !std::isnan(row[feature]);
            }))
            table.columns.push_back(feature);
    return table;
}

double deviation_of_macd(Table const& table, std::vector<std::size_t> const& rows) {
    double mean = 0, square = 0;
    std::size_t count = 0;
    for (auto const t : rows) {
        mean += table.rows[t][Feature::macd_hist];
        ++count;
    }
    mean /= static_cast<double>(count);
    for (auto const t : rows) {
        auto const d = table.rows[t][Feature::macd_hist] - mean;
        square += d * d;
    }
    return std::sqrt(square / static_cast<double>(count));
}

Result<void> predict_step(
    Table const& table, std::size_t from, std::size_t at, std::size_t to, BaselineResult& result
) {
    std::vector<std::size_t> train, test;
    for (auto t = from; t < at; ++t)
        if (table.clean(t)) train.push_back(t);
    for (auto t = at; t < to; ++t)
        if (table.clean(t)) test.push_back(t);
    if (train.size() < train_rows_min || test.size() < test_rows_min) return {};
    Sample sample;
    sample.columns = table.width();
    for (auto const t : train) {
        for (std::size_t c = 0; c < table.width(); ++c)
            sample.values.push_back(table.value(t, c));
        sample.up.push_back(table.rose(t) ? 1 : 0);
    }
    auto const scaler = StandardScaler::fit(sample);
    scaler.apply(sample);
    LogisticParams params;
    params.iterations_max = 1000;
    auto const fit = fit_logistic(sample, params);
    if (!fit) return fit.error();
    auto const macd_scale = deviation_of_macd(table, test);
    HeuristicParams heuristic;
    heuristic.signals_min = 0;
    for (auto const t : test) {
        auto z = fit->intercept;
        for (std::size_t c = 0; c < table.width(); ++c)
            z += fit->coefficients[c] * ((table.value(t, c) - scaler.means[c]) / scaler.scales[c]);
        auto const learned = 1 / (1 + std::exp(-z));
        auto const scored = score_row(table.rows[t], macd_scale, heuristic).up;
        result.predictions.push_back(
            {table.bars[t].open_time,
             learned_weight * learned + (1 - learned_weight) * scored,
             table.rose(t)}
        );
    }
    ++result.steps;
    return {};
}

} // namespace

Result<BaselineResult>
run_baseline_procedure(std::span<Bar const> bars, BaselineProcedure const& p) {
    auto const needed = p.train_bars + p.step_bars;
    if (bars.size() < needed)
        return Failure{
            Fault::invalid,
            "baseline",
            fmt::format("{} bars are too few for one step, {} are needed", bars.size(), needed)
        };
    auto table = make_table(bars, p.horizon_bars);
    if (!table) return table.error();
    if (p.extra_column)
        for (std::size_t t = 0; t < bars.size(); ++t)
            table->extra.push_back(p.extra_column(bars, t));
    BaselineResult result;
    result.bankroll_start = result.bankroll_end = p.bankroll;
    for (auto at = p.train_bars; at + p.step_bars <= bars.size(); at += p.step_bars)
        if (auto const done = predict_step(*table, at - p.train_bars, at, at + p.step_bars, result);
            !done)
            return done.error();

    Draws draws{p.seed};
    auto const wait = bars.front().length * static_cast<std::int64_t>(p.horizon_bars);
    std::optional<UtcTime> last_bet;
    auto& bankroll = result.bankroll_end;
    for (auto const& prediction : result.predictions) {
        if (last_bet && prediction.at < *last_bet + wait) continue;
        auto const market = draws.market_price();
        BaselineBet bet;
        bet.at = prediction.at;
        bet.side = prediction.up >= 0.5 ? Outcome::up : Outcome::down;
        auto const up = bet.side == Outcome::up;
        bet.win_probability = up ? prediction.up : 1 - prediction.up;
        bet.price = (up ? market : 1 - market) + p.slippage;
        bet.edge = bet.win_probability - bet.price;
        if (bet.edge < p.min_edge) continue;
        auto const odds = (1 - bet.price) / bet.price;
        auto const kelly = (bet.win_probability * odds - (1 - bet.win_probability)) / odds;
        bet.bet = std::clamp(kelly * p.kelly_fraction, 0.0, p.bet_share_max) * bankroll;
        if (bet.bet < p.bet_min) continue;
        bet.won = prediction.rose == up;
        bet.pnl = bet.won ? bet.bet * odds : -bet.bet;
        bankroll += bet.pnl;
        bet.bankroll = bankroll;
        last_bet = bet.at;
        result.bets.push_back(bet);
    }
    return result;
}

BaselineFigures figures_of(BaselineResult const& r) {
    BaselineFigures f;
    f.pnl = r.bankroll_end - r.bankroll_start;
    f.return_share = f.pnl / r.bankroll_start;
    double won = 0, lost = 0, wins = 0;
    std::vector<double> per_stake, equity{r.bankroll_start};
    for (auto const& bet : r.bets) {
        (bet.won ? won : lost) += bet.pnl;
        wins += bet.won ? 1 : 0;
        per_stake.push_back(bet.pnl / bet.bet);
        equity.push_back(bet.bankroll);
        f.average_edge += bet.edge / static_cast<double>(r.bets.size());
    }
    auto const n = static_cast<double>(r.bets.size());
    if (n > 0) f.win_rate = wins / n;
    if (wins > 0) f.average_win = won / wins;
    if (n > wins) f.average_loss = lost / (n - wins);
    if (lost < 0) f.profit_factor = won / -lost;
    auto const m = moments_of(per_stake);
    if (m.sd > 0) f.sharpe = m.mean / m.sd * std::sqrt(288.0 * 365.0);
    double peak = r.bankroll_start;
    for (auto const e : equity) {
        peak = std::max(peak, e);
        f.max_drawdown = std::max(f.max_drawdown, (peak - e) / peak);
    }
    for (auto const& p : r.predictions) {
        auto const d = p.up - (p.rose ? 1.0 : 0.0);
        f.brier += d * d / static_cast<double>(r.predictions.size());
    }
    f.brier_skill = 1 - f.brier / 0.25;
    for (std::size_t q = 0; q < 4 && r.bets.size() >= 4; ++q) {
        auto const from = q * r.bets.size() / 4, to = (q + 1) * r.bets.size() / 4;
        double quarter_wins = 0, paid = 0;
        for (auto i = from; i < to; ++i) {
            quarter_wins += r.bets[i].won ? 1 : 0;
            paid += r.bets[i].price;
        }
        auto const count = static_cast<double>(to - from);
        f.quarter_win_rates.push_back(quarter_wins / count);
        f.quarter_edges.push_back((quarter_wins - paid) / count);
    }
    if (f.quarter_win_rates.size() == 4)
        f.decays = f.quarter_win_rates[3] < f.quarter_win_rates[0] - 0.05;
    return f;
}

std::string baseline_report(BaselineResult const& r, std::string const& asset) {
    auto const f = figures_of(r);
    std::string text;
    auto const say = [&]<class... Args>(fmt::format_string<Args...> format, Args&&... args) {
        fmt::format_to(std::back_inserter(text), format, std::forward<Args>(args)...);
    };
    say("{}  bankroll {:.2f} -> {:.2f}  PnL {:+.2f} ({:+.2f} %)  {} bets, {} predictions, {} "
        "steps\n",
        asset,
        r.bankroll_start,
        r.bankroll_end,
        f.pnl,
        100 * f.return_share,
        r.bets.size(),
        r.predictions.size(),
        r.steps);
    say("win rate {:.2f} %  average win {:.2f}  average loss {:.2f}  profit factor {:.3f}\n",
        100 * f.win_rate,
        f.average_win,
        f.average_loss,
        f.profit_factor);
    say("Sharpe (times sqrt(288*365), as the original) {:.2f}  max drawdown {:.2f} %  average edge "
        "{:.4f}\n",
        f.sharpe,
        100 * f.max_drawdown,
        f.average_edge);
    say("Brier {:.5f}, of a coin 0.25000, skill {:+.4f}\n\ncalibration of P(UP)\n",
        f.brier,
        f.brier_skill);
    for (std::size_t b = 0; b + 1 < calibration_edges.size(); ++b) {
        double count = 0, promised = 0, rose = 0;
        for (auto const& p : r.predictions) {
            auto const last = b + 2 == calibration_edges.size();
            if (p.up < calibration_edges[b] || (last ? p.up > 1 : p.up >= calibration_edges[b + 1]))
                continue;
            count += 1;
            promised += p.up;
            rose += p.rose ? 1 : 0;
        }
        if (count > 0)
            say("  {:.2f}-{:.2f}  n {:>6.0f}  promised {:.3f}  rose {:.3f}\n",
                calibration_edges[b],
                calibration_edges[b + 1],
                count,
                promised / count,
                rose / count);
    }
    for (auto const side : {Outcome::up, Outcome::down}) {
        double count = 0, wins = 0;
        for (auto const& bet : r.bets)
            if (bet.side == side) {
                count += 1;
                wins += bet.won ? 1 : 0;
            }
        say("{} {:.0f} bets, {:.2f} % won\n",
            to_string(side),
            count,
            count > 0 ? 100 * wins / count : 0.0);
    }
    for (std::size_t q = 0; q < f.quarter_edges.size(); ++q)
        say("quarter {}  won {:.2f} %  realised edge {:+.4f}\n",
            q + 1,
            100 * f.quarter_win_rates[q],
            f.quarter_edges[q]);
    if (f.decays) say("DECAY: the last quarter wins 5 points less than the first\n");
    std::vector<double> pnl;
    for (auto const& bet : r.bets)
        pnl.push_back(bet.pnl);
    std::sort(pnl.begin(), pnl.end());
    if (!pnl.empty())
        say("PnL of a bet: min {:.2f}  P25 {:.2f}  median {:.2f}  P75 {:.2f}  max {:.2f}\n",
            pnl.front(),
            quantile(pnl, 0.25),
            quantile(pnl, 0.5),
            quantile(pnl, 0.75),
            pnl.back());
    say("\nThe market of this procedure is a random price that knows nothing. Its profit measures "
        "the\nmodel against a coin, not against a market.\n");
    return text;
}

std::string baseline_json(BaselineResult const& r, std::string const& asset) {
    auto const f = figures_of(r);
    boost::json::array bets;
    for (auto const& bet : r.bets)
        bets.push_back({
            {"at", format_utc(bet.at)},
            {"side", to_string(bet.side)},
            {"win_probability", bet.win_probability},
            {"price", bet.price},
            {"bet", bet.bet},
            {"won", bet.won},
            {"pnl", bet.pnl},
            {"bankroll", bet.bankroll},
        });
    return boost::json::serialize(boost::json::object{
        {"quotes", "toy"},
        {"asset", asset},
        {"predictions", r.predictions.size()},
        {"bankroll_start", r.bankroll_start},
        {"bankroll_end", r.bankroll_end},
        {"pnl", f.pnl},
        {"win_rate", f.win_rate},
        {"profit_factor", f.profit_factor},
        {"sharpe_annualised_as_original", f.sharpe},
        {"max_drawdown", f.max_drawdown},
        {"average_edge", f.average_edge},
        {"brier", f.brier},
        {"brier_skill", f.brier_skill},
        {"decays", f.decays},
        {"bets", bets},
    });
}

} // namespace polyquant::backtest

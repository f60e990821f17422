#include "engine/accuracy/verdict.hpp"

#include "models/calibration/scores.hpp"

#include <fmt/format.h>

#include <vector>

namespace polyquant::accuracy {

namespace {

constexpr std::uint64_t resampling_seed = 1;

struct Results {
    std::vector<double> promised;
    std::vector<double> edge;
    std::vector<std::int64_t> hour;

    void add(Window const& window, double promise, double result) {
        promised.push_back(promise);
        edge.push_back(result);
        hour.push_back(unix_seconds(window.start) / 3'600);
    }

    EdgeEstimate estimate() const {
        EdgeEstimate e;
        e.bets = edge.size();
        if (edge.empty()) return e;
        auto const mean = models::calibration::block_bootstrap(edge, hour, resampling_seed);
        for (auto const p : promised)
            e.promised += p / static_cast<double>(e.bets);
        e.edge = mean.mean;
        if (mean.blocks >= 2) {
            e.low = mean.low;
            e.high = mean.high;
        }
        return e;
    }
};

// What buying one share of the better side would have promised and brought; empty: not bought.
struct WouldBe {
    double promised = 0;
    double result = 0;
};

std::optional<WouldBe> would_be(JudgedWindow const& window, double edge_min) {
    for (auto const& s : window.forecast.samples) {
        if (!s.up) continue;
        std::optional<WouldBe> best;
        for (auto const outcome : {Outcome::up, Outcome::down}) {
            auto const& ask = outcome == Outcome::up ? s.up_ask : s.down_ask;
            if (!ask) continue;
            auto const cost = break_even_probability(window.forecast.fee, *ask);
            auto const edge = (outcome == Outcome::up ? *s.up : 1 - *s.up) - cost;
            if (edge < edge_min || (best && best->promised >= edge)) continue;
            best = WouldBe{edge, (window.winner == outcome ? 1.0 : 0.0) - cost};
        }
        if (best) return best;
    }
    return std::nullopt;
}

void add_quality(ForecastQuality& quality, JudgedWindow const& window) {
    auto const won = window.winner == Outcome::up ? 1.0 : 0.0;
    for (auto const& s : window.forecast.samples) {
        if (!s.up || !s.up_bid || !s.up_ask) continue;
        auto const mid = (to_double(*s.up_bid) + to_double(*s.up_ask)) / 2;
        ++quality.moments;
        quality.brier_model += (*s.up - won) * (*s.up - won);
        quality.brier_market += (mid - won) * (mid - won);
    }
}

std::string reason_of(Verdict const& v, config::LearningParams const& params) {
    auto const& e = v.decisive();
    auto const what = v.by_trades ? "own fills" : "would-be bets";
    if (e.bets == 0)
        return fmt::format(
            "no {} with an edge of {:.3f} in {} windows", what, params.verdict_edge_min, v.windows
        );
    auto text = fmt::format("{} {} earned {:+.4f} a share after fee", e.bets, what, e.edge);
    if (e.low)
        text += fmt::format(" [{:+.4f}, {:+.4f}]", *e.low, *e.high);
    else
        text += ", all within one hour";
    text += fmt::format(", promised {:+.4f}", e.promised);
    if (v.trade) return text;
    if (e.bets < static_cast<std::size_t>(params.verdict_bets_min))
        return text + fmt::format("; {} bets are needed", params.verdict_bets_min);
    return text + "; not shown to be above 0";
}

} // namespace

Verdict verdict_of(
    Asset asset,
    UtcTime from,
    UtcTime to,
    std::deque<JudgedWindow> const& windows,
    std::span<BetJudged const> bets,
    config::LearningParams const& params
) {
    Verdict v;
    v.asset = asset;
    v.from = from;
    v.to = to;
    auto const counts = [&](std::optional<Asset> of, Window const& window) {
        return of == asset && window.end() > from && window.end() <= to;
    };
    Results would_be_results;
    for (auto const& window : windows) {
        if (!counts(window.forecast.asset, window.forecast.window)) continue;
        ++v.windows;
        add_quality(v.quality, window);
        if (auto const bet = would_be(window, params.verdict_edge_min))
            would_be_results.add(window.forecast.window, bet->promised, bet->result);
    }
    if (v.quality.moments > 0) {
        v.quality.brier_model /= static_cast<double>(v.quality.moments);
        v.quality.brier_market /= static_cast<double>(v.quality.moments);
    }
    Results own;
    for (auto const& bet : bets) {
        if (!counts(bet.asset, bet.window) || bet.size.is_zero()) continue;
        auto const cost = static_cast<double>((bet.cost + bet.fee).micros()) /
                          static_cast<double>(bet.size.micros());
        own.add(bet.window, bet.promised - cost, (bet.won ? 1.0 : 0.0) - cost);
    }
    v.would_be = would_be_results.estimate();
    v.own = own.estimate();
    auto const enough = static_cast<std::size_t>(params.verdict_bets_min);
    v.by_trades = v.own.bets >= enough;
    auto const& e = v.decisive();
    v.trade = e.bets >= enough && e.low && *e.low > 0;
    v.text = reason_of(v, params);
    return v;
}

DailyVerdict as_fact(Verdict const& v) {
    auto const& e = v.decisive();
    return {
        v.asset,
        v.from,
        v.to,
        v.trade,
        v.by_trades,
        v.windows,
        e.bets,
        e.promised,
        e.edge,
        e.low,
        e.high,
        v.text
    };
}

} // namespace polyquant::accuracy

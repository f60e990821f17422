// The figures in words: what they say against believing in the strategy comes first.

#include "engine/report/figure_parts.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace polyquant::report {

namespace {

constexpr std::size_t trades_for_a_verdict = 30;
constexpr double doubt_max = 0.05;
constexpr double deflated_sharpe_min = 0.95;
constexpr std::size_t days_for_a_sharpe = 3;

using Lines = std::vector<std::string>;

void about_quotes(Lines& lines, RunData const& run) {
    if (!run.record) return;
    using backtest::QuoteSource;
    if (run.record->source == QuoteSource::toy)
        lines.push_back(
            "NO EVIDENCE: the quotes are a toy that knows nothing; every model beats them."
        );
    if (run.record->source == QuoteSource::fitted)
        lines.push_back("The quotes are modelled. A profit here says that the model of quotes and "
                        "the strategy disagree, not that the market does.");
    if (!run.record->finished)
        lines.push_back("UNFINISHED: the run was stopped; what follows is the part up to there.");
}

void about_edge(Lines& lines, Figures const& f) {
    if (f.all.trades < trades_for_a_verdict)
        lines.push_back(fmt::format(
            "TOO FEW TRADES: {} decide nothing; below {} every figure is noise.",
            f.all.trades,
            trades_for_a_verdict
        ));
    if (f.edge.blocks < 2)
        lines.push_back("ONE DAY of trades: no interval can be drawn from it.");
    else if (f.edge.share_not_positive > doubt_max)
        lines.push_back(fmt::format(
            "NO EDGE SHOWN: {:.2f} cents a share after fees; resampled by day, the true edge is at "
            "or below zero with probability {:.2f}.",
            100 * f.edge.mean,
            f.edge.share_not_positive
        ));
    if (f.all.interval.high < f.all.break_even)
        lines.push_back(fmt::format(
            "LOSES: it won {:.1f} %, at most {:.1f} % by its interval, and needs {:.1f} %.",
            100 * f.all.win_rate,
            100 * f.all.interval.high,
            100 * f.all.break_even
        ));
    if (f.all.realised_edge < f.all.promised_edge)
        lines.push_back(fmt::format(
            "Promised {:.2f} cents a share, realised {:.2f}.",
            100 * f.all.promised_edge,
            100 * f.all.realised_edge
        ));
    if (!(f.deflated_sharpe >= deflated_sharpe_min) && f.days >= days_for_a_sharpe)
        lines.push_back(fmt::format(
            "The deflated Sharpe ratio over {} variant{} tried is {:.2f}; 0.95 would be evidence.",
            f.trials,
            f.trials == 1 ? "" : "s",
            f.deflated_sharpe
        ));
    if (f.decays)
        lines.push_back("DECAY: the last quarter earns 5 cents a share less than the first.");
}

void about_probabilities(Lines& lines, Figures const& f) {
    if (f.moments.empty()) return;
    auto const beaten = std::count_if(f.moments.begin(), f.moments.end(), [](auto const& m) {
        return m.advantage.low > 0;
    });
    lines.push_back(fmt::format(
        "Of {} sampled moments the model's probability beats the market's price at {} (95 % "
        "interval of the Brier advantage above zero).",
        f.moments.size(),
        beaten
    ));
}

} // namespace

void add_verdict(Figures& f, RunData const& run) {
    auto& lines = f.verdict;
    about_quotes(lines, run);
    if (f.all.trades == 0)
        lines.push_back("NO TRADES: nothing passed the strategy's own conditions. Keeping the "
                        "money is a result.");
    else
        about_edge(lines, f);
    about_probabilities(lines, f);
    if (!f.unresolved.empty() || !f.half_paid.empty() || !f.voided.empty() || !run.open.empty())
        lines.push_back(fmt::format(
            "{} unresolved, {} paid half and half, {} void: listed below, not in the rates.",
            f.unresolved.size(),
            f.half_paid.size(),
            f.voided.size()
        ));
    for (auto const& halt : run.halts)
        lines.push_back("AT THE END " + halt);
}

} // namespace polyquant::report

#include "models/evaluation/report_sections.hpp"

#include <fmt/format.h>

namespace polyquant::models::evaluation {

namespace {

constexpr std::size_t bets_min = 50; // fewer can all win by luck, and then resampling sees no risk

std::string favourites_table(MarketStudy const& study) {
    std::string text =
        "\nPromised 0.85 to 0.95, all moments, and the mid of the same side then:\n\n"
        "| model | moments | promised | mid | won | 95 % interval | Brier advantage "
        "over mid |\n|---|---:|---:|---:|---:|---|---|\n";
    for (auto const& line : study.comparisons) {
        if (line.seconds_left != 0) continue;
        auto const& f = line.favourites;
        if (f.moments == 0)
            text += fmt::format("| {} | 0 | | | | | |\n", line.model);
        else
            text += fmt::format(
                "| {} | {} | {:.4f} | {:.4f} | {:.4f} | {:.4f}-{:.4f} | {} |\n",
                line.model,
                f.moments,
                f.promised,
                f.mid,
                f.won,
                f.won_interval.low,
                f.won_interval.high,
                interval_text(f.advantage, 4)
            );
    }
    return text;
}

} // namespace

std::string interval_text(calibration::BootstrapMean const& mean, int digits) {
    return fmt::format(
        "{:.{}f} [{:.{}f}, {:.{}f}]", mean.mean, digits, mean.low, digits, mean.high, digits
    );
}

std::string market_section(MarketStudy const& study) {
    auto text = fmt::format(
        "## {}\n\nBrier advantage: the Brier of the market's mid, or of both asks each taken as "
        "its "
        "side's chance, less the model's, positive when the model is better. Money: USDC per share "
        "of filled bets after fee. Intervals are 95 %, "
        "from resampling hours.\n\n| model | s left | moments | Brier of mid | of asks | of model "
        "| "
        "advantage over mid | over asks |",
        study.title
    );
    if (study.comparisons.empty()) return text + "\n\nNo quoted moments fall into the test days.\n";
    for (auto const& bets : study.comparisons.front().bets)
        text += fmt::format(
            " edge >= {:.2f}, ask {:.2f}-{:.2f}: filled/wanted, price, won, money |",
            bets.rule.edge_min,
            bets.rule.ask_min,
            bets.rule.ask_max
        );
    text += "\n|---|---:|---:|---:|---:|---:|---|---|";
    for (std::size_t i = 0; i < study.comparisons.front().bets.size(); ++i)
        text += "---|";
    text += "\n";
    std::string winners;
    for (auto const& line : study.comparisons) {
        if (line.seconds_left != 0 && !line.by_moment) continue;
        text += fmt::format(
            "| {} | {} | {} | {:.4f} | {:.4f} | {:.4f} | {} | {} |",
            line.model,
            line.seconds_left == 0 ? "all" : fmt::format("{:.0f}", line.seconds_left),
            line.moments,
            line.market_brier,
            line.ask_brier,
            line.model_brier,
            interval_text(line.advantage, 4),
            interval_text(line.ask_advantage, 4)
        );
        for (auto const& bets : line.bets) {
            if (bets.pnl.count == 0) {
                text += fmt::format(" 0/{} |", bets.wanted);
                continue;
            }
            text += fmt::format(
                " {}/{}, {:.3f}, {:.3f}, {} |",
                bets.pnl.count,
                bets.wanted,
                bets.mean_price,
                bets.won_share,
                interval_text(bets.pnl, 3)
            );
            if (line.seconds_left == 0 && bets.pnl.count >= bets_min && bets.pnl.low > 0)
                winners += fmt::format(
                    "{}{} (edge >= {:.2f}, ask {:.2f}-{:.2f})",
                    winners.empty() ? "" : ", ",
                    line.model,
                    bets.rule.edge_min,
                    bets.rule.ask_min,
                    bets.rule.ask_max
                );
        }
        text += "\n";
    }
    if (!study.blends.empty()) {
        text +=
            "\nWhat the corrected market made of both, fitted without the block it predicts and "
            "drawn towards the market alone (a window's moments count as one):\n\n";
        for (auto const& blend : study.blends)
            text += fmt::format("- {}\n", blend);
    }
    text += favourites_table(study);
    std::string better;
    for (auto const& line : study.comparisons)
        if (line.seconds_left == 0 && line.advantage.low > 0)
            better += fmt::format("{}{}", better.empty() ? "" : ", ", line.model);
    text += fmt::format(
        "\n**Verdict.** Forecasts better than the market's mid with an interval above 0: {}. "
        "Betting that earned money after fee with an interval above 0 in at least {} bets: {}. "
        "{}\n",
        better.empty() ? "none" : better,
        bets_min,
        winners.empty() ? "none" : winners,
        winners.empty() ? "On this evidence: do not trade against these quotes."
                        : "The recording is short and several rules were tried: paper-trade "
                          "before believing it."
    );
    for (auto const& line : study.comparisons)
        if (line.seconds_left == 0 && line.model.starts_with("market, corrected"))
            text += fmt::format(
                "The model {} the market: correcting the mid by it changes its Brier by {}.\n",
                line.advantage.low > 0    ? "knows something beyond"
                : line.advantage.high < 0 ? "knows nothing beyond, and even a cautious correction "
                                            "harms,"
                                          : "is not shown to know anything beyond",
                interval_text(
                    {.mean = -line.advantage.mean,
                     .low = -line.advantage.high,
                     .high = -line.advantage.low},
                    4
                )
            );
    return text;
}

} // namespace polyquant::models::evaluation

#include "models/evaluation/report.hpp"

#include "models/evaluation/report_sections.hpp"

#include <fmt/format.h>

namespace polyquant::models::evaluation {

namespace {

std::string columns_section(ReportParts const& parts) {
    if (parts.book_columns.empty() && parts.external_columns.empty() &&
        parts.made_up_columns.empty())
        return {};
    std::string text =
        "## Further columns on trial\n\nA ridge correction by the columns on top of a model, "
        "fitted on other blocks of time than it predicts; kept where the 95 % interval of the gain "
        "in log loss lies above 0 over at least ten blocks. Both sides learn a slope of the "
        "model's "
        "log-odds, so that a column gets no credit for a model that is too bold or too shy.\n\n";
    if (!parts.book_columns.empty())
        text += "Book imbalance (best sizes) and spread, on the recorded quotes, fitted on all "
                "other hours:\n\n" +
                calibration::format_trials(parts.book_columns) + "\n";
    text += parts.external_columns.empty()
                ? "External features (transactions a second, ledger close times): no file was "
                  "given.\n\n"
                : "External features, walking forward by days:\n\n" +
                      calibration::format_trials(parts.external_columns) + "\n";
    if (!parts.made_up_columns.empty())
        text += "Can the trial tell? A made-up file with a column of noise and one that knows a "
                "little of each outcome, through the same reader:\n\n" +
                calibration::format_trials(parts.made_up_columns) + "\n";
    return text;
}

} // namespace

std::string write_report(ReportParts const& parts) {
    auto text = fmt::format(
        "# Model evaluation\n\nGenerated; do not edit. Made by:\n\n    {}\n\n", parts.command
    );
    for (auto const& evaluation : parts.on_bars)
        text += bars_section(evaluation, &evaluation == &parts.on_bars.front()) + "\n";
    for (auto const& study : parts.against_market)
        text += market_section(study) + "\n";
    if (!parts.ladder_clock.empty()) {
        text +=
            "## Was the ladder's clock right?\n\nUnder a spot rule the price lies ever more often "
            "on the winner's side as the close comes. Where that falls again, either samples "
            "were taken after the close (a late clock: quotes of every label then belong to a "
            "later moment), or the market settled by an average.\n\n"
            "| label, s left | windows | spot on the winner's side |\n"
            "|---:|---:|---:|\n";
        for (auto const& check : parts.ladder_clock)
            text += fmt::format(
                "| {} | {} | {:.2f} |\n", check.label_seconds, check.windows, check.agreement
            );
        text += "\n";
    }
    text += columns_section(parts);
    if (!parts.oracle.empty())
        text += "## Settlement rules on the oracle's own ticks\n\n" + parts.oracle + "\n";
    if (!parts.closed_form_check.empty())
        text += "## The closed form against simulated paths\n\n" + parts.closed_form_check + "\n";
    if (!parts.monitor_table.empty()) text += "## The sequential stop\n\n" + parts.monitor_table;
    return text;
}

} // namespace polyquant::models::evaluation

// The evaluation in Markdown, tables and verdict in words.
#pragma once

#include "models/calibration/column_trial.hpp"
#include "models/evaluation/bar_evaluation.hpp"
#include "models/evaluation/market_evaluation.hpp"

#include <string>
#include <vector>

namespace polyquant::models::evaluation {

struct ReportParts {
    std::string command; // that made it
    std::vector<BarEvaluation> on_bars;
    std::vector<MarketStudy> against_market;
    std::vector<ClockCheck> ladder_clock;
    std::vector<calibration::ColumnTrial> book_columns;
    std::vector<calibration::ColumnTrial> external_columns; // of files
    std::vector<calibration::ColumnTrial> made_up_columns;  // to show that the trial can tell
    std::string oracle;                                     // Markdown, or empty
    std::string closed_form_check;                          // its last line, or empty
    std::string monitor_table;                              // Markdown, or empty
};

std::string write_report(ReportParts const& parts);

} // namespace polyquant::models::evaluation

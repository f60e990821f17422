// tests/golden/boosting_*: made by tests/reference/window_boosting.py with LightGBM's own Python.
#pragma once

#include "tests/support/catch.hpp"

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

inline std::string read_golden(std::string const& name) {
    std::ifstream file{PQ_SOURCE_DIR "/tests/golden/" + name};
    REQUIRE(file.good());
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

inline std::vector<std::string> const golden_features{
    "z", "seconds_left", "log_sigma", "move_last_minute"
};

struct BoostingGolden {
    std::vector<double> cells; // rows of four
    std::vector<double> raw_scores;
};

inline BoostingGolden read_boosting_rows() {
    BoostingGolden golden;
    std::istringstream text{read_golden("boosting_rows.csv")};
    std::string line, cell;
    std::getline(text, line);
    while (std::getline(text, line)) {
        std::istringstream cells{line};
        for (int i = 0; i < 4; ++i) {
            std::getline(cells, cell, ',');
            golden.cells.push_back(std::strtod(cell.c_str(), nullptr));
        }
        std::getline(cells, cell, ',');
        golden.raw_scores.push_back(std::strtod(cell.c_str(), nullptr));
    }
    REQUIRE(golden.raw_scores.size() == 200);
    return golden;
}

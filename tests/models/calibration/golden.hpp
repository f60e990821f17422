// tests/golden/calibration.csv, made by tests/reference/window_calibration.py with scikit-learn.
#pragma once

#include "tests/support/catch.hpp"

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

struct CalibrationGolden {
    double brier = 0, log_loss = 0;
    double ridge[3] = {};
    std::vector<double> promised, won, platt, isotonic, beta;
};

inline CalibrationGolden read_calibration_golden() {
    std::ifstream file{PQ_SOURCE_DIR "/tests/golden/calibration.csv"};
    REQUIRE(file.good());
    CalibrationGolden golden;
    std::string line, word;
    std::getline(file, line);
    std::istringstream{line} >> word >> word >> golden.brier >> word >> golden.log_loss;
    std::getline(file, line);
    std::istringstream{line} >> word >> word >> golden.ridge[0] >> golden.ridge[1] >>
        golden.ridge[2];
    std::getline(file, line);
    while (std::getline(file, line)) {
        std::replace(line.begin(), line.end(), ',', ' ');
        double cells[5] = {};
        std::istringstream cell_stream{line};
        for (auto& cell : cells)
            cell_stream >> cell;
        golden.promised.push_back(cells[0]);
        golden.won.push_back(cells[1]);
        golden.platt.push_back(cells[2]);
        golden.isotonic.push_back(cells[3]);
        golden.beta.push_back(cells[4]);
    }
    REQUIRE(golden.promised.size() == 400);
    return golden;
}

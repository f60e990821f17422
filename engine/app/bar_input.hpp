// Minute bars from whatever they are kept in: tapes, CSV files, folders of either.
#pragma once

#include "models/window/window_dataset.hpp"

#include <filesystem>
#include <vector>

namespace polyquant::app {

// A CSV file's coin is told by its name, which begins with the symbol ("BTCUSDT-1m-..."). A folder
// stands for its "<SYMBOL>-1m-*.csv[.gz]" files or, if it has none, for its tapes. Bars of one coin
// are joined in order of time; where inputs overlap, the first one given wins. Coins without bars
// are empty. Refused: no input, damaged files, inputs without any bar.
Result<models::window::AssetBars> read_bars(std::vector<std::filesystem::path> const& inputs);

} // namespace polyquant::app

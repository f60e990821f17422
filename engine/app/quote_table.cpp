#include "engine/app/quote_table.hpp"

#include "models/window/bar_file.hpp"

namespace polyquant::app {

Result<models::calibration::AskTable> read_quote_table(std::string const& path) {
    if (path.empty()) return models::calibration::AskTable{};
    auto const text = models::window::read_text_file(path);
    if (!text) return text.error();
    auto table = models::calibration::AskTable::parse(*text);
    if (!table) return Failure{Fault::parse, path, table.error().detail};
    return table;
}

} // namespace polyquant::app

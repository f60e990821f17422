#include "connectors/tape/csv.hpp"

#include <algorithm>

namespace polyquant::tape {

CsvReader::CsvReader(std::istream& in, std::vector<std::string_view> columns) : in_{in} {
    places_.resize(columns.size());
    if (!next()) {
        problem_ = "no header row: the input is empty";
        return;
    }
    width_ = fields_.size();
    for (std::size_t i = 0; i < columns.size(); ++i) {
        auto const found = std::ranges::find(fields_, columns[i]);
        if (found == fields_.end())
            problem_ +=
                (problem_.empty() ? "the header row lacks " : ", ") + std::string{columns[i]};
        else
            places_[i] = static_cast<std::size_t>(found - fields_.begin());
    }
}

bool CsvReader::next() {
    do {
        if (!std::getline(in_, line_)) return false;
        ++number_;
        if (!line_.empty() && line_.back() == '\r') line_.pop_back();
    } while (line_.empty());
    split();
    complete_ = fields_.size() == width_;
    return true;
}

void CsvReader::split() {
    fields_.clear();
    auto rest = std::string_view{line_};
    for (;;) {
        auto const comma = rest.find(',');
        fields_.push_back(rest.substr(0, comma));
        if (comma == std::string_view::npos) return;
        rest.remove_prefix(comma + 1);
    }
}

} // namespace polyquant::tape

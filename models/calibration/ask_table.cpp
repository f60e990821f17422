#include "models/calibration/ask_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

namespace polyquant::models::calibration {

namespace {

using Place = std::pair<std::size_t, std::size_t>; // seconds, ask

std::optional<Place> place_of(double ask, double seconds_left) {
    if (!(ask > 0 && ask < 1) || !(seconds_left >= 0 && seconds_left <= 300)) return std::nullopt;
    auto const& edges = AskTable::seconds_edges;
    auto const seconds = std::lower_bound(edges.begin(), edges.end(), seconds_left);
    // A hair is added so that 0.85, which has no exact double, falls in its own bucket.
    auto const bucket = static_cast<std::size_t>(ask * AskTable::ask_buckets + 1e-9);
    return Place{
        static_cast<std::size_t>(seconds - edges.begin()),
        std::min(bucket, AskTable::ask_buckets - 1)
    };
}

} // namespace

bool AskTable::add(double ask, double seconds_left, bool won) {
    auto const place = place_of(ask, seconds_left);
    if (!place) return false;
    auto& cell = cells_[place->first][place->second];
    cell.count += 1;
    cell.wins += won ? 1 : 0;
    cell.asks += ask;
    return true;
}

void AskTable::take_back(double ask, double seconds_left, bool won) {
    auto const place = place_of(ask, seconds_left);
    if (!place) return;
    auto& cell = cells_[place->first][place->second];
    cell.count -= 1;
    cell.wins -= won ? 1 : 0;
    cell.asks = cell.count > 0 ? cell.asks - ask : 0;
}

double AskTable::win_probability(double ask, double seconds_left) const {
    auto const place = place_of(ask, seconds_left);
    if (!place) return std::numeric_limits<double>::quiet_NaN();
    auto const& cell = cells_[place->first][place->second];
    // The cell moves the price asked now by what its own asks were off, not to its mean.
    auto const off = cell.wins - cell.asks;
    return std::clamp(ask + off / (cell.count + prior_), 0.001, 0.999);
}

std::string AskTable::print() const {
    std::string text;
    for (std::size_t s = 0; s < cells_.size(); ++s)
        for (std::size_t a = 0; a < ask_buckets; ++a)
            if (auto const& cell = cells_[s][a]; cell.count > 0)
                text += fmt::format("{} {} {} {} {}\n", s, a, cell.count, cell.wins, cell.asks);
    return text;
}

Result<AskTable> AskTable::parse(std::string_view text, double prior) {
    AskTable table{prior};
    for (std::size_t number = 1; !text.empty(); ++number) {
        auto const end = std::min(text.find('\n'), text.size());
        auto line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        std::array<double, 5> values{};
        for (auto& value : values) {
            while (line.starts_with(' '))
                line.remove_prefix(1);
            auto const [stop, error] =
                std::from_chars(line.data(), line.data() + line.size(), value);
            if (error != std::errc{}) value = -1;
            line.remove_prefix(static_cast<std::size_t>(stop - line.data()));
        }
        auto const [seconds, ask, count, wins, asks] = values;
        auto const is_index = [](double value, std::size_t size) {
            return value >= 0 && value < static_cast<double>(size) && value == std::floor(value);
        };
        if (!line.empty() || !is_index(seconds, seconds_edges.size()) ||
            !is_index(ask, ask_buckets) || !(count > 0) || !(wins >= 0 && wins <= count) ||
            !(asks > 0 && asks < count))
            return Failure{
                Fault::parse, fmt::format("ask table, line {}", number), "is no table line"
            };
        table.cells_[static_cast<std::size_t>(seconds)][static_cast<std::size_t>(ask)] = {
            count, wins, asks
        };
    }
    return table;
}

} // namespace polyquant::models::calibration

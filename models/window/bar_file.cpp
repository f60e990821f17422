#include "models/window/bar_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <string>
#include <string_view>
#include <zlib.h>

namespace polyquant::models::window {

namespace {

std::string_view next_field(std::string_view& line) {
    auto const comma = line.find(',');
    auto const field = line.substr(0, comma);
    line.remove_prefix(comma == std::string_view::npos ? line.size() : comma + 1);
    return field;
}

// NaN for a blank cell; false when it is not a number.
bool parse_cell(std::string_view cell, double& value) {
    value = std::numeric_limits<double>::quiet_NaN();
    if (cell.empty()) return true;
    auto const [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
    return error == std::errc{} && end == cell.data() + cell.size();
}

std::string_view parse_bar(std::string_view line, Seconds length, Bar& bar) {
    std::array<double, 10> cells{};
    for (auto& cell : cells)
        if (!parse_cell(next_field(line), cell)) return "a cell is not a number";
    if (!std::isfinite(cells[0])) return "no open time";
    bar = {
        .open_time = utc_from_millis(static_cast<std::int64_t>(cells[0])),
        .length = length,
        .open = cells[1],
        .high = cells[2],
        .low = cells[3],
        .close = cells[4],
        .volume = cells[5],
        .trades = cells[8],
        .taker_buy_base = cells[9]
    };
    return bar_defect(bar);
}

} // namespace

Result<std::string> read_text_file(std::filesystem::path const& path) {
    auto* const file = gzopen(path.c_str(), "rb"); // reads plain files as they are
    if (!file) return Failure{Fault::invalid, path.string(), "cannot be opened for reading"};
    std::string text;
    std::string chunk(1 << 18, '\0');
    int got = 0;
    while ((got = gzread(file, chunk.data(), static_cast<unsigned>(chunk.size()))) > 0)
        text.append(chunk, 0, static_cast<std::size_t>(got));
    // A truncated gzip stream ends without an error from gzread; gzclose reports it.
    auto const closed = gzclose(file);
    if (got < 0 || closed != Z_OK)
        return Failure{Fault::invalid, path.string(), "is damaged: the gzip stream is broken"};
    return text;
}

Result<std::vector<Bar>> read_bar_file(std::filesystem::path const& path, Seconds length) {
    auto const text = read_text_file(path);
    if (!text) return text.error();
    std::string_view rest = *text;
    std::vector<Bar> bars;
    bars.reserve(rest.size() / 60);
    for (std::size_t number = 1; !rest.empty(); ++number) {
        auto const end = std::min(rest.find('\n'), rest.size());
        auto line = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 1, rest.size()));
        if (line.ends_with('\r')) line.remove_suffix(1);
        auto const is_header = number == 1 && line.starts_with("open_time");
        if (line.empty() || is_header) continue;
        auto const refuse = [&](std::string_view why) {
            return Failure{
                Fault::invalid, fmt::format("{}:{}", path.string(), number), std::string{why}
            };
        };
        Bar bar;
        if (auto const defect = parse_bar(line, length, bar); !defect.empty())
            return refuse(defect);
        if (!bars.empty() && bar.open_time < bars.back().close_time())
            return refuse("the bar does not follow the one before it in time");
        bars.push_back(bar);
    }
    return bars;
}

Result<std::vector<Bar>> read_minute_bars(std::filesystem::path const& folder, Asset asset) {
    std::error_code ec;
    std::vector<std::filesystem::path> paths;
    auto const prefix = fmt::format("{}-1m-", binance_symbol(asset));
    for (auto const& entry : std::filesystem::directory_iterator{folder, ec}) {
        auto const name = entry.path().filename().string();
        if (name.starts_with(prefix) && (name.ends_with(".csv") || name.ends_with(".csv.gz")))
            paths.push_back(entry.path());
    }
    if (paths.empty())
        return Failure{
            Fault::invalid,
            folder.string(),
            fmt::format(
                "holds no {}*.csv or .csv.gz; fetch bars of {} first", prefix, to_string(asset)
            )
        };
    std::sort(paths.begin(), paths.end());
    std::vector<Bar> all;
    for (auto const& path : paths) {
        auto bars = read_bar_file(path, Seconds{60});
        if (!bars) return bars.error();
        for (auto const& bar : *bars)
            if (all.empty() || bar.open_time >= all.back().close_time()) all.push_back(bar);
    }
    return all;
}

} // namespace polyquant::models::window

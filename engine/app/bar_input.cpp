#include "engine/app/bar_input.hpp"

#include "connectors/tape/feed.hpp"
#include "models/window/bar_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace polyquant::app {

namespace {

namespace fs = std::filesystem;
using models::window::AssetBars;

constexpr Seconds minute{60};

bool is_csv(std::string_view name) {
    return name.ends_with(".csv") || name.ends_with(".csv.gz");
}

std::optional<Asset> asset_of(std::string_view name) {
    for (auto const asset : all_assets)
        if (name.starts_with(binance_symbol(asset))) return asset;
    return std::nullopt;
}

Result<std::vector<fs::path>> files_of(fs::path const& folder) {
    std::vector<fs::path> csv, tapes;
    std::error_code ec;
    for (auto const& entry : fs::directory_iterator{folder, ec}) {
        auto const name = entry.path().filename().string();
        auto const asset = asset_of(name);
        if (asset && is_csv(name) &&
            name.starts_with(fmt::format("{}-1m-", binance_symbol(*asset))))
            csv.push_back(entry.path());
        if (name.ends_with(".tape")) tapes.push_back(entry.path());
    }
    if (ec) return Failure{Fault::invalid, folder.string(), ec.message()};
    auto& files = csv.empty() ? tapes : csv;
    if (files.empty())
        return Failure{
            Fault::invalid,
            folder.string(),
            "holds neither <SYMBOL>-1m-*.csv[.gz] files (as in BTCUSDT-1m-2026.csv.gz) nor tapes"
        };
    std::sort(files.begin(), files.end());
    return files;
}

Result<void> read_tape(fs::path const& path, AssetBars& bars) {
    auto feed = tape::TapeFeed::open({{.path = path, .from = {}, .to = {}}});
    if (!feed) return feed.error();
    while (auto const* event = feed->next())
        if (auto const* update = std::get_if<BarUpdate>(event))
            if (update->closed && update->bar.length == minute)
                bars[index_of(update->asset)].push_back(update->bar);
    if (auto const problems = feed->problems(); !problems.empty())
        return Failure{Fault::parse, path.string(), problems.front()};
    return {};
}

Result<void> read_file(fs::path const& path, AssetBars& bars) {
    auto const name = path.filename().string();
    if (name.ends_with(".tape")) return read_tape(path, bars);
    auto const asset = asset_of(name);
    if (!is_csv(name) || !asset)
        return Failure{
            Fault::invalid,
            path.string(),
            "is neither a tape nor a CSV file named after its coin, as BTCUSDT-1m-2026.csv.gz"
        };
    auto read = models::window::read_bar_file(path, minute);
    if (!read) return read.error();
    auto& own = bars[index_of(*asset)];
    own.insert(own.end(), read->begin(), read->end());
    return {};
}

} // namespace

Result<AssetBars> read_bars(std::vector<fs::path> const& inputs) {
    AssetBars bars;
    for (auto const& input : inputs) {
        std::vector<fs::path> files{input};
        if (fs::is_directory(input)) {
            auto found = files_of(input);
            if (!found) return found.error();
            files = std::move(*found);
        }
        for (auto const& file : files)
            if (auto const done = read_file(file, bars); !done) return done.error();
    }
    auto any = false;
    for (auto& own : bars) {
        std::map<UtcTime, Bar> by_time;
        for (auto const& bar : own)
            by_time.emplace(bar.open_time, bar);
        own.clear();
        for (auto const& [open_time, bar] : by_time)
            own.push_back(bar);
        any = any || !own.empty();
    }
    if (!any)
        return Failure{
            Fault::invalid,
            inputs.empty() ? "bars" : inputs.front().string(),
            "no closed 1-minute bar in it"
        };
    return bars;
}

} // namespace polyquant::app

#include "models/evaluation/market_quotes.hpp"

#include "models/evaluation/csv_reader.hpp"
#include "models/window/bar_file.hpp"
#include "models/window/json_lines.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <string_view>

namespace polyquant::models::evaluation {

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

double number_or_nan(boost::json::object const& object, std::string_view key) {
    auto const* value = object.if_contains(key);
    if (!value || value->is_null()) return nan;
    boost::system::error_code ec;
    auto const number = value->to_number<double>(ec);
    return ec ? nan : number;
}

} // namespace

UpQuote const* QuotedWindow::at(UtcTime t, Millis age_max) const {
    auto const after = std::partition_point(quotes.begin(), quotes.end(), [&](UpQuote const& q) {
        return q.received_at <= t;
    });
    if (after == quotes.begin()) return nullptr;
    auto const& quote = *std::prev(after);
    return t - quote.received_at <= age_max ? &quote : nullptr;
}

Result<std::map<UtcTime, QuotedWindow>>
read_recorded_books(std::filesystem::path const& tob, std::filesystem::path const& coverage) {
    auto const tob_text = window::read_text_file(tob);
    if (!tob_text) return tob_text.error();
    auto const coverage_text = window::read_text_file(coverage);
    if (!coverage_text) return coverage_text.error();

    std::map<UtcTime, QuotedWindow> windows;
    CsvReader reader{tob.string(), *tob_text};
    std::array<std::size_t, 7> columns{};
    constexpr std::array<std::string_view, 7> names{
        "recv_ms",
        "slot_start_sec",
        "token_side_inferred",
        "best_bid",
        "bid_size",
        "best_ask",
        "ask_size"
    };
    for (std::size_t i = 0; i < names.size(); ++i) {
        auto const column = reader.column(names[i]);
        if (!column) return column.error();
        columns[i] = *column;
    }
    while (reader.next()) {
        auto const received = reader.number(columns[0]);
        auto const slot = reader.number(columns[1]);
        auto const side = reader.text(columns[2]);
        if (std::isnan(received) || std::isnan(slot) || (side != "Up" && side != "Down")) continue;
        UpQuote quote{
            utc_from_millis(static_cast<std::int64_t>(received)),
            reader.number(columns[3]),
            reader.number(columns[5]),
            reader.number(columns[4]),
            reader.number(columns[6])
        };
        if (side == "Down") {
            std::swap(quote.bid, quote.ask);
            std::swap(quote.bid_size, quote.ask_size);
            quote.bid = 1 - quote.bid;
            quote.ask = 1 - quote.ask;
        }
        auto const start = utc_from_seconds(static_cast<std::int64_t>(slot));
        windows[start].start = start;
        windows[start].quotes.push_back(quote);
    }
    for (auto& [start, window] : windows)
        std::sort(window.quotes.begin(), window.quotes.end(), [](auto const& a, auto const& b) {
            return a.received_at < b.received_at;
        });

    CsvReader outcomes{coverage.string(), *coverage_text};
    auto const slot = outcomes.column("slot_start_sec");
    auto const won = outcomes.column("token_won_inferred");
    auto const side = outcomes.column("token_side_inferred");
    for (auto const* column : {&slot, &won, &side})
        if (!*column) return column->error();
    while (outcomes.next()) {
        auto const start = outcomes.number(*slot);
        auto const token_won = outcomes.number(*won);
        auto const token = outcomes.text(*side);
        if (std::isnan(start) || std::isnan(token_won) || (token != "Up" && token != "Down"))
            continue;
        auto const it = windows.find(utc_from_seconds(static_cast<std::int64_t>(start)));
        if (it != windows.end()) it->second.up_won = (token_won == 1) == (token == "Up");
    }
    return windows;
}

Result<std::vector<LadderWindow>> read_ladders(std::filesystem::path const& path) {
    auto const text = window::read_text_file(path);
    if (!text) return text.error();
    std::vector<LadderWindow> windows;
    auto const read = window::for_each_json_line(*text, path.string(), [&](auto const& object) {
        auto const* samples = object.if_contains("samples");
        auto const* winner = object.if_contains("winner");
        if (!samples || !samples->is_array() || !winner || !winner->is_string())
            return std::string{"is no ladder window (an object with samples and winner)"};
        LadderWindow window;
        window.start =
            utc_from_seconds(static_cast<std::int64_t>(number_or_nan(object, "window_ts")));
        window.open_price = number_or_nan(object, "open_px");
        window.up_won = winner->as_string() == "UP";
        for (auto const& entry : samples->as_array()) {
            auto const* sample = entry.if_object();
            auto const* up = sample ? sample->if_contains("up") : nullptr;
            auto const* down = sample ? sample->if_contains("down") : nullptr;
            if (!up || !up->is_object() || !down || !down->is_object()) continue;
            LadderSample out;
            out.seconds_left = -number_or_nan(*sample, "t");
            out.spot = number_or_nan(*sample, "spot");
            out.quote.bid = number_or_nan(up->as_object(), "bid");
            out.quote.ask = number_or_nan(up->as_object(), "ask");
            out.quote.bid_size = number_or_nan(up->as_object(), "bid_depth");
            out.quote.ask_size = number_or_nan(up->as_object(), "ask_depth");
            out.quote.received_at =
                window.start + Millis{static_cast<std::int64_t>(1000 * (300 - out.seconds_left))};
            out.up_ask_5 = number_or_nan(up->as_object(), "vwap5");
            out.down_ask = number_or_nan(down->as_object(), "ask");
            out.down_ask_5 = number_or_nan(down->as_object(), "vwap5");
            if (std::isfinite(out.seconds_left) && std::isfinite(out.spot))
                window.samples.push_back(out);
        }
        windows.push_back(std::move(window));
        return std::string{};
    });
    if (!read) return read.error();
    std::sort(windows.begin(), windows.end(), [](auto const& a, auto const& b) {
        return a.start < b.start;
    });
    return windows;
}

} // namespace polyquant::models::evaluation

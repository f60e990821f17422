#include "connectors/binance/parse/klines.hpp"

#include "connectors/json/dom.hpp"

#include <fmt/format.h>

#include <charconv>

namespace polyquant::binance {

namespace {

constexpr auto where = std::string_view{"binance.klines"};

bool take_double(simdjson::dom::array row, std::size_t column, double& to) {
    std::string_view text;
    auto const cell = row.at(column);
    if (cell.get_string().get(text) != simdjson::SUCCESS)
        return cell.get_double().get(to) == simdjson::SUCCESS;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), to);
    return error == std::errc{} && end == text.data() + text.size();
}

bool read_row(simdjson::dom::element element, Seconds length, Bar& bar) {
    simdjson::dom::array row;
    std::int64_t open_time = 0;
    if (element.get_array().get(row) != simdjson::SUCCESS || row.size() < 11) return false;
    if (row.at(0).get_int64().get(open_time) != simdjson::SUCCESS) return false;
    // Microseconds when the time unit header asked for them.
    if (open_time > 100'000'000'000'000) open_time /= 1000;
    if (open_time <= 0 || open_time > 9'000'000'000'000) return false;
    bar.open_time = utc_from_millis(open_time);
    bar.length = length;
    return take_double(row, 1, bar.open) && take_double(row, 2, bar.high) &&
           take_double(row, 3, bar.low) && take_double(row, 4, bar.close) &&
           take_double(row, 5, bar.volume) && take_double(row, 8, bar.trades) &&
           take_double(row, 9, bar.taker_buy_base);
}

} // namespace

std::optional<Seconds> interval_length(std::string_view interval) {
    if (interval.size() < 2 || interval.size() > 4) return std::nullopt;
    int count = 0;
    auto const* const unit = interval.data() + interval.size() - 1;
    auto const [end, error] = std::from_chars(interval.data(), unit, count);
    if (error != std::errc{} || end != unit || count < 1 || count > 60) return std::nullopt;
    switch (*unit) {
    case 's': return Seconds{count};
    case 'm': return Seconds{count * 60};
    case 'h': return Seconds{count * 3600};
    default: return std::nullopt;
    }
}

Result<Klines> parse_klines(std::string_view body, Seconds length) {
    simdjson::dom::parser parser;
    auto const root = json::parse(parser, body, where);
    if (!root) return root.error();
    simdjson::dom::array rows;
    if (root->get_array().get(rows) != simdjson::SUCCESS) {
        auto const words = json::text(*root, "msg");
        if (!words.empty()) return Failure{Fault::rejected, std::string{where}, std::string{words}};
        return Failure{Fault::parse, std::string{where}, "no rows in " + json::excerpt(body)};
    }
    Klines klines;
    klines.bars.reserve(rows.size());
    for (auto row : rows) {
        Bar bar;
        if (!read_row(row, length, bar))
            return Failure{
                Fault::parse,
                std::string{where},
                fmt::format("row {} is no kline", klines.bars.size() + klines.defective)
            };
        auto const defect = bar_defect(bar);
        if (defect.empty()) {
            klines.bars.push_back(bar);
        } else if (++klines.defective == 1) {
            klines.first_defect = fmt::format("{}: {}", format_utc(bar.open_time), defect);
        }
    }
    return klines;
}

} // namespace polyquant::binance

#include "engine/app/clock_check.hpp"

#include "connectors/tape/feed.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace polyquant::app {

namespace {

// Beyond it, a clock's offset is the larger part of what a strategy sees.
constexpr double offset_suspicious_ms = 2'000;
constexpr double negative_share_max = 0.01;

double median_of(std::vector<double> values) {
    if (values.empty()) return 0;
    auto const middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

std::string kind_of(Event const& event) {
    auto kind = std::string{name_of(event)};
    if (auto const* tick = std::get_if<PriceTick>(&event))
        kind += fmt::format(" {} {}", to_string(tick->source), to_string(tick->asset));
    if (auto const* bar = std::get_if<BarUpdate>(&event))
        kind += fmt::format(" {}", to_string(bar->asset));
    return kind;
}

} // namespace

bool ClockCheck::has_findings() const {
    return bars_before_close > 0 || std::any_of(rows.begin(), rows.end(), [](ClockRow const& r) {
               return static_cast<double>(r.negative) >
                          negative_share_max * static_cast<double>(r.events) ||
                      std::abs(r.drift_ms) > offset_suspicious_ms;
           });
}

Result<ClockCheck> check_clocks(std::filesystem::path const& path) {
    auto feed = tape::TapeFeed::open({{path, {}, {}}});
    if (!feed) return feed.error();
    ClockCheck check;
    std::map<std::string, std::vector<double>> delays;
    std::map<std::string, UtcTime> last;
    while (auto const* event = feed->next()) {
        auto const& at = stamp_of(*event);
        auto const kind = kind_of(*event);
        delays[kind].push_back(
            std::chrono::duration<double, std::milli>(at.received_at - at.venue_time).count()
        );
        auto& before = last[kind];
        if (at.venue_time < before) ++check.out_of_order;
        before = std::max(before, at.venue_time);
        auto const* bar = std::get_if<BarUpdate>(event);
        if (bar != nullptr && bar->closed && at.received_at < bar->bar.close_time())
            ++check.bars_before_close;
    }
    for (auto& [kind, values] : delays) {
        ClockRow row;
        row.kind = kind;
        row.events = values.size();
        auto const tenth = std::max<std::size_t>(1, values.size() / 10);
        row.drift_ms =
            median_of({values.end() - static_cast<std::ptrdiff_t>(tenth), values.end()}) -
            median_of({values.begin(), values.begin() + static_cast<std::ptrdiff_t>(tenth)});
        row.negative = static_cast<std::size_t>(
            std::count_if(values.begin(), values.end(), [](double d) { return d < 0; })
        );
        std::sort(values.begin(), values.end());
        row.min_ms = values.front();
        row.median_ms = values[values.size() / 2];
        row.p99_ms = values[values.size() * 99 / 100];
        row.max_ms = values.back();
        check.rows.push_back(std::move(row));
    }
    return check;
}

std::vector<std::string> clock_check_text(ClockCheck const& check) {
    std::vector<std::string> lines;
    lines.push_back(fmt::format(
        "{:<34} {:>9} {:>10} {:>10} {:>10} {:>10} {:>9} {:>10}",
        "received after the venue's time",
        "events",
        "min ms",
        "median ms",
        "p99 ms",
        "max ms",
        "negative",
        "drift ms"
    ));
    for (auto const& r : check.rows)
        lines.push_back(fmt::format(
            "  {:<32} {:>9} {:>10.0f} {:>10.0f} {:>10.0f} {:>10.0f} {:>9} {:>10.0f}",
            r.kind,
            r.events,
            r.min_ms,
            r.median_ms,
            r.p99_ms,
            r.max_ms,
            r.negative,
            r.drift_ms
        ));
    if (check.bars_before_close > 0)
        lines.push_back(fmt::format(
            "LOOK-AHEAD: {} closed bars were received before they had closed",
            check.bars_before_close
        ));
    if (check.out_of_order > 0)
        lines.push_back(fmt::format(
            "{} events carry a venue time before that of their predecessor", check.out_of_order
        ));
    return lines;
}

} // namespace polyquant::app

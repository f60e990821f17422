#include "engine/app/replay_summary.hpp"

#include "engine/app/run_summary.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

namespace polyquant::app {

std::vector<std::string> replay_summary(
    ReplayFigures const& f,
    observe::StatusSnapshot const& status,
    std::vector<observe::SettledWindow> const& windows
) {
    std::vector<std::string> lines{""};
    lines.push_back(fmt::format(
        "replayed {} to {}: {} events in {:.1f} s ({:.0f} a second, {:.0f} times real time)",
        format_utc(f.start),
        format_utc(f.end),
        f.events,
        f.real_seconds,
        static_cast<double>(f.events) / f.real_seconds,
        std::chrono::duration<double>(f.end - f.start).count() / f.real_seconds
    ));
    lines.push_back(windows_text(windows));
    if (f.unsettled > 0)
        lines.push_back(fmt::format("{} positions UNSETTLED: no price decides them", f.unsettled));
    for (auto& line : strategy_lines(status))
        lines.push_back(std::move(line));
    if (f.compared > 0)
        lines.push_back(fmt::format(
            "{} of {} journal records had been written before and were found equal",
            std::min(f.compared, f.records),
            f.records
        ));
    lines.push_back(
        fmt::format("ledger  {}  ({} facts)", (f.directory / "ledger.sqlite").string(), f.facts)
    );
    lines.push_back(
        fmt::format("journal {}  ({} records)", (f.directory / "journal.log").string(), f.records)
    );
    return lines;
}

std::string replay_summary_json(
    ReplayFigures const& f,
    observe::StatusSnapshot const& status,
    std::vector<observe::SettledWindow> const& windows
) {
    return boost::json::serialize(boost::json::object{
        {"start", format_utc(f.start)},
        {"end", format_utc(f.end)},
        {"events", f.events},
        {"seconds", f.real_seconds},
        {"facts", f.facts},
        {"journal_records", f.records},
        {"journal_records_compared", f.compared},
        {"unsettled_positions", f.unsettled},
        {"directory", f.directory.string()},
        {"exit_code", f.exit_code},
        {"windows", windows_json(windows)},
        {"strategies", strategies_json(status)},
    });
}

} // namespace polyquant::app

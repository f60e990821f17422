// The hand-made tape and its configuration as files in a folder of their own.
#pragma once

#include "connectors/tape/writer.hpp"
#include "tests/engine/app/two_windows.hpp"
#include "tests/engine/runtime/scratch_folder.hpp"

#include <fstream>

namespace polyquant::app::testing {

inline void write_tape(std::filesystem::path const& path, std::vector<Event> const& events) {
    auto writer = tape::TapeWriter::create(path, {}).value();
    for (auto const& event : events)
        writer.append(event).value();
    writer.close().value();
}

inline std::vector<Event> bar_events(std::size_t count) {
    std::vector<Event> events;
    for (auto const& bar : models::RandomBars{1}.next(count))
        events.emplace_back(BarUpdate{stamp(bar.close_time()), Asset::btc, bar, true});
    return events;
}

// History, then the two windows.
inline std::vector<Event> whole_tape() {
    auto events = bar_events(history_bars);
    for (auto& event : two_windows())
        events.push_back(std::move(event));
    return events;
}

struct RecordedRun {
    explicit RecordedRun(
        std::string const& more = {}, std::vector<Event> const& events = whole_tape()
    ) {
        write_tape(tape, events);
        configure(more);
    }

    void configure(std::string const& more) {
        auto const text = config_text(more);
        std::ofstream{file} << text << "\n[feed]\ntapes = [\"" << tape.string()
                            << "\"]\nspeed = \"max\"\n";
    }

    config::RunConfig config() const {
        std::vector<std::filesystem::path> const files{file};
        return config::load_run_config(files, strategies::strategy_kinds()).value();
    }

    runtime::testing::ScratchFolder folder;
    std::filesystem::path tape = folder / "t.tape";
    std::filesystem::path file = folder / "c.toml";
};

} // namespace polyquant::app::testing

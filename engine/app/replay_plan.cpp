#include "engine/app/replay_plan.hpp"

#include "engine/app/build_info.hpp"

#include <fmt/format.h>

namespace polyquant::app {

namespace {

std::vector<tape::TapeSource> sources(
    std::vector<std::filesystem::path> const& tapes,
    std::optional<UtcTime> from,
    std::optional<UtcTime> until
) {
    std::vector<tape::TapeSource> all;
    for (auto const& path : tapes)
        all.push_back({path, from, until});
    return all;
}

bool is_book(Event const& event) {
    return std::holds_alternative<MarketListed>(event) ||
           std::holds_alternative<BookSnapshot>(event) || std::holds_alternative<BookChange>(event);
}

// The first book's window. Tapes without books (bars only) start once the history is long enough.
Result<UtcTime> find_start(std::vector<std::filesystem::path> const& tapes, int history_bars) {
    auto feed = tape::TapeFeed::open(sources(tapes, {}, {}));
    if (!feed) return feed.error();
    std::optional<UtcTime> first;
    std::optional<UtcTime> last;
    while (auto const* event = feed->next()) {
        auto const at = stamp_of(*event).received_at;
        if (is_book(*event)) return window_at(at).start;
        if (!first) first = at;
        last = at;
    }
    if (!first) return Failure{Fault::invalid, "replay", "the tapes hold no events"};
    auto const warm = next_window(window_at(*first + std::chrono::minutes{history_bars})).start;
    if (warm >= *last)
        return Failure{
            Fault::invalid,
            "replay",
            fmt::format(
                "the tapes end at {}, before {} bars of history are over; record more or lower "
                "model.history_bars",
                format_utc(*last),
                history_bars
            )
        };
    return warm;
}

Result<void> read_history(ReplayPlan& plan, std::size_t bars_max) {
    auto feed = tape::TapeFeed::open(sources(plan.tapes, {}, plan.start));
    if (!feed) return feed.error();
    while (auto const* event = feed->next()) {
        auto const* update = std::get_if<BarUpdate>(event);
        if (update != nullptr && update->closed)
            plan.history[index_of(update->asset)].push_back(update->bar);
    }
    for (auto& bars : plan.history)
        if (bars.size() > bars_max)
            bars.erase(bars.begin(), bars.end() - static_cast<std::ptrdiff_t>(bars_max));
    return {};
}

Result<std::optional<UtcTime>> time_option(std::string const& text, char const* key) {
    if (text.empty()) return std::optional<UtcTime>{};
    auto const time = parse_utc(text);
    if (!time) return Failure{Fault::invalid, key, time.error().detail};
    return std::optional{*time};
}

} // namespace

std::uint64_t result_hash(config::RunConfig config) {
    auto const defaults = config::RunParams{};
    config.run.state_dir = defaults.state_dir;
    config.run.status_interval = defaults.status_interval;
    config.run.console = defaults.console;
    config.run.dashboard = defaults.dashboard;
    config.feed.speed = config::FeedParams{}.speed;
    config.endpoints = {};
    config.metrics = {};
    config.dashboard = {};
    config.alerts = {};
    config.log = {};
    config.feed.tapes = {}; // their content is part of the identity on its own
    return config.hash();
}

Result<ReplayPlan> plan_replay(
    config::RunConfig const& config, std::optional<std::filesystem::path> const& directory
) {
    ReplayPlan plan;
    plan.tapes = config.tape_paths();
    if (plan.tapes.empty())
        return Failure{
            Fault::invalid, "replay", "no tapes: name them in [feed] or on the command line"
        };
    auto from = time_option(config.feed.from, "feed.from");
    if (!from) return from.error();
    auto until = time_option(config.feed.until, "feed.until");
    if (!until) return until.error();
    plan.until = *until;
    auto start = *from ? Result<UtcTime>{window_at(**from).start}
                       : find_start(plan.tapes, config.model.history_bars);
    if (!start) return start.error();
    plan.start = *start;
    auto const played = tape::TapeFeed::open(sources(plan.tapes, plan.start, plan.until));
    if (!played) return played.error();
    if (!played->next_at())
        return Failure{
            Fault::invalid,
            "replay",
            fmt::format(
                "the tapes hold no events from {} {}; see feed.from and feed.until",
                format_utc(plan.start),
                plan.until ? "until " + format_utc(*plan.until) : std::string{"on"}
            )
        };
    auto const history = read_history(plan, static_cast<std::size_t>(config.model.history_bars));
    if (!history) return history.error();
    auto const whole = tape::TapeFeed::open(sources(plan.tapes, {}, plan.until));
    if (!whole) return whole.error();

    plan.identity = {
        fmt::format("{:016x}", result_hash(config)),
        fmt::format("{:016x}", whole->identity()),
        static_cast<std::uint64_t>(config.run.seed),
        code_version()
    };
    plan.directory = directory.value_or(
        std::filesystem::path{config.run.state_dir} / fmt::format(
                                                          "replay-{}-{}-{}",
                                                          plan.identity.config_hash.substr(0, 8),
                                                          plan.identity.tape_hash.substr(0, 8),
                                                          plan.identity.seed
                                                      )
    );
    return plan;
}

} // namespace polyquant::app

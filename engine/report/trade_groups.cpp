#include "engine/report/figure_parts.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <map>

namespace polyquant::report {

namespace {

namespace cal = models::calibration;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

bool is_half(Trade const& trade, RunData const& run) {
    auto const it = run.windows.find(trade.slug);
    return it != run.windows.end() && !it->second.winner;
}

std::string band(double value, std::span<double const> edges, char const* format) {
    for (std::size_t i = 0; i + 1 < edges.size(); ++i)
        if (value < edges[i + 1]) return fmt::format(fmt::runtime(format), edges[i], edges[i + 1]);
    return fmt::format(fmt::runtime(format), edges[edges.size() - 2], edges.back());
}

constexpr std::array ask_edges{
    0.0, 0.25, 0.50, 0.65, 0.75, 0.80, 0.85, 0.88, 0.91, 0.94, 0.97, 1.0
};
constexpr std::array left_edges{0.0, 5.0, 15.0, 30.0, 45.0, 60.0, 90.0, 150.0, 240.0, 300.0};

void add_breakdown(
    Figures& f,
    Trades const& trades,
    std::string by,
    std::function<std::string(Trade const&)> const& key
) {
    std::map<std::string, Trades> groups;
    for (auto const* trade : trades)
        groups[key(*trade)].push_back(trade);
    Breakdown breakdown{std::move(by), {}};
    for (auto const& [name, members] : groups)
        breakdown.groups.push_back(group_of(name, members));
    f.breakdowns.push_back(std::move(breakdown));
}

} // namespace

bool counts(Trade const& trade, RunData const& run) {
    return trade.resolved && trade.won && trade.pnl && trade.state != OrderState::failed &&
           !is_half(trade, run);
}

UtcTime settles_at(Trade const& trade) {
    auto const parsed = parse_updown_slug(trade.slug);
    return parsed ? parsed->window.end() : trade.decided_at;
}

std::int64_t day_of(UtcTime t) {
    return std::chrono::floor<std::chrono::days>(t).time_since_epoch().count();
}

double stake_of(Trade const& trade) {
    return to_double(trade.bet_size) + to_double(trade.fee);
}

Group group_of(std::string name, Trades const& trades) {
    Group g;
    g.name = std::move(name);
    double shares = 0, promised = 0;
    for (auto const* trade : trades) {
        ++g.trades;
        g.won += *trade->won ? 1 : 0;
        g.pnl += to_double(*trade->pnl);
        g.staked += stake_of(*trade);
        auto const size = to_double(trade->shares);
        shares += size;
        promised += trade->edge * size;
    }
    auto const n = static_cast<double>(g.trades);
    g.win_rate = n > 0 ? static_cast<double>(g.won) / n : nan;
    g.interval = cal::wilson(static_cast<double>(g.won), n);
    g.break_even = shares > 0 ? g.staked / shares : nan;
    g.promised_edge = shares > 0 ? promised / shares : nan;
    g.realised_edge = shares > 0 ? g.pnl / shares : nan;
    return g;
}

void add_breakdowns(Figures& f, Trades const& trades) {
    auto const add = [&](char const* by, std::function<std::string(Trade const&)> const& key) {
        add_breakdown(f, trades, by, key);
    };
    add("strategy", [](Trade const& t) { return t.strategy.text; });
    add("asset", [](Trade const& t) {
        return t.asset ? std::string{to_string(*t.asset)} : std::string{"other"};
    });
    add("side", [](Trade const& t) { return std::string{to_string(t.outcome)}; });
    add("price paid",
        [](Trade const& t) { return band(to_double(t.fill_price), ask_edges, "{:.2f}-{:.2f}"); });
    add("seconds left", [](Trade const& t) {
        auto const left = std::chrono::duration<double>(settles_at(t) - t.decided_at).count();
        return band(left, left_edges, "{:03.0f}-{:03.0f}");
    });
    add("hour, UTC", [](Trade const& t) {
        return fmt::format("{:02}", unix_seconds(t.decided_at) / 3600 % 24);
    });
}

void add_quarters(Figures& f, Trades const& trades) {
    if (trades.size() < 8) return;
    for (std::size_t q = 0; q < 4; ++q) {
        Trades const part(
            trades.begin() + static_cast<std::ptrdiff_t>(q * trades.size() / 4),
            trades.begin() + static_cast<std::ptrdiff_t>((q + 1) * trades.size() / 4)
        );
        f.quarters.push_back({part.front()->decided_at, group_of(fmt::format("Q{}", q + 1), part)});
    }
    f.decays = f.quarters[3].group.realised_edge < f.quarters[0].group.realised_edge - 0.05;
}

} // namespace polyquant::report

#include "engine/backtest/data_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

namespace polyquant::backtest {

namespace {

constexpr double outlier_deviations = 15;
constexpr double normal_of_mad = 1.4826;
constexpr int lag_max = 3;
constexpr std::size_t pairs_min = 500;

using Returns = std::map<UtcTime, double>; // by close time

Returns returns_of(std::vector<Bar> const& bars) {
    Returns out;
    for (std::size_t i = 1; i < bars.size(); ++i)
        if (bars[i].open_time == bars[i - 1].close_time() && bars[i - 1].close > 0 &&
            bars[i].close > 0)
            out[bars[i].close_time()] = std::log(bars[i].close / bars[i - 1].close);
    return out;
}

double correlation(Returns const& a, Returns const& b, Seconds lag) {
    double n = 0, ma = 0, mb = 0, ab = 0, aa = 0, bb = 0;
    for (auto const& [at, x] : a) {
        auto const it = b.find(at + lag);
        if (it == b.end()) continue;
        n += 1;
        ma += x;
        mb += it->second;
        ab += x * it->second;
        aa += x * x;
        bb += it->second * it->second;
    }
    if (n < static_cast<double>(pairs_min)) return 0;
    auto const va = aa / n - ma / n * ma / n, vb = bb / n - mb / n * mb / n;
    return va > 0 && vb > 0 ? (ab / n - ma / n * mb / n) / std::sqrt(va * vb) : 0;
}

void find_gaps(BarSetCheck& c, std::vector<Bar> const& bars) {
    for (std::size_t i = 1; i < bars.size(); ++i) {
        auto const hole = bars[i].open_time - bars[i - 1].close_time();
        if (hole <= Nanos{0}) continue;
        c.gaps.push_back({bars[i - 1].close_time(), bars[i].open_time});
        c.missing += static_cast<std::size_t>(hole / bars[i].length);
    }
}

void find_outliers(BarSetCheck& c, Returns const& returns) {
    std::vector<double> sizes;
    for (auto const& [at, r] : returns)
        sizes.push_back(std::abs(r));
    if (sizes.size() < 100) return;
    std::nth_element(
        sizes.begin(), sizes.begin() + static_cast<std::ptrdiff_t>(sizes.size() / 2), sizes.end()
    );
    auto const deviation = normal_of_mad * sizes[sizes.size() / 2];
    if (!(deviation > 0)) return;
    for (auto it = returns.begin(); it != returns.end(); ++it) {
        auto const size = std::abs(it->second) / deviation;
        if (size <= outlier_deviations) continue;
        auto const next = std::next(it);
        auto const reverted = next != returns.end() && next->second * it->second < 0 &&
                              std::abs(next->second) > 0.7 * std::abs(it->second);
        c.outliers.push_back({it->first, it->second, size, reverted});
    }
}

} // namespace

std::vector<BarSetCheck> check_bars(models::window::AssetBars const& bars) {
    std::vector<BarSetCheck> checks;
    std::array<Returns, asset_count> returns;
    for (auto const asset : all_assets)
        returns[index_of(asset)] = returns_of(bars[index_of(asset)]);
    for (auto const asset : all_assets) {
        auto const& own = bars[index_of(asset)];
        if (own.empty()) continue;
        BarSetCheck c;
        c.asset = asset;
        c.bars = own.size();
        c.first = own.front().open_time;
        c.last = own.back().close_time();
        find_gaps(c, own);
        std::size_t run = 0;
        for (auto const& bar : own) {
            if (auto const defect = bar_defect(bar); !defect.empty())
                c.defects.push_back(fmt::format("{} {}", format_utc(bar.open_time), defect));
            auto const still = bar.high == bar.low && bar.volume == 0;
            run = still ? run + 1 : 0;
            c.repeated += still ? 1 : 0;
            c.longest_repeat = std::max(c.longest_repeat, run);
            c.has_trades = c.has_trades || std::isfinite(bar.trades);
        }
        find_outliers(c, returns[index_of(asset)]);
        auto const& btc = returns[index_of(Asset::btc)];
        if (asset != Asset::btc && !btc.empty()) {
            c.correlation_at_zero = c.correlation_to_btc =
                correlation(btc, returns[index_of(asset)], Seconds{0});
            for (int lag = -lag_max; lag <= lag_max; ++lag) {
                auto const r = correlation(btc, returns[index_of(asset)], Seconds{60 * lag});
                if (r > c.correlation_to_btc) {
                    c.correlation_to_btc = r;
                    c.lag_to_btc = lag;
                }
            }
        }
        checks.push_back(std::move(c));
    }
    return checks;
}

std::vector<std::string> bar_check_text(std::vector<BarSetCheck> const& checks) {
    constexpr std::size_t shown = 10;
    std::vector<std::string> lines;
    for (auto const& c : checks) {
        lines.push_back(fmt::format(
            "{}  {} bars, {} to {}; {} missing in {} gaps; {} impossible; {} outliers; {} without "
            "move or volume (at most {} in a row); trade counts {}",
            to_string(c.asset),
            c.bars,
            format_utc(c.first),
            format_utc(c.last),
            c.missing,
            c.gaps.size(),
            c.defects.size(),
            c.outliers.size(),
            c.repeated,
            c.longest_repeat,
            c.has_trades ? "there" : "missing"
        ));
        for (std::size_t i = 0; i < std::min(c.gaps.size(), shown); ++i)
            lines.push_back(fmt::format(
                "  gap       {} to {}", format_utc(c.gaps[i].from), format_utc(c.gaps[i].to)
            ));
        for (std::size_t i = 0; i < std::min(c.defects.size(), shown); ++i)
            lines.push_back("  impossible " + c.defects[i]);
        auto outliers = c.outliers;
        std::sort(outliers.begin(), outliers.end(), [](auto const& a, auto const& b) {
            return std::tie(b.deviations, a.at) < std::tie(a.deviations, b.at);
        });
        for (std::size_t i = 0; i < std::min(outliers.size(), shown); ++i)
            lines.push_back(fmt::format(
                "  outlier   {} {:+.2f} %, {:.0f} deviations{}",
                format_utc(outliers[i].at),
                100 * outliers[i].log_return,
                outliers[i].deviations,
                outliers[i].reverted ? ", taken back at once: a bad print?" : ""
            ));
        if (c.correlation_to_btc > 0)
            lines.push_back(
                c.lag_to_btc == 0
                    ? fmt::format(
                          "  clock     moves with BTC in the same minute ({:.2f})",
                          c.correlation_to_btc
                      )
                    : fmt::format(
                          "  CLOCK     moves with BTC {} minute(s) {} ({:.2f}; in the same minute "
                          "{:.2f}): a shifted clock?",
                          std::abs(c.lag_to_btc),
                          c.lag_to_btc > 0 ? "later" : "earlier",
                          c.correlation_to_btc,
                          c.correlation_at_zero
                      )
            );
    }
    return lines;
}

bool has_findings(std::vector<BarSetCheck> const& checks) {
    return std::any_of(checks.begin(), checks.end(), [](BarSetCheck const& c) {
        auto const bad_print = std::any_of(c.outliers.begin(), c.outliers.end(), [](auto const& o) {
            return o.reverted;
        });
        return !c.gaps.empty() || !c.defects.empty() || bad_print || c.lag_to_btc != 0;
    });
}

} // namespace polyquant::backtest

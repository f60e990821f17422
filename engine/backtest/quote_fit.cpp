#include "engine/backtest/quote_fit.hpp"

#include "engine/backtest/statistics.hpp"
#include "models/validation/random.hpp"
#include "models/window/closed_form.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <map>

namespace polyquant::backtest {

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double tail_degrees = 5;
// Outside, a cent of rounding moves the log-odds by more than what is looked for.
constexpr double mid_low = 0.04, mid_high = 0.96;
constexpr double fair_reach = 4;
constexpr std::size_t trace_seconds_min = 60; // before a deviation is believed

double log_odds(double p) {
    return std::log(p) - std::log1p(-p);
}

bool usable_mid(double mid) {
    return mid >= mid_low && mid <= mid_high;
}

double mid_of(QuoteObservation const& o) {
    return (o.bid + o.ask) / 2;
}

// The favourite's mid; from its bid alone where nobody offers it.
double favourite_mid(QuoteObservation const& o) {
    if (std::isfinite(o.bid) && std::isfinite(o.ask)) return std::max(mid_of(o), 1 - mid_of(o));
    if (std::isfinite(o.bid)) return o.bid + 0.005;
    if (std::isfinite(o.ask)) return 1 - o.ask + 0.005;
    return nan;
}

struct Deviation {
    UtcTime window{};
    double seconds_left = 0;
    double fair = 0;
    double mid = 0; // log-odds
    std::optional<bool> up_won;
};

struct Line {
    double slope = 1;
    double sd = 0;
    std::size_t count = 0;
};

// Through the origin: a market without a lean. Least squares.
Line fit_line(std::span<Deviation const> points) {
    double xy = 0, xx = 0, ss = 0;
    for (auto const& p : points) {
        xy += p.fair * p.mid;
        xx += p.fair * p.fair;
    }
    Line line{xx > 0 ? xy / xx : 1, 0, points.size()};
    for (auto const& p : points) {
        auto const d = p.mid - line.slope * p.fair;
        ss += d * d;
    }
    if (points.size() > 1) line.sd = std::sqrt(ss / static_cast<double>(points.size() - 1));
    return line;
}

// b in P(Up) = sigmoid(slope * fair + b * deviation), by Newton's method.
double informed_of(std::span<Deviation const> points, QuoteModel const& model) {
    double b = 0.5;
    for (int i = 0; i < 50; ++i) {
        double gradient = 0, curvature = 0;
        for (auto const& p : points) {
            auto const base = model.slope[seconds_left_bin(p.seconds_left)] * p.fair;
            auto const d = p.mid - base;
            auto const probability = 1 / (1 + std::exp(-(base + b * d)));
            gradient += d * ((*p.up_won ? 1.0 : 0.0) - probability);
            curvature += d * d * probability * (1 - probability);
        }
        if (!(curvature > 0)) return nan;
        auto const step = std::clamp(gradient / curvature, -1.0, 1.0);
        b += step;
        if (std::abs(step) < 1e-10) break;
    }
    return b;
}

class Fit {
public:
    Fit(std::span<QuoteObservation const> observations,
        std::span<QuoteTrace const> traces,
        std::uint64_t seed)
        : observations_{observations}, traces_{traces}, random_{seed} {}

    Result<QuoteFit> run() {
        if (observations_.size() < 1000)
            return Failure{
                Fault::invalid,
                "quotes",
                fmt::format("{} seconds of books, 1000 needed", observations_.size())
            };
        fit_lag();
        if (auto const done = fit_deviations(); !done) return done.error();
        fit_spreads();
        fit_missing();
        fit_sizes();
        if (auto defect = defect_of(model_); !defect.empty())
            return Failure{Fault::invalid, "quotes", "the fit is no model: " + defect};
        return QuoteFit{model_, text_};
    }

private:
    template <class... Args>
    void say(fmt::format_string<Args...> format, Args&&... args) {
        fmt::format_to(std::back_inserter(text_), format, std::forward<Args>(args)...);
    }

    std::vector<Deviation> trace_points(double lag) const {
        std::vector<Deviation> points;
        for (auto const& trace : traces_)
            for (std::size_t i = 0; i < trace.seconds.size(); ++i) {
                auto const& second = trace.seconds[i];
                if (!usable_mid(second.mid) || second.seconds_left < 10) continue;
                auto const fair = trace_fair_log_odds(trace, i, lag);
                if (!(std::abs(fair) < fair_reach)) continue;
                points.push_back(
                    {trace.window_start, second.seconds_left, fair, log_odds(second.mid), {}}
                );
            }
        return points;
    }

    // The lag at which the quotes of the traces lie closest around a line of the fair value. A
    // change of the price moves both at the lag's distance, so changes over 5 s decide.
    void fit_lag() {
        say("## Lag\n\n");
        if (traces_.empty()) {
            model_.lag_seconds = 1;
            say("No recording of quotes with prices to the second: 1 s is assumed.\n\n");
            return;
        }
        say("Mean squared residual of the mid's log-odds on the fair value of so many seconds "
            "ago (below 0: ahead of the price as it is received), {} traces.\n\n| lag, s | "
            "residual | of 5 s changes | seconds |\n|---|---|---|---|\n",
            traces_.size());
        auto best = std::numeric_limits<double>::infinity();
        for (double lag = -4; lag <= 6; lag += 0.5) {
            auto const points = trace_points(lag);
            auto const line = fit_line(points);
            std::vector<Deviation> changes;
            for (std::size_t i = 5; i < points.size(); ++i)
                if (points[i].window == points[i - 5].window &&
                    points[i - 5].seconds_left - points[i].seconds_left == 5)
                    changes.push_back(
                        {{},
                         0,
                         points[i].fair - points[i - 5].fair,
                         points[i].mid - points[i - 5].mid,
                         {}}
                    );
            auto const of_changes = fit_line(changes);
            say("| {:.1f} | {:.4f} | {:.4f} | {} |\n",
                lag,
                line.sd * line.sd,
                of_changes.sd * of_changes.sd,
                points.size());
            if (of_changes.sd < best) {
                best = of_changes.sd;
                model_.lag_seconds = lag;
            }
        }
        say("\nTaken: {:.1f} s. ", model_.lag_seconds);
        auto const points = trace_points(model_.lag_seconds);
        auto const line = fit_line(points);
        double product = 0, square = 0;
        for (std::size_t i = 10; i < points.size(); ++i) {
            if (points[i].window != points[i - 10].window) continue;
            auto const a = points[i - 10].mid - line.slope * points[i - 10].fair;
            auto const b = points[i].mid - line.slope * points[i].fair;
            product += a * b;
            square += (a * a + b * b) / 2;
        }
        auto const kept = std::clamp(product / square, 0.05, 0.98);
        model_.deviation_half_life = std::clamp(10 * std::log(2.0) / -std::log(kept), 2.0, 120.0);
        say("Autocorrelation of the deviation over 10 s: {:.2f}, a half-life of {:.0f} s.\n\n",
            kept,
            model_.deviation_half_life);
    }

    Result<void> fit_deviations() {
        std::map<std::size_t, std::vector<Deviation>> by_bin;
        std::vector<Deviation> judged;
        for (auto const& o : observations_) {
            if (!o.fair_log_odds || !usable_mid(mid_of(o))) continue;
            if (!(std::abs(*o.fair_log_odds) < fair_reach)) continue;
            Deviation const d{
                o.window_start, o.seconds_left, *o.fair_log_odds, log_odds(mid_of(o)), o.up_won
            };
            by_bin[seconds_left_bin(o.seconds_left)].push_back(d);
        }
        auto const of_books = by_bin;
        // Where the books have no price to the second, the traces stand in.
        for (auto const& d : trace_points(model_.lag_seconds)) {
            auto const bin = seconds_left_bin(d.seconds_left);
            if (!of_books.contains(bin)) by_bin[bin].push_back(d);
        }
        if (of_books.empty())
            return Failure{
                Fault::invalid, "quotes", "no recorded quote at a moment with a known fair value"
            };
        say("## The mid around the fair value\n\n| seconds left up to | slope | deviation | "
            "quotes | from |\n|---|---|---|---|---|\n");
        std::array<std::optional<Line>, seconds_left_bins.size()> lines;
        for (auto const& [bin, points] : by_bin)
            if (points.size() >= 30) lines[bin] = fit_line(points);
        for (std::size_t bin = seconds_left_bins.size(); bin-- > 0;) {
            auto const own = lines[bin].has_value();
            if (!own) {
                // The next bin outwards, else the nearest inwards.
                for (auto other = bin + 1; other < lines.size() && !lines[bin]; ++other)
                    lines[bin] = lines[other];
                for (auto other = bin; other-- > 0 && !lines[bin];)
                    lines[bin] = lines[other];
            }
            if (!lines[bin])
                return Failure{
                    Fault::invalid, "quotes", "fewer than 30 quotes with a fair value in every bin"
                };
            // Noise in our own fair value bends the line down. Taken for the market's mistake it
            // would pay everybody who computes a fair value, so it is not taken below 1.
            model_.slope[bin] = std::max(lines[bin]->slope, 1.0);
            model_.deviation_sd[bin] = lines[bin]->sd;
            say("| {:.0f} | {:.3f} | {:.3f} | {} | {} |\n",
                seconds_left_bins[bin],
                lines[bin]->slope,
                lines[bin]->sd,
                own ? lines[bin]->count : 0,
                !own                     ? "neighbour"
                : of_books.contains(bin) ? "books"
                                         : "traces");
        }
        for (auto const& [bin, points] : of_books)
            for (auto const& d : points)
                if (d.up_won) judged.push_back(d);
        say("\nA slope below 1 is what errors of our own fair value look like. Used as it is, it "
            "would "
            "be a market that always underrates its favourites; the model takes 1 instead, which "
            "flatters least.\n");
        fit_informed(judged);
        return {};
    }

    void fit_informed(std::span<Deviation const> judged) {
        say("\n## What the deviation knows\n\n");
        auto const point = informed_of(judged, model_);
        std::map<UtcTime, std::vector<Deviation>> windows;
        for (auto const& d : judged)
            windows[d.window].push_back(d);
        if (windows.size() < 30 || std::isnan(point)) {
            model_.informed_share = 1;
            say("{} windows with an outcome are too few to tell; all of it is taken for "
                "information, which flatters least.\n\n",
                windows.size());
            return;
        }
        std::vector<std::vector<Deviation> const*> blocks;
        for (auto const& [start, points] : windows)
            blocks.push_back(&points);
        std::vector<double> draws;
        for (int i = 0; i < 500; ++i) {
            std::vector<Deviation> drawn;
            for (std::size_t n = 0; n < blocks.size(); ++n) {
                auto const& block = *blocks[random_.below(blocks.size())];
                drawn.insert(drawn.end(), block.begin(), block.end());
            }
            draws.push_back(informed_of(drawn, model_));
        }
        std::sort(draws.begin(), draws.end());
        auto const low = quantile(draws, 0.025), high = quantile(draws, 0.975);
        // A quarter of the interval above the estimate is not knowledge but hope: where the
        // recording cannot exclude that all of it is information, all of it is taken.
        model_.informed_share = high >= 1 ? 1.0 : std::clamp(high, 0.0, 1.0);
        say("P(Up) = sigmoid(slope * fair + b * deviation): b = {:.2f}, 95 % interval {:.2f} to "
            "{:.2f} ({} quotes of {} windows, resampled by window). The share taken is the "
            "interval's upper end, at most 1: {:.2f}. That flatters least.\n\n",
            point,
            low,
            high,
            judged.size(),
            windows.size(),
            model_.informed_share);
    }

    void fit_spreads() {
        constexpr double prior = 20; // seconds of the time bin's own mix
        QuoteModel::ByTimeAndFavourite<std::array<double, spread_ticks_max>> counts{};
        for (auto const& o : observations_) {
            if (!std::isfinite(o.bid) || !std::isfinite(o.ask)) continue;
            auto const ticks = std::clamp<long>(
                std::lround((o.ask - o.bid) * 100), 1, static_cast<long>(spread_ticks_max)
            );
            counts[seconds_left_bin(o.seconds_left)][favourite_bin(favourite_mid(o))]
                  [static_cast<std::size_t>(ticks - 1)] += 1;
        }
        say("## Spread: share of one cent, mean in cents\n\n| seconds left up to |");
        header();
        for (std::size_t t = 0; t < counts.size(); ++t) {
            std::array<double, spread_ticks_max> mix{};
            double all = 0;
            for (auto const& row : counts[t])
                for (std::size_t k = 0; k < row.size(); ++k) {
                    mix[k] += row[k];
                    all += row[k];
                }
            if (all == 0) mix[0] = all = 1;
            say("| {:.0f} |", seconds_left_bins[t]);
            for (std::size_t f = 0; f < counts[t].size(); ++f) {
                double own = 0, mean = 0;
                for (auto const c : counts[t][f])
                    own += c;
                for (std::size_t k = 0; k < spread_ticks_max; ++k) {
                    model_.spread[t][f][k] =
                        (counts[t][f][k] + prior * mix[k] / all) / (own + prior);
                    mean += model_.spread[t][f][k] * static_cast<double>(k + 1);
                }
                say(" {:.2f}, {:.2f} ({:.0f}) |", model_.spread[t][f][0], mean, own);
            }
            say("\n");
        }
        say("\n");
    }

    void header() {
        for (auto const f : favourite_bins)
            say(" favourite up to {:.2f} |", f);
        say("\n|---|");
        for (std::size_t f = 0; f < favourite_bins.size(); ++f)
            say("---|");
        say("\n");
    }

    void fit_missing() {
        QuoteModel::ByTimeAndFavourite<double> gone{}, all{};
        std::map<UtcTime, std::vector<std::pair<double, bool>>> states;
        for (auto const& o : observations_) {
            auto const mid = favourite_mid(o);
            if (std::isnan(mid)) continue;
            auto const up = std::isfinite(o.bid) && (!std::isfinite(o.ask) || mid_of(o) >= 0.5);
            // Over 99 cents is as good as no offer.
            auto const offered =
                up ? std::isfinite(o.ask) && o.ask < 0.995 : std::isfinite(o.bid) && o.bid > 0.005;
            auto const t = seconds_left_bin(o.seconds_left);
            auto const f = favourite_bin(mid);
            all[t][f] += 1;
            gone[t][f] += offered ? 0 : 1;
            states[o.window_start].emplace_back(o.seconds_left, !offered);
        }
        say("## Nobody offers the favourite (share of seconds)\n\n| seconds left up to |");
        header();
        for (std::size_t t = 0; t < all.size(); ++t) {
            say("| {:.0f} |", seconds_left_bins[t]);
            for (std::size_t f = 0; f < all[t].size(); ++f) {
                // An empty cell takes after the next less certain favourite.
                auto const prior = f > 0 ? model_.ask_missing[t][f - 1] : 0;
                model_.ask_missing[t][f] = (gone[t][f] + 5 * prior) / (all[t][f] + 5);
                say(" {:.3f} ({:.0f}) |", model_.ask_missing[t][f], all[t][f]);
            }
            say("\n");
        }
        model_.missing_half_life = half_life_of(states);
        say("\nHalf-life of that state: {:.1f} s.\n\n", model_.missing_half_life);
    }

    double half_life_of(std::map<UtcTime, std::vector<std::pair<double, bool>>>& states) const {
        double n = 0, sum = 0, both = 0;
        for (auto& [start, series] : states) {
            std::sort(series.begin(), series.end(), std::greater<>{});
            for (std::size_t i = 2; i < series.size(); ++i) {
                if (series[i].first > 60 || series[i - 2].first - series[i].first > 2.5) continue;
                n += 1;
                sum += series[i].second ? 1 : 0;
                both += series[i].second && series[i - 2].second ? 1 : 0;
            }
        }
        if (n < 100 || sum == 0 || sum == n) return 5;
        auto const p = sum / n;
        auto const correlation = std::clamp((both / n - p * p) / (p * (1 - p)), 0.05, 0.95);
        return 2 * std::log(2.0) / -std::log(correlation);
    }

    void fit_sizes() {
        say("## Size at the best price, shares\n\n| seconds left up to | median | deviation of "
            "the logarithm | within 3 cents, times that | sides |\n|---|---|---|---|---|\n");
        for (std::size_t t = 0; t < seconds_left_bins.size(); ++t) {
            std::vector<double> logs, ratios;
            for (auto const& o : observations_) {
                if (seconds_left_bin(o.seconds_left) != t) continue;
                for (auto const& [size, depth] :
                     {std::pair{o.bid_size, o.bid_depth}, {o.ask_size, o.ask_depth}})
                    if (size > 0) {
                        logs.push_back(std::log(size));
                        ratios.push_back(std::log(std::max(depth, size) / size));
                    }
            }
            auto const m = moments_of(logs);
            if (logs.empty() && t > 0) {
                model_.size_log_mean[t] = model_.size_log_mean[t - 1];
                model_.size_log_sd[t] = model_.size_log_sd[t - 1];
                model_.depth_log_ratio[t] = model_.depth_log_ratio[t - 1];
            } else {
                model_.size_log_mean[t] = m.mean;
                model_.size_log_sd[t] = m.sd;
                model_.depth_log_ratio[t] = moments_of(ratios).mean;
            }
            say("| {:.0f} | {:.0f} | {:.2f} | {:.2f} | {} |\n",
                seconds_left_bins[t],
                std::exp(model_.size_log_mean[t]),
                model_.size_log_sd[t],
                std::exp(model_.depth_log_ratio[t]),
                logs.size());
        }
        say("\n");
    }

    std::span<QuoteObservation const> observations_;
    std::span<QuoteTrace const> traces_;
    models::validation::SeededRandom random_;
    QuoteModel model_;
    std::string text_;
};

} // namespace

double trace_fair_log_odds(QuoteTrace const& trace, std::size_t index, double lag) {
    auto const& seconds = trace.seconds;
    auto const wanted = seconds[index].seconds_left + lag;
    // Seconds left fall: the last row that is not after the wanted moment.
    auto const after = std::partition_point(seconds.begin(), seconds.end(), [&](auto const& row) {
        return row.seconds_left >= wanted;
    });
    if (after == seconds.begin() || after == seconds.end()) return nan;
    auto const i = static_cast<std::size_t>(after - seconds.begin()) - 1;
    if (i < trace_seconds_min || wanted <= 0) return nan;
    auto const gap = seconds[i].seconds_left - seconds[i + 1].seconds_left;
    auto const part = gap > 0 ? (seconds[i].seconds_left - wanted) / gap : 0;
    auto const spot = seconds[i].spot + part * (seconds[i + 1].spot - seconds[i].spot);
    double sum = 0;
    // Over five-second moves: prices that are repeated for seconds understate one-second ones.
    std::size_t moves = 0;
    for (std::size_t k = 5; k <= i; k += 5, ++moves) {
        auto const r = std::log(seconds[k].spot / seconds[k - 5].spot);
        sum += r * r;
    }
    auto const sigma = std::sqrt(sum / (5 * static_cast<double>(moves)));
    if (!(sigma > 0)) return nan;
    static auto const shape = models::window::TailShape::student_t(tail_degrees).value();
    auto const up = models::window::up_probability(
        {.strike = trace.strike, .spot = spot, .seconds_left = wanted}, {.sigma = sigma}, shape
    );
    return log_odds(up);
}

Result<QuoteFit> fit_quotes(
    std::span<QuoteObservation const> observations,
    std::span<QuoteTrace const> traces,
    std::uint64_t seed
) {
    return Fit{observations, traces, seed}.run();
}

} // namespace polyquant::backtest

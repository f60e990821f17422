#include "engine/report/sweep_report.hpp"

#include "engine/report/json_number.hpp"
#include "engine/report/page_parts.hpp"
#include "engine/report/report.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

namespace polyquant::report {

namespace {

namespace json = boost::json;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

struct Effect {
    std::string key;
    double share = 0; // of the objective's variance that the key alone explains (eta squared)
    std::vector<std::pair<std::string, std::vector<double>>> by_value;
};

// Values of a key in their natural order: numbers by size, else as text.
bool natural_less(std::string const& a, std::string const& b) {
    auto const x = std::strtod(a.c_str(), nullptr), y = std::strtod(b.c_str(), nullptr);
    return std::tie(x, a) < std::tie(y, b);
}

// Many drawn values are put into eight bins of equal count.
std::vector<std::string> bins_of(std::vector<Variant> const& variants, std::string const& key) {
    constexpr std::size_t bins = 8;
    std::vector<std::string> values;
    for (auto const& v : variants)
        values.push_back(v.settings.at(key));
    auto sorted = values;
    std::sort(sorted.begin(), sorted.end(), natural_less);
    auto distinct = sorted;
    distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
    if (distinct.size() <= 2 * bins) return values;
    for (auto& value : values) {
        auto const rank = static_cast<std::size_t>(
            std::lower_bound(sorted.begin(), sorted.end(), value, natural_less) - sorted.begin()
        );
        auto const bin = std::min(rank * bins / sorted.size(), bins - 1);
        value = fmt::format(
            "{} – {}",
            sorted[bin * sorted.size() / bins],
            sorted[std::min((bin + 1) * sorted.size() / bins, sorted.size()) - 1]
        );
    }
    return values;
}

Effect effect_of(std::vector<Variant> const& variants, std::string const& key) {
    Effect effect{key, 0, {}};
    std::map<std::string, std::vector<double>> groups;
    auto const bins = bins_of(variants, key);
    double mean = 0, total = 0, between = 0, n = 0;
    for (std::size_t i = 0; i < variants.size(); ++i) {
        if (!std::isfinite(variants[i].value)) continue;
        groups[bins[i]].push_back(variants[i].value);
        mean += variants[i].value;
        n += 1;
    }
    if (n > 0) mean /= n;
    for (auto const& [name, values] : groups) {
        double own = 0;
        for (auto const v : values) {
            own += v / static_cast<double>(values.size());
            total += (v - mean) * (v - mean);
        }
        between += static_cast<double>(values.size()) * (own - mean) * (own - mean);
        effect.by_value.emplace_back(name, values);
    }
    std::sort(effect.by_value.begin(), effect.by_value.end(), [](auto const& a, auto const& b) {
        return natural_less(a.first, b.first);
    });
    effect.share = total > 0 ? between / total : 0;
    return effect;
}

double mean_of(std::vector<double> const& values) {
    double sum = 0;
    for (auto const v : values)
        sum += v;
    return values.empty() ? nan : sum / static_cast<double>(values.size());
}

// Mean objective by the values of two keys.
json::object
heat_map(std::vector<Variant> const& variants, std::string const& across, std::string const& down) {
    auto const x = bins_of(variants, across), y = bins_of(variants, down);
    std::map<std::pair<std::string, std::string>, std::vector<double>> cells;
    std::vector<std::string> columns, rows;
    for (std::size_t i = 0; i < variants.size(); ++i) {
        columns.push_back(x[i]);
        rows.push_back(y[i]);
        if (std::isfinite(variants[i].value)) cells[{y[i], x[i]}].push_back(variants[i].value);
    }
    for (auto* names : {&columns, &rows}) {
        std::sort(names->begin(), names->end(), natural_less);
        names->erase(std::unique(names->begin(), names->end()), names->end());
    }
    json::array grid, column_names, row_names;
    for (auto const& name : columns)
        column_names.push_back(json::string{name});
    for (auto const& row : rows) {
        row_names.push_back(json::string{row});
        json::array line;
        for (auto const& column : columns) {
            auto const it = cells.find({row, column});
            line.push_back(it == cells.end() ? json::value{} : number(mean_of(it->second)));
        }
        grid.push_back(line);
    }
    return {
        {"across", across},
        {"down", down},
        {"columns", column_names},
        {"rows", row_names},
        {"cells", grid},
    };
}

json::object of(Variant const& v) {
    json::object settings;
    for (auto const& [key, value] : v.settings)
        settings[key] = value;
    auto const& r = v.result;
    return {
        {"run", v.id},
        {"settings", settings},
        {"objective", number(v.value)},
        {"trades", r.trades},
        {"won", r.won},
        {"pnl", number(r.pnl)},
        {"return", number(r.return_share)},
        {"sharpe", number(r.sharpe)},
        {"days", r.days},
        {"drawdown", number(r.drawdown)},
        {"edge", number(r.edge)},
        {"edge_low", number(r.edge_low)},
        {"edge_high", number(r.edge_high)},
        {"edge_doubt", number(r.edge_doubt)},
    };
}

std::string words(std::map<std::string, std::string> const& settings) {
    std::string text;
    for (auto const& [key, value] : settings)
        text += fmt::format("{}{}={}", text.empty() ? "" : " ", key, value);
    return text;
}

} // namespace

Result<SweepPages> sweep_report(backtest::SweepStore const& store) {
    auto const described = store.description();
    if (!described) return described.error();
    if (!*described) return Failure{Fault::invalid, "sweep", "the store holds no sweep yet"};
    boost::system::error_code ec;
    auto const description = json::parse(**described, ec);
    auto const* about = description.if_object();
    if (ec || about == nullptr) return Failure{Fault::parse, "sweep", "its description is no JSON"};
    auto const text_of = [&](char const* key) {
        auto const* cell = about->if_contains(key);
        return cell != nullptr && cell->is_string() ? std::string{cell->as_string()}
                                                    : std::string{};
    };
    auto const objective = parse_objective(text_of("objective"));
    if (!objective) return objective.error();
    auto const runs = store.runs();
    if (!runs) return runs.error();
    std::vector<Variant> selection, verdict;
    std::size_t failed = 0, unfinished = 0, repeated = 0;
    json::array failures;
    for (auto const& run : *runs) {
        repeated += run.attempts > 1 ? 1 : 0;
        if (run.state == "failed") {
            ++failed;
            failures.push_back({{"run", run.id}, {"error", run.error}});
        }
        if (run.state == "open" || run.state == "leased") ++unfinished;
        if (run.state != "done") continue;
        auto variant = variant_of(run, *objective);
        if (!variant) return variant.error();
        (run.stage == backtest::SweepStage::selection ? selection : verdict)
            .push_back(std::move(*variant));
    }
    std::sort(selection.begin(), selection.end(), better);
    std::vector<double> sharpes;
    for (auto const& v : selection)
        if (std::isfinite(v.result.sharpe)) sharpes.push_back(v.result.sharpe);
    auto const sharpe_sd = backtest::moments_of(sharpes).sd;
    auto const trials = selection.size();
    auto const expected = backtest::expected_best_sharpe(trials, sharpe_sd);

    std::vector<Effect> effects;
    if (!selection.empty())
        for (auto const& [key, value] : selection.front().settings)
            effects.push_back(effect_of(selection, key));
    std::sort(effects.begin(), effects.end(), [](Effect const& a, Effect const& b) {
        return std::tie(b.share, a.key) < std::tie(a.share, b.key);
    });

    SweepPages pages;
    auto& lines = pages.text;
    lines.push_back(text_of("quotes"));
    lines.push_back(fmt::format(
        "sweep of {} variants ({}), objective {}; {} unfinished, {} failed, {} made again after a "
        "lost process",
        trials,
        text_of("method"),
        to_string(*objective),
        unfinished,
        failed,
        repeated
    ));
    json::array best_list, verdict_list, effect_list, all, judgement;
    auto const judge = [&](std::string line) {
        judgement.push_back(json::string{line});
        lines.push_back("* " + line);
    };
    if (trials > 0) {
        auto const& best = selection.front();
        auto const deflated =
            backtest::deflated_sharpe(best.result.daily_returns, trials, sharpe_sd);
        judge(fmt::format(
            "The best of {} variants shows a daily Sharpe of {:.3f}; the best of so many worthless "
            "ones is expected at {:.3f}. Deflated Sharpe {:.3f} (0.95 would be evidence).",
            trials,
            best.result.sharpe,
            expected,
            deflated
        ));
        judge(fmt::format(
            "Its edge is not positive with probability {:.4f}; corrected for {} trials {:.4f}.",
            best.result.edge_doubt,
            trials,
            backtest::corrected_p_value(best.result.edge_doubt, trials)
        ));
    }
    std::size_t survived = 0;
    for (auto const& v : verdict) {
        auto const doubt = backtest::corrected_p_value(v.result.edge_doubt, verdict.size());
        survived += doubt < 0.05 ? 1 : 0;
        auto row = of(v);
        row["corrected_doubt"] = number(doubt);
        verdict_list.push_back(row);
    }
    if (verdict.empty())
        judge("NO VERDICT YET: no variant has been run on the days kept apart.");
    else
        judge(fmt::format(
            "Of the {} chosen variants {} keep an edge on the days kept apart (5 %, corrected for "
            "{}).",
            verdict.size(),
            survived,
            verdict.size()
        ));
    lines.emplace_back();
    lines.push_back("the best by selection");
    for (std::size_t i = 0; i < std::min<std::size_t>(selection.size(), 20); ++i) {
        auto const& v = selection[i];
        best_list.push_back(of(v));
        if (i < 10)
            lines.push_back(fmt::format(
                "  {:>9.4f}  {:>5} trades  PnL {:>9.2f}  Sharpe {:>7.3f}  {}",
                v.value,
                v.result.trades,
                v.result.pnl,
                v.result.sharpe,
                words(v.settings)
            ));
    }
    lines.push_back("on the days kept apart");
    for (auto const& v : verdict)
        lines.push_back(fmt::format(
            "  {:>9.4f}  {:>5} trades  PnL {:>9.2f}  Sharpe {:>7.3f}  P(edge <= 0) {:.3f}  {}",
            v.value,
            v.result.trades,
            v.result.pnl,
            v.result.sharpe,
            v.result.edge_doubt,
            words(v.settings)
        ));
    lines.push_back("how much of the objective's variance each key alone explains");
    for (auto const& e : effects) {
        json::array values;
        for (auto const& [name, results] : e.by_value)
            values.push_back(
                {{"value", name}, {"mean", number(mean_of(results))}, {"variants", results.size()}}
            );
        effect_list.push_back({{"key", e.key}, {"share", number(e.share)}, {"values", values}});
        lines.push_back(fmt::format("  {:>5.1f} %  {}", 100 * e.share, e.key));
    }
    for (auto const& v : selection)
        all.push_back(of(v));
    json::array maps;
    for (std::size_t a = 0; a < std::min<std::size_t>(effects.size(), 3); ++a)
        for (std::size_t b = a + 1; b < std::min<std::size_t>(effects.size(), 3); ++b)
            maps.push_back(heat_map(selection, effects[a].key, effects[b].key));
    json::object out{
        {"format", "polyquant-sweep-report"},
        {"version", 1},
        {"sweep", *about},
        {"trials", trials},
        {"failed", failed},
        {"unfinished", unfinished},
        {"sharpe_sd", number(sharpe_sd)},
        {"expected_best_sharpe", number(expected)},
        {"judgement", judgement},
        {"best", best_list},
        {"verdict", verdict_list},
        {"effects", effect_list},
        {"heat_maps", maps},
        {"variants", all},
        {"failures", failures},
    };
    pages.json = json::serialize(out) + "\n";
    pages.html = make_page("polyquant sweep", page::sweep_js, pages.json);
    return pages;
}

} // namespace polyquant::report

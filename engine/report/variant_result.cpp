#include "engine/report/variant_result.hpp"

#include "engine/report/json_number.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace polyquant::report {

namespace {

namespace json = boost::json;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

double read(json::object const& o, char const* key) {
    auto const* cell = o.if_contains(key);
    boost::system::error_code ec;
    if (cell == nullptr || cell->is_null()) return nan;
    auto const value = cell->to_number<double>(ec);
    return ec ? nan : value;
}

std::map<std::string, std::string> settings_of(backtest::SweepRun const& run) {
    std::map<std::string, std::string> settings;
    for (auto const& setting : run.settings) {
        auto const equals = setting.find('=');
        settings[setting.substr(0, equals)] = setting.substr(equals + 1);
    }
    return settings;
}

} // namespace

VariantResult variant_result(Figures const& f) {
    VariantResult r;
    r.trades = f.all.trades;
    r.won = f.all.won;
    r.pnl = to_double(f.pnl);
    r.return_share = f.return_share;
    r.sharpe = f.sharpe.value;
    r.days = f.days;
    r.drawdown = f.drawdown.depth;
    r.edge = f.all.trades > 0 ? f.edge.mean : nan;
    r.edge_low = f.edge.low;
    r.edge_high = f.edge.high;
    r.edge_doubt = f.all.trades > 0 ? f.edge.share_not_positive : 1;
    r.daily_returns = f.daily_returns;
    return r;
}

std::string to_json(VariantResult const& r) {
    json::array daily;
    for (auto const v : r.daily_returns)
        daily.push_back(number(v));
    return json::serialize(json::object{
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
        {"daily_returns", daily},
    });
}

Result<VariantResult> parse_variant_result(std::string_view text) {
    boost::system::error_code ec;
    auto const parsed = json::parse(text, ec);
    auto const* o = parsed.if_object();
    auto const* daily = o != nullptr ? o->if_contains("daily_returns") : nullptr;
    if (ec || daily == nullptr || !daily->is_array())
        return Failure{Fault::parse, "sweep", "a run's result is no result"};
    VariantResult r;
    r.trades = static_cast<std::size_t>(read(*o, "trades"));
    r.won = static_cast<std::size_t>(read(*o, "won"));
    r.pnl = read(*o, "pnl");
    r.return_share = read(*o, "return");
    r.sharpe = read(*o, "sharpe");
    r.days = static_cast<std::size_t>(read(*o, "days"));
    r.drawdown = read(*o, "drawdown");
    r.edge = read(*o, "edge");
    r.edge_low = read(*o, "edge_low");
    r.edge_high = read(*o, "edge_high");
    r.edge_doubt = read(*o, "edge_doubt");
    for (auto const& v : daily->as_array())
        r.daily_returns.push_back(v.is_null() ? nan : v.to_number<double>(ec));
    return r;
}

std::string_view to_string(Objective objective) {
    switch (objective) {
    case Objective::sharpe: return "sharpe";
    case Objective::pnl: return "pnl";
    case Objective::edge: return "edge";
    }
    std::abort();
}

Result<Objective> parse_objective(std::string_view text) {
    for (auto const objective : {Objective::sharpe, Objective::pnl, Objective::edge})
        if (to_string(objective) == text) return objective;
    return Failure{
        Fault::invalid, "--objective", fmt::format("\"{}\" is none of sharpe, pnl, edge", text)
    };
}

double value_of(VariantResult const& r, Objective objective) {
    if (r.trades == 0) return nan;
    switch (objective) {
    case Objective::sharpe: return r.sharpe;
    case Objective::pnl: return r.pnl;
    case Objective::edge: return r.edge;
    }
    std::abort();
}

Result<Variant> variant_of(backtest::SweepRun const& run, Objective objective) {
    auto result = parse_variant_result(run.result);
    if (!result) return result.error();
    Variant v{run.id, settings_of(run), std::move(*result), nan};
    v.value = value_of(v.result, objective);
    return v;
}

bool better(Variant const& a, Variant const& b) {
    auto const x = std::isfinite(a.value) ? a.value : -std::numeric_limits<double>::infinity();
    auto const y = std::isfinite(b.value) ? b.value : -std::numeric_limits<double>::infinity();
    return std::tie(y, a.id) < std::tie(x, b.id);
}

Result<std::vector<std::vector<std::string>>>
best_variants(backtest::SweepStore const& store, Objective objective, std::size_t count) {
    auto const runs = store.runs();
    if (!runs) return runs.error();
    std::vector<Variant> variants;
    std::map<std::int64_t, std::vector<std::string>> settings;
    for (auto const& run : *runs) {
        if (run.stage != backtest::SweepStage::selection || run.state != "done") continue;
        auto variant = variant_of(run, objective);
        if (!variant) return variant.error();
        if (!std::isfinite(variant->value)) continue;
        settings[run.id] = run.settings;
        variants.push_back(std::move(*variant));
    }
    std::sort(variants.begin(), variants.end(), better);
    std::vector<std::vector<std::string>> best;
    for (std::size_t i = 0; i < std::min(count, variants.size()); ++i)
        best.push_back(settings[variants[i].id]);
    return best;
}

} // namespace polyquant::report

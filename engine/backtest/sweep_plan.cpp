#include "engine/backtest/sweep_plan.hpp"

#include "models/validation/random.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <set>

namespace polyquant::backtest {

namespace {

constexpr std::size_t grid_max = 100'000;

struct Number {
    double value = 0;
    int decimals = 0;
    std::string unit;
};

std::optional<Number> parse_number(std::string_view text) {
    Number n;
    auto const [rest, error] = std::from_chars(text.data(), text.data() + text.size(), n.value);
    if (error != std::errc{}) return std::nullopt;
    auto const digits = text.substr(0, static_cast<std::size_t>(rest - text.data()));
    if (auto const dot = digits.find('.'); dot != std::string_view::npos)
        n.decimals = static_cast<int>(digits.size() - dot - 1);
    n.unit = text.substr(digits.size());
    return n;
}

std::string print(double value, Variation const& v) {
    return fmt::format("{:.{}f}{}", value, v.decimals, v.unit);
}

Failure bad(std::string_view text, std::string detail) {
    return {Fault::invalid, fmt::format("--vary {}", text), std::move(detail)};
}

std::string draw(Variation const& v, double share) {
    if (!v.values.empty()) {
        auto const at = static_cast<std::size_t>(share * static_cast<double>(v.values.size()));
        return v.values[std::min(at, v.values.size() - 1)];
    }
    return print(v.low + share * (v.high - v.low), v);
}

} // namespace

Result<Variation> parse_variation(std::string_view text) {
    auto const equals = text.find('=');
    if (equals == std::string_view::npos || equals == 0 || equals + 1 == text.size())
        return bad(text, "write KEY=VALUE,VALUE,... or KEY=LOW..HIGH[:STEP]");
    Variation v;
    v.key = text.substr(0, equals);
    auto rest = text.substr(equals + 1);
    auto const dots = rest.find("..");
    if (dots == std::string_view::npos) {
        while (true) {
            auto const comma = rest.find(',');
            auto const value = rest.substr(0, comma);
            if (value.empty()) return bad(text, "an empty value");
            v.values.emplace_back(value);
            if (comma == std::string_view::npos) break;
            rest.remove_prefix(comma + 1);
        }
        return v;
    }
    auto const colon = rest.find(':', dots);
    auto const low = parse_number(rest.substr(0, dots));
    auto const high = parse_number(rest.substr(dots + 2, colon - dots - 2));
    if (!low || !high || low->unit != high->unit || !(low->value < high->value))
        return bad(text, "a range is LOW..HIGH of one unit with LOW below HIGH");
    v.low = low->value;
    v.high = high->value;
    v.unit = low->unit;
    v.decimals = std::max(low->decimals, high->decimals);
    if (colon == std::string_view::npos) return v;
    auto const step = parse_number(rest.substr(colon + 1));
    if (!step || !(step->value > 0) || (!step->unit.empty() && step->unit != v.unit))
        return bad(text, "the step must be a number above 0 of the range's unit");
    v.decimals = std::max(v.decimals, step->decimals);
    auto const count = std::floor((v.high - v.low) / step->value + 1e-9);
    if (count >= static_cast<double>(grid_max)) return bad(text, "too many steps");
    for (double i = 0; i <= count; ++i)
        v.values.push_back(print(v.low + i * step->value, v));
    return v;
}

std::string_view to_string(SweepMethod method) {
    switch (method) {
    case SweepMethod::grid: return "grid";
    case SweepMethod::random: return "random";
    case SweepMethod::latin: return "latin";
    }
    std::abort();
}

Result<SweepMethod> parse_sweep_method(std::string_view text) {
    for (auto const method : {SweepMethod::grid, SweepMethod::random, SweepMethod::latin})
        if (to_string(method) == text) return method;
    return Failure{
        Fault::invalid, "--method", fmt::format("\"{}\" is none of grid, random, latin", text)
    };
}

Result<std::vector<std::vector<std::string>>> plan_sweep(
    std::span<Variation const> variations, SweepMethod method, std::size_t runs, std::uint64_t seed
) {
    std::set<std::string> keys;
    for (auto const& v : variations)
        if (!keys.insert(v.key).second)
            return Failure{Fault::invalid, "sweep", v.key + " is varied twice"};
    if (variations.empty())
        return Failure{Fault::invalid, "sweep", "nothing is varied: use --vary"};
    std::size_t count = runs;
    if (method == SweepMethod::grid) {
        count = 1;
        for (auto const& v : variations) {
            if (v.values.empty())
                return Failure{
                    Fault::invalid,
                    "sweep",
                    v.key + ": a range on a grid needs a step (LOW..HIGH:STEP)"
                };
            count *= v.values.size();
            if (count > grid_max)
                return Failure{Fault::invalid, "sweep", "the grid has more than 100000 variants"};
        }
    }
    if (count == 0) return Failure{Fault::invalid, "sweep", "no runs: say how many with --runs"};
    models::validation::SeededRandom random{seed};
    std::vector<std::vector<double>> shares(variations.size(), std::vector<double>(count));
    for (auto& column : shares) {
        for (std::size_t i = 0; i < count; ++i)
            column[i] = method == SweepMethod::latin ? (static_cast<double>(i) + random.uniform()) /
                                                           static_cast<double>(count)
                                                     : random.uniform();
        if (method == SweepMethod::latin) random.shuffle(column);
    }
    std::vector<std::vector<std::string>> plan;
    std::set<std::vector<std::string>> seen;
    for (std::size_t i = 0; i < count; ++i) {
        std::vector<std::string> variant;
        auto left = count;
        for (std::size_t k = 0; k < variations.size(); ++k) {
            auto const& v = variations[k];
            std::string value;
            if (method == SweepMethod::grid) {
                left /= v.values.size();
                value = v.values[i / left % v.values.size()];
            } else {
                value = draw(v, shares[k][i]);
            }
            variant.push_back(v.key + "=" + value);
        }
        if (seen.insert(variant).second) plan.push_back(std::move(variant));
    }
    return plan;
}

} // namespace polyquant::backtest

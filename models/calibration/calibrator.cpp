#include "models/calibration/calibrator.hpp"

#include "models/calibration/logistic_fit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>

namespace polyquant::models::calibration {

namespace {

constexpr double closest_to_certain = 1e-9;

double clamp_probability(double p) {
    return std::clamp(p, closest_to_certain, 1 - closest_to_certain);
}

struct Counts {
    double wins = 0;
    double losses = 0;
};

Result<Counts>
check(std::string_view where, std::span<double const> promised, std::span<double const> outcomes) {
    constexpr double each_min = 50;
    auto const refuse = [&](std::string why) {
        return Failure{Fault::invalid, std::string{where}, std::move(why)};
    };
    if (promised.size() != outcomes.size())
        return refuse(fmt::format("{} probabilities, {} outcomes", promised.size(), outcomes.size())
        );
    Counts counts;
    for (std::size_t i = 0; i < promised.size(); ++i) {
        if (!(promised[i] >= 0 && promised[i] <= 1))
            return refuse(fmt::format("probability {} is not in [0, 1]", i));
        if (outcomes[i] != 0 && outcomes[i] != 1)
            return refuse(fmt::format("outcome {} is neither 0 nor 1", i));
        (outcomes[i] == 1 ? counts.wins : counts.losses) += 1;
    }
    if (counts.wins < each_min || counts.losses < each_min)
        return refuse(fmt::format(
            "{} wins and {} losses, at least {} of each needed",
            counts.wins,
            counts.losses,
            each_min
        ));
    return counts;
}

struct Block {
    double weight;
    double outcome_sum;
    double promise_sum;
    double first;
    double last;

    double mean(double end_prior) const {
        return (outcome_sum + end_prior * promise_sum / weight) / (weight + end_prior);
    }
};

double interpolate(std::vector<double> const& knots, double x) {
    auto const count = knots.size() / 2;
    if (x <= knots[0]) return knots[1];
    if (x >= knots[2 * count - 2]) return knots[2 * count - 1];
    std::size_t low = 0;
    std::size_t high = count - 1;
    while (high - low > 1) {
        auto const middle = (low + high) / 2;
        (knots[2 * middle] <= x ? low : high) = middle;
    }
    auto const x0 = knots[2 * low];
    auto const x1 = knots[2 * high];
    auto const y0 = knots[2 * low + 1];
    auto const y1 = knots[2 * high + 1];
    return x1 > x0 ? y0 + (y1 - y0) * (x - x0) / (x1 - x0) : y1;
}

} // namespace

std::string_view to_string(CalibrationMethod method) {
    switch (method) {
    case CalibrationMethod::none: return "none";
    case CalibrationMethod::platt: return "platt";
    case CalibrationMethod::isotonic: return "isotonic";
    case CalibrationMethod::beta: return "beta";
    }
    std::abort();
}

Result<CalibrationMethod> parse_calibration_method(std::string_view text) {
    for (auto const method :
         {CalibrationMethod::none,
          CalibrationMethod::platt,
          CalibrationMethod::isotonic,
          CalibrationMethod::beta})
        if (text == to_string(method)) return method;
    return Failure{
        Fault::invalid,
        "calibration",
        fmt::format("unknown method '{}'; use none, platt, isotonic or beta", text)
    };
}

double Calibrator::apply(double p) const {
    switch (method_) {
    case CalibrationMethod::none: return p;
    case CalibrationMethod::platt: return sigmoid(values_[0] * logit(p) + values_[1]);
    case CalibrationMethod::beta: {
        auto const inside = clamp_probability(p);
        return sigmoid(
            values_[0] * std::log(inside) - values_[1] * std::log(1 - inside) + values_[2]
        );
    }
    case CalibrationMethod::isotonic: return std::isnan(p) ? p : interpolate(values_, p);
    }
    std::abort();
}

std::string Calibrator::print() const {
    std::string text{to_string(method_)};
    for (auto const value : values_)
        text += fmt::format(" {}", value); // shortest exact form
    return text;
}

Result<Calibrator> Calibrator::parse(std::string_view text) {
    auto const refuse = [&](std::string why) {
        return Failure{Fault::parse, "calibrator", std::move(why)};
    };
    auto const blank = std::min(text.find(' '), text.size());
    auto const method = parse_calibration_method(text.substr(0, blank));
    if (!method) return method.error();
    Calibrator calibrator;
    calibrator.method_ = *method;
    auto rest = text.substr(blank);
    while (!rest.empty()) {
        rest.remove_prefix(1);
        auto const end = std::min(rest.find(' '), rest.size());
        double value = 0;
        auto const [stop, error] = std::from_chars(rest.data(), rest.data() + end, value);
        if (error != std::errc{} || stop != rest.data() + end || !std::isfinite(value))
            return refuse(fmt::format("'{}' is not a number", rest.substr(0, end)));
        calibrator.values_.push_back(value);
        rest.remove_prefix(end);
    }
    auto const& values = calibrator.values_;
    auto const count = values.size();
    switch (*method) {
    case CalibrationMethod::none:
        if (count != 0) return refuse("none takes no numbers");
        break;
    case CalibrationMethod::platt:
        if (count != 2 || values[0] < 0) return refuse("platt takes a slope >= 0 and an intercept");
        break;
    case CalibrationMethod::beta:
        if (count != 3 || values[0] < 0 || values[1] < 0)
            return refuse("beta takes a >= 0, b >= 0 and c");
        break;
    case CalibrationMethod::isotonic:
        if (count < 2 || count % 2 != 0) return refuse("isotonic takes pairs of numbers");
        for (std::size_t i = 2; i < count; ++i)
            if (values[i] < values[i - 2]) return refuse("isotonic knots must not decrease");
        break;
    }
    return calibrator;
}

Result<Calibrator> fit_platt(std::span<double const> promised, std::span<double const> outcomes) {
    auto const counts = check("fit_platt", promised, outcomes);
    if (!counts) return counts.error();
    std::vector<double> scores;
    std::vector<double> targets;
    for (std::size_t i = 0; i < promised.size(); ++i) {
        scores.push_back(logit(promised[i]));
        targets.push_back(
            outcomes[i] == 1 ? (counts->wins + 1) / (counts->wins + 2) : 1 / (counts->losses + 2)
        );
    }
    auto const fit = fit_logistic({scores, 1}, targets, {}, {});
    if (!fit) return fit.error();
    if (fit->coefficients[0] < 0)
        return Failure{
            Fault::invalid,
            "fit_platt",
            "the model ranks outcomes backwards (negative slope): do not calibrate it, retrain it"
        };
    Calibrator calibrator;
    calibrator.method_ = CalibrationMethod::platt;
    calibrator.values_ = {fit->coefficients[0], fit->intercept};
    return calibrator;
}

Result<Calibrator> fit_beta(std::span<double const> promised, std::span<double const> outcomes) {
    auto const counts = check("fit_beta", promised, outcomes);
    if (!counts) return counts.error();
    // A negative a or b would make the map fall somewhere: that column is dropped, as the authors
    // do, and if both go only the constant stays.
    bool use_a = true;
    bool use_b = true;
    for (;;) {
        validation::RowTable table{static_cast<std::size_t>(use_a) + (use_b ? 1U : 0U)};
        std::vector<double> cells;
        for (auto const p : promised) {
            auto const inside = clamp_probability(p);
            cells.clear();
            if (use_a) cells.push_back(std::log(inside));
            if (use_b) cells.push_back(-std::log(1 - inside));
            table.add(cells);
        }
        auto const fit = fit_logistic(table.rows(), outcomes, {}, {});
        if (!fit) return fit.error();
        auto const a = use_a ? fit->coefficients.front() : 0;
        auto const b = use_b ? fit->coefficients.back() : 0;
        if (a >= 0 && b >= 0) {
            Calibrator calibrator;
            calibrator.method_ = CalibrationMethod::beta;
            calibrator.values_ = {a, b, fit->intercept};
            return calibrator;
        }
        if ((a < 0 && !use_b) || (b < 0 && !use_a) || (a < 0 && b < 0))
            return Failure{
                Fault::invalid,
                "fit_beta",
                "the model ranks outcomes backwards: do not calibrate it, retrain it"
            };
        (a < 0 ? use_a : use_b) = false;
    }
}

Result<Calibrator>
fit_isotonic(std::span<double const> promised, std::span<double const> outcomes, double end_prior) {
    auto const counts = check("fit_isotonic", promised, outcomes);
    if (!counts) return counts.error();
    std::vector<std::size_t> order(promised.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    // Equal promises fall into one block, so their order does not matter.
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return promised[a] < promised[b];
    });
    std::vector<Block> blocks;
    for (std::size_t i = 0; i < order.size();) {
        Block block{0, 0, 0, promised[order[i]], promised[order[i]]};
        for (; i < order.size() && promised[order[i]] == block.first; ++i) {
            block.weight += 1;
            block.outcome_sum += outcomes[order[i]];
            block.promise_sum += block.first;
        }
        blocks.push_back(block);
        // Compared without the prior first: pooling is the plain algorithm's.
        while (blocks.size() > 1) {
            auto const& right = blocks.back();
            auto& left = blocks[blocks.size() - 2];
            if (left.outcome_sum * right.weight < right.outcome_sum * left.weight) break;
            left.weight += right.weight;
            left.outcome_sum += right.outcome_sum;
            left.promise_sum += right.promise_sum;
            left.last = right.last;
            blocks.pop_back();
        }
    }
    Calibrator calibrator;
    calibrator.method_ = CalibrationMethod::isotonic;
    double floor = 0;
    for (auto const& block : blocks) {
        // The prior pulls small blocks to their promise and may break the order by a hair.
        floor = std::max(floor, block.mean(end_prior));
        calibrator.values_.insert(calibrator.values_.end(), {block.first, floor});
        if (block.last > block.first)
            calibrator.values_.insert(calibrator.values_.end(), {block.last, floor});
    }
    return calibrator;
}

Result<Calibrator> fit_calibrator(
    CalibrationMethod method, std::span<double const> promised, std::span<double const> outcomes
) {
    switch (method) {
    case CalibrationMethod::none: return Calibrator{};
    case CalibrationMethod::platt: return fit_platt(promised, outcomes);
    case CalibrationMethod::isotonic: return fit_isotonic(promised, outcomes);
    case CalibrationMethod::beta: return fit_beta(promised, outcomes);
    }
    std::abort();
}

} // namespace polyquant::models::calibration

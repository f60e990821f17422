#include "engine/backtest/quote_model.hpp"

#include "models/fingerprint.hpp"
#include "models/window/tail_shape.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <numbers>
#include <sstream>

namespace polyquant::backtest {

namespace {

namespace json = boost::json;

constexpr std::string_view format_name = "polyquant-quote-model";
constexpr int format_version = 1;
// Beyond it a quote is at the last cent anyway.
constexpr double log_odds_reach = 8;

template <std::size_t N>
std::size_t bin_of(std::array<double, N> const& upper_ends, double value) {
    auto const it = std::lower_bound(upper_ends.begin(), upper_ends.end(), value);
    return std::min(static_cast<std::size_t>(it - upper_ends.begin()), N - 1);
}

json::value print(double value) {
    return value;
}

template <class T, std::size_t N>
json::value print(std::array<T, N> const& values) {
    json::array out;
    for (auto const& value : values)
        out.push_back(print(value));
    return out;
}

bool read(json::value const& from, double& to) {
    boost::system::error_code ec;
    to = from.to_number<double>(ec);
    return !ec && std::isfinite(to);
}

template <class T, std::size_t N>
bool read(json::value const& from, std::array<T, N>& to) {
    auto const* array = from.if_array();
    if (array == nullptr || array->size() != N) return false;
    for (std::size_t i = 0; i < N; ++i)
        if (!read((*array)[i], to[i])) return false;
    return true;
}

// Every number of the model once, with its key: printing, reading and hashing walk it.
template <class Model, class Visit>
void for_each_number(Model& model, Visit visit) {
    visit("lag_seconds", model.lag_seconds);
    visit("slope", model.slope);
    visit("deviation_sd", model.deviation_sd);
    visit("informed_share", model.informed_share);
    visit("deviation_half_life", model.deviation_half_life);
    visit("spread", model.spread);
    visit("ask_missing", model.ask_missing);
    visit("missing_half_life", model.missing_half_life);
    visit("spread_half_life", model.spread_half_life);
    visit("size_log_mean", model.size_log_mean);
    visit("size_log_sd", model.size_log_sd);
    visit("depth_log_ratio", model.depth_log_ratio);
}

void add(models::Fingerprint& print, double value) {
    print.add(value);
}

template <class T, std::size_t N>
void add(models::Fingerprint& print, std::array<T, N> const& values) {
    for (auto const& value : values)
        add(print, value);
}

} // namespace

std::size_t seconds_left_bin(double seconds_left) {
    return bin_of(seconds_left_bins, seconds_left);
}

std::size_t favourite_bin(double mid_of_favourite) {
    return bin_of(favourite_bins, mid_of_favourite);
}

std::string QuoteModel::to_json() const {
    json::object numbers;
    for_each_number(*this, [&](char const* key, auto const& value) {
        numbers[key] = print(value);
    });
    auto text = fmt::format(
        "{{\n  \"format\": \"{}\",\n  \"version\": {},\n  \"fitted_on\": {},\n  \"command\": {},\n"
        "  \"seconds_left_bins\": {},\n  \"favourite_bins\": {}",
        format_name,
        format_version,
        json::serialize(json::value(fitted_on)),
        json::serialize(json::value(command)),
        json::serialize(print(seconds_left_bins)),
        json::serialize(print(favourite_bins))
    );
    for (auto const& [key, value] : numbers)
        text += fmt::format(",\n  \"{}\": {}", std::string_view{key}, json::serialize(value));
    return text + "\n}\n";
}

Result<QuoteModel> QuoteModel::from_json(std::string_view text, std::string const& where) {
    auto const bad = [&](std::string detail) {
        return Failure{Fault::parse, where, std::move(detail)};
    };
    boost::system::error_code ec;
    auto const parsed = json::parse(text, ec);
    auto const* object = parsed.if_object();
    if (ec || object == nullptr) return bad("is no JSON object");
    auto const* format = object->if_contains("format");
    if (format == nullptr || *format != json::value(format_name))
        return bad(fmt::format("is no {} (\"format\" says otherwise)", format_name));
    auto const* version = object->if_contains("version");
    if (version == nullptr || *version != json::value(format_version))
        return bad(fmt::format("has another version than {}", format_version));
    QuoteModel model;
    std::string wrong;
    for_each_number(model, [&](char const* key, auto& value) {
        auto const* cell = object->if_contains(key);
        if (cell == nullptr || !read(*cell, value))
            wrong += fmt::format("{}{}", wrong.empty() ? "" : ", ", key);
    });
    if (!wrong.empty()) return bad("missing, not a number or of another shape: " + wrong);
    for (auto [key, to] : {std::pair{"fitted_on", &model.fitted_on}, {"command", &model.command}})
        if (auto const* cell = object->if_contains(key); cell != nullptr && cell->is_string())
            *to = cell->as_string();
    if (auto defect = defect_of(model); !defect.empty()) return bad(std::move(defect));
    return model;
}

Result<QuoteModel> QuoteModel::load(std::filesystem::path const& file) {
    std::ifstream in{file};
    std::ostringstream text;
    text << in.rdbuf();
    if (!in) return Failure{Fault::invalid, file.string(), "cannot be read"};
    return from_json(text.str(), file.string());
}

std::uint64_t QuoteModel::hash() const {
    models::Fingerprint print;
    for_each_number(*this, [&](char const*, auto const& value) { add(print, value); });
    return print.value();
}

std::string defect_of(QuoteModel const& model) {
    if (model.lag_seconds < -10 || model.lag_seconds > 60) return "lag_seconds must be -10 to 60";
    if (model.informed_share < 0 || model.informed_share > 1)
        return "informed_share must be 0 to 1";
    if (model.deviation_half_life <= 0 || model.missing_half_life <= 0 ||
        model.spread_half_life <= 0)
        return "half lives must be positive";
    for (std::size_t t = 0; t < seconds_left_bins.size(); ++t) {
        if (model.slope[t] <= 0) return "slope must be positive";
        if (model.deviation_sd[t] < 0 || model.size_log_sd[t] < 0)
            return "deviations must not be negative";
        for (std::size_t f = 0; f < favourite_bins.size(); ++f) {
            auto const missing = model.ask_missing[t][f];
            if (missing < 0 || missing > 1) return "ask_missing must be probabilities";
            double sum = 0;
            for (auto const p : model.spread[t][f]) {
                if (p < 0) return "spread must be probabilities";
                sum += p;
            }
            if (std::abs(sum - 1) > 1e-6) return "each row of spread must add up to 1";
        }
    }
    return {};
}

QuoteProcess::QuoteProcess(QuoteModel const& model, std::uint64_t seed, bool up_won)
    : model_{&model}, random_{seed}, direction_{up_won ? 1.0 : -1.0} {}

double QuoteProcess::normal() {
    auto const u = 1.0 - random_.uniform();
    auto const v = random_.uniform();
    return std::sqrt(-2.0 * std::log(u)) * std::cos(2.0 * std::numbers::pi * v);
}

void QuoteProcess::advance(double& state, double elapsed, double half_life) {
    auto const shock = normal();
    if (!started_) {
        state = shock;
        return;
    }
    auto const kept = std::exp2(-elapsed / half_life);
    state = kept * state + std::sqrt(1 - kept * kept) * shock;
}

ModelQuote QuoteProcess::at(double seconds_left, double fair_log_odds) {
    auto const& m = *model_;
    auto const elapsed = started_ ? std::max(0.0, last_left_ - seconds_left) : 0;
    advance(informed_, elapsed, m.deviation_half_life);
    advance(noise_, elapsed, m.deviation_half_life);
    advance(spread_, elapsed, m.spread_half_life);
    advance(missing_, elapsed, m.missing_half_life);
    advance(size_[0], elapsed, m.spread_half_life);
    advance(size_[1], elapsed, m.spread_half_life);
    started_ = true;
    last_left_ = seconds_left;

    auto const t = seconds_left_bin(seconds_left);
    auto const variance = m.deviation_sd[t] * m.deviation_sd[t];
    auto const informed_variance = variance * m.informed_share;
    auto const log_odds = m.slope[t] * std::clamp(fair_log_odds, -log_odds_reach, log_odds_reach) +
                          direction_ * informed_variance / 2 +
                          std::sqrt(informed_variance) * informed_ +
                          std::sqrt(variance - informed_variance) * noise_;
    ModelQuote quote;
    quote.mid = 1 / (1 + std::exp(-log_odds));

    auto const f = favourite_bin(std::max(quote.mid, 1 - quote.mid));
    auto left = models::window::normal_cdf(spread_);
    int ticks = 1;
    for (auto const p : m.spread[t][f]) {
        left -= p;
        if (left <= 0 || ticks == static_cast<int>(spread_ticks_max)) break;
        ++ticks;
    }
    quote.bid_cents = static_cast<int>(std::lround(100 * quote.mid - ticks / 2.0));
    quote.ask_cents = quote.bid_cents + ticks;
    if (quote.ask_cents > 99) quote.ask_cents = 0;
    if (quote.bid_cents < 1) quote.bid_cents = 0;
    auto const gone = models::window::normal_cdf(missing_) < m.ask_missing[t][f];
    // Nobody offers Down is the same as nobody bids for Up.
    if (gone) (quote.mid >= 0.5 ? quote.ask_cents : quote.bid_cents) = 0;

    for (std::size_t side = 0; side < 2; ++side) {
        auto& sizes = side == 0 ? quote.bid_sizes : quote.ask_sizes;
        auto const best = std::exp(m.size_log_mean[t] + m.size_log_sd[t] * size_[side]);
        sizes[0] = std::max(1.0, std::floor(best));
        auto const behind = best * std::max(0.0, std::exp(m.depth_log_ratio[t]) - 1) / 3;
        for (std::size_t n = 1; n < sizes.size(); ++n)
            sizes[n] = std::max(1.0, std::floor(behind));
    }
    return quote;
}

} // namespace polyquant::backtest

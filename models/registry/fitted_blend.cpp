#include "models/registry/fitted_blend.hpp"

#include "models/sealed_json.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <charconv>
#include <cmath>

namespace polyquant::models::registry {

namespace json = boost::json;

namespace {

constexpr Envelope envelope{"polyquant-market-blend", 1, "not a market blend file of polyquant"};

std::string text_of(json::object const& body, char const* key) {
    auto const* value = body.if_contains(key);
    return value != nullptr && value->is_string()
               ? std::string{std::string_view{value->get_string()}}
               : std::string{};
}

std::optional<double> number_of(json::object const& body, char const* key) {
    auto const text = text_of(body, key);
    double value = 0;
    auto const [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || stop != text.data() + text.size() || !std::isfinite(value))
        return std::nullopt;
    return value;
}

} // namespace

// Numbers that must come back to the bit are strings.
std::string to_text(FittedBlend const& fitted) {
    auto const& [slope, pull, intercept] = fitted.blend.coefficients();
    return seal_json(
        envelope,
        json::object{
            {"asset", to_string(fitted.asset)},
            {"style", window::to_string(fitted.style)},
            {"model", to_string(fitted.model)},
            {"slope", fmt::format("{}", slope)},
            {"pull", fmt::format("{}", pull)},
            {"intercept", fmt::format("{}", intercept)},
            {"windows", std::to_string(fitted.windows)},
            {"moments", std::to_string(fitted.moments)},
            {"first", format_utc(fitted.first)},
            {"until", format_utc(fitted.until)},
            {"command", fitted.command},
        }
    );
}

Result<FittedBlend> parse_fitted_blend(std::string_view text, std::string const& where) {
    auto const body = unseal_json(envelope, text, where);
    if (!body) return body.error();
    auto const refuse = [&](char const* key) {
        return Failure{
            Fault::parse,
            where,
            fmt::format(
                "\"{}\" is missing or makes no sense: make the file anew with `polyquant evaluate "
                "--blend`",
                key
            )
        };
    };
    FittedBlend fitted;
    auto const asset = parse_asset(text_of(**body, "asset"));
    if (!asset) return refuse("asset");
    auto const style = parse_label_style(text_of(**body, "style"));
    if (!style) return refuse("style");
    auto const kind = parse_model_kind(text_of(**body, "model"));
    if (!kind) return refuse("model");
    fitted.asset = *asset;
    fitted.style = *style;
    fitted.model = *kind;
    calibration::MarketBlend::Coefficients coefficients;
    double windows = 0;
    double moments = 0;
    for (auto const& [key, target] :
         {std::pair{"slope", &coefficients.slope},
          {"pull", &coefficients.pull},
          {"intercept", &coefficients.intercept},
          {"windows", &windows},
          {"moments", &moments}}) {
        auto const value = number_of(**body, key);
        if (!value) return refuse(key);
        *target = *value;
    }
    for (auto const& [key, target] : {std::pair{"windows", &windows}, {"moments", &moments}})
        if (!(*target >= 1 && *target < 1e9)) return refuse(key);
    fitted.blend = calibration::MarketBlend{coefficients};
    fitted.windows = static_cast<std::size_t>(windows);
    fitted.moments = static_cast<std::size_t>(moments);
    for (auto const& [key, target] :
         {std::pair{"first", &fitted.first}, {"until", &fitted.until}}) {
        auto const time = parse_utc(text_of(**body, key));
        if (!time) return refuse(key);
        *target = *time;
    }
    fitted.command = text_of(**body, "command");
    return fitted;
}

std::string describe(FittedBlend const& fitted) {
    return fmt::format(
        "{} {} {}: {} ({} windows from {} until {})",
        to_string(fitted.asset),
        window::to_string(fitted.style),
        to_string(fitted.model),
        fitted.blend.describe(),
        fitted.windows,
        format_utc(fitted.first),
        format_utc(fitted.until)
    );
}

} // namespace polyquant::models::registry

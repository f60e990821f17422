#include "connectors/json/dom.hpp"

#include "connectors/json/decimal.hpp"

#include <fmt/format.h>

namespace polyquant::json {

namespace {

// Before this many milliseconds (1973) a number must be seconds.
constexpr std::int64_t millis_min = 100'000'000'000;
// UtcTime counts nanoseconds in 64 bits: up to 2262.
constexpr std::int64_t millis_max = 9'000'000'000'000;
constexpr std::int64_t seconds_max = millis_max / 1000;

std::optional<UtcTime> time_of_number(std::int64_t value) {
    if (value <= 0 || value > millis_max) return std::nullopt;
    if (value >= millis_min) return utc_from_millis(value);
    if (value > seconds_max) return std::nullopt;
    return utc_from_seconds(value);
}

} // namespace

std::optional<Element> member(Element object, std::string_view key) {
    Element value;
    if (object[key].get(value) != simdjson::SUCCESS || value.is_null()) return std::nullopt;
    return value;
}

std::string_view text(Element object, std::string_view key) {
    std::string_view value;
    if (object[key].get_string().get(value) != simdjson::SUCCESS) return {};
    return value;
}

std::string text_or_number(Element object, std::string_view key) {
    std::int64_t number = 0;
    if (object[key].get_int64().get(number) == simdjson::SUCCESS) return fmt::format("{}", number);
    return std::string{text(object, key)};
}

std::optional<bool> flag(Element object, std::string_view key) {
    bool value = false;
    if (object[key].get_bool().get(value) != simdjson::SUCCESS) return std::nullopt;
    return value;
}

std::optional<std::int64_t> decimal(Element object, std::string_view key, int decimals, bool& bad) {
    auto const value = member(object, key);
    if (!value) return std::nullopt;
    std::string_view digits;
    double number = 0;
    std::int64_t parsed = 0;
    if (value->get_string().get(digits) == simdjson::SUCCESS) {
        if (digits.empty()) return std::nullopt;
        if (parse_decimal(digits, decimals, false, parsed)) return parsed;
    } else if (value->get_double().get(number) == simdjson::SUCCESS) {
        if (auto const nearest = nearest_decimal(number, decimals)) return nearest;
    }
    bad = true;
    return std::nullopt;
}

std::optional<std::int64_t> whole(Element object, std::string_view key) {
    auto const value = member(object, key);
    if (!value) return std::nullopt;
    std::int64_t number = 0;
    if (value->get_int64().get(number) == simdjson::SUCCESS) return number;
    std::string_view digits;
    if (value->get_string().get(digits) == simdjson::SUCCESS && parse_unsigned(digits, number))
        return number;
    return std::nullopt;
}

std::optional<UtcTime> time(Element object, std::string_view key) {
    if (auto const number = whole(object, key)) return time_of_number(*number);
    auto const iso = text(object, key);
    if (iso.empty()) return std::nullopt;
    auto const parsed = parse_utc(iso);
    if (!parsed) return std::nullopt;
    return *parsed;
}

std::optional<std::vector<std::string>> strings(Element object, std::string_view key) {
    auto value = member(object, key);
    if (!value) return std::nullopt;
    simdjson::dom::parser inner;
    std::string_view encoded;
    if (value->get_string().get(encoded) == simdjson::SUCCESS) {
        Element decoded;
        if (inner.parse(encoded.data(), encoded.size()).get(decoded) != simdjson::SUCCESS)
            return std::nullopt;
        value = decoded;
    }
    simdjson::dom::array items;
    if (value->get_array().get(items) != simdjson::SUCCESS) return std::nullopt;
    std::vector<std::string> result;
    for (auto item : items) {
        std::string_view one;
        if (item.get_string().get(one) != simdjson::SUCCESS) return std::nullopt;
        result.emplace_back(one);
    }
    return result;
}

std::string excerpt(std::string_view frame) {
    std::string shown = "\"";
    for (char c : frame.substr(0, 120))
        shown += c >= 0x20 && c < 0x7f ? c : '?';
    return shown + (frame.size() > 120 ? "...\"" : "\"");
}

Result<Element>
parse(simdjson::dom::parser& parser, std::string_view text, std::string_view where) {
    Element root;
    if (text.data() == nullptr) text = ""; // it copies from where it is told to, also nothing
    auto const error = parser.parse(text.data(), text.size()).get(root);
    if (error == simdjson::SUCCESS) return root;
    return Failure{
        Fault::parse,
        std::string{where},
        fmt::format("{}: {}", simdjson::error_message(error), excerpt(text))
    };
}

} // namespace polyquant::json

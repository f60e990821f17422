#include "engine/core/units.hpp"

#include <fmt/format.h>

#include <limits>

namespace polyquant {

namespace {

__extension__ typedef __int128 Wide;

Wide floor_div(Wide a, Wide b) {
    auto const q = a / b;
    return (a % b != 0 && (a < 0) != (b < 0)) ? q - 1 : q;
}

Failure bad_number(std::string_view text, std::string why) {
    return Failure{Fault::parse, "number", fmt::format("\"{}\": {}", text.substr(0, 40), why)};
}

struct Digits {
    bool negative = false;
    std::string_view whole;
    std::string_view fraction;
};

bool all_digits(std::string_view text) {
    for (char c : text)
        if (c < '0' || c > '9') return false;
    return true;
}

Result<Digits> split(std::string_view text) {
    Digits parts;
    auto rest = text;
    if (!rest.empty() && rest.front() == '-') {
        parts.negative = true;
        rest.remove_prefix(1);
    }
    auto const point = rest.find('.');
    parts.whole = rest.substr(0, point);
    if (point != std::string_view::npos) parts.fraction = rest.substr(point + 1);
    if (parts.whole.empty() && parts.fraction.empty()) return bad_number(text, "no digits");
    if (!all_digits(parts.whole) || !all_digits(parts.fraction))
        return bad_number(text, "not a plain decimal number");
    return parts;
}

Result<std::int64_t> assemble(std::string_view text, Digits const& parts, int decimals) {
    Wide value = 0;
    auto push = [&value](char c) {
        value = value * 10 + (c - '0');
        return value <= std::numeric_limits<std::int64_t>::max();
    };
    for (char c : parts.whole)
        if (!push(c)) return bad_number(text, "too large");
    for (int i = 0; i < decimals; ++i) {
        auto const at = static_cast<std::size_t>(i);
        if (!push(at < parts.fraction.size() ? parts.fraction[at] : '0'))
            return bad_number(text, "too large");
    }
    auto const result = static_cast<std::int64_t>(value);
    return parts.negative ? -result : result;
}

template <class T>
Result<T> micro_value(std::string_view text) {
    auto micros = parse_fixed(text, 6);
    if (!micros) return micros.error();
    return T::from_micros(*micros);
}

} // namespace

Usdc cost_rounded_up(Price price, Shares size) {
    auto const product = Wide{price.micros()} * size.micros();
    return Usdc::from_micros(static_cast<std::int64_t>(-floor_div(-product, Price::scale)));
}

Usdc cost_rounded_down(Price price, Shares size) {
    auto const product = Wide{price.micros()} * size.micros();
    return Usdc::from_micros(static_cast<std::int64_t>(floor_div(product, Price::scale)));
}

Shares shares_affordable(Usdc money, Price price, Shares step) {
    if (price.micros() <= 0 || step.micros() <= 0 || money.micros() <= 0) return Shares{};
    auto const exact = Wide{money.micros()} * Price::scale / price.micros();
    return Shares::from_micros(static_cast<std::int64_t>(exact / step.micros() * step.micros()));
}

Price round_to_tick(Price price, Price tick, Side side) {
    ENSURE(tick.micros() > 0, "tick must be positive");
    auto const steps = side == Side::buy ? floor_div(price.micros(), tick.micros())
                                         : -floor_div(-price.micros(), tick.micros());
    return Price::from_micros(static_cast<std::int64_t>(steps * tick.micros()));
}

bool is_on_tick(Price price, Price tick) {
    return tick.micros() > 0 && price.micros() % tick.micros() == 0;
}

Result<std::int64_t> parse_fixed(std::string_view text, int decimals) {
    auto parts = split(text);
    if (!parts) return parts.error();
    for (auto i = static_cast<std::size_t>(decimals); i < parts->fraction.size(); ++i)
        if (parts->fraction[i] != '0')
            return bad_number(text, fmt::format("more than {} decimals", decimals));
    return assemble(text, *parts, decimals);
}

std::string format_fixed(std::int64_t value, int decimals) {
    auto const negative = value < 0;
    auto digits = fmt::format(
        "{:0>{}}",
        negative ? fmt::format("{}", value).substr(1) : fmt::format("{}", value),
        decimals + 1
    );
    auto const point = digits.size() - static_cast<std::size_t>(decimals);
    auto fraction = digits.substr(point);
    while (!fraction.empty() && fraction.back() == '0')
        fraction.pop_back();
    return (negative ? "-" : "") + digits.substr(0, point) +
           (fraction.empty() ? "" : "." + fraction);
}

Result<Price> parse_price(std::string_view text) {
    return micro_value<Price>(text);
}

Result<Shares> parse_shares(std::string_view text) {
    return micro_value<Shares>(text);
}

Result<Usdc> parse_usdc(std::string_view text) {
    return micro_value<Usdc>(text);
}

Result<UsdPrice> parse_usd_price(std::string_view text) {
    auto parts = split(text);
    if (!parts) return parts.error();
    auto e8 = assemble(text, *parts, 8);
    if (!e8) return e8.error();
    return UsdPrice::from_e8(*e8);
}

std::string to_string(Price value) {
    return format_fixed(value.micros(), 6);
}

std::string to_string(Shares value) {
    return format_fixed(value.micros(), 6);
}

std::string to_string(Usdc value) {
    return format_fixed(value.micros(), 6);
}

std::string to_string(UsdPrice value) {
    return format_fixed(value.e8(), 8);
}

std::string to_cents_text(Usdc value) {
    auto const negative = value.micros() < 0;
    auto const magnitude = negative ? -value.micros() : value.micros();
    auto const in_cents = (magnitude + 5'000) / 10'000;
    auto const sign = negative && in_cents != 0 ? "-" : "";
    return fmt::format("{}{}.{:02}", sign, in_cents / 100, in_cents % 100);
}

double to_double(Price value) {
    return static_cast<double>(value.micros()) / Price::scale;
}

double to_double(Shares value) {
    return static_cast<double>(value.micros()) / Shares::scale;
}

double to_double(Usdc value) {
    return static_cast<double>(value.micros()) / Usdc::scale;
}

double to_double(UsdPrice value) {
    return static_cast<double>(value.e8()) / UsdPrice::scale;
}

} // namespace polyquant

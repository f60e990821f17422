#include "connectors/json/decimal.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace polyquant::json {

namespace {

constexpr auto powers_of_ten = [] {
    std::array<std::uint64_t, 20> powers{1};
    for (std::size_t i = 1; i < powers.size(); ++i)
        powers[i] = powers[i - 1] * 10;
    return powers;
}();

constexpr std::size_t safe_digits = 18; // 10^18 - 1 fits an int64

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

// Up to 19 digits, no check for overflow.
bool digits_value(std::string_view text, std::uint64_t& to) {
    std::uint64_t value = 0;
    for (char c : text) {
        if (!is_digit(c)) return false;
        value = value * 10 + static_cast<std::uint64_t>(c - '0');
    }
    to = value;
    return true;
}

// limbs = limbs * factor + add, least significant first; the carry out.
std::uint64_t
multiply_add(std::array<std::uint64_t, 4>& limbs, std::uint64_t factor, std::uint64_t add) {
    __extension__ typedef unsigned __int128 Wide;
    auto carry = Wide{add};
    for (auto& limb : limbs) {
        carry += Wide{limb} * factor;
        limb = static_cast<std::uint64_t>(carry);
        carry >>= 64;
    }
    return static_cast<std::uint64_t>(carry);
}

} // namespace

bool parse_decimal(std::string_view text, int decimals, bool cut, std::int64_t& to) {
    auto const point = text.find('.');
    auto const whole = text.substr(0, point);
    auto fraction = point == std::string_view::npos ? std::string_view{} : text.substr(point + 1);
    if (whole.empty() && fraction.empty()) return false;
    auto const places = static_cast<std::size_t>(decimals);
    if (fraction.size() > places) {
        auto const excess = fraction.substr(places);
        if (!std::ranges::all_of(excess, [cut](char c) {
                return c == '0' || (cut && is_digit(c));
            }))
            return false;
        fraction = fraction.substr(0, places);
    }
    if (whole.size() + places > safe_digits) return false;
    std::uint64_t high = 0;
    std::uint64_t low = 0;
    if (!digits_value(whole, high) || !digits_value(fraction, low)) return false;
    to = static_cast<std::int64_t>(
        high * powers_of_ten[places] + low * powers_of_ten[places - fraction.size()]
    );
    return true;
}

bool parse_unsigned(std::string_view text, std::int64_t& to) {
    std::uint64_t value = 0;
    if (text.empty() || text.size() > safe_digits || !digits_value(text, value)) return false;
    to = static_cast<std::int64_t>(value);
    return true;
}

bool parse_token(std::string_view text, TokenId& to) {
    constexpr std::size_t chunk = 19;
    if (text.empty() || text.size() > 78) return false;
    std::array<std::uint64_t, 4> limbs{};
    for (std::size_t at = 0; at < text.size(); at += chunk) {
        auto const part = text.substr(at, chunk);
        std::uint64_t value = 0;
        if (!digits_value(part, value)) return false;
        if (multiply_add(limbs, powers_of_ten[part.size()], value) != 0) return false;
    }
    for (std::size_t i = 0; i < 32; ++i)
        to.bytes[31 - i] = static_cast<std::uint8_t>(limbs[i / 8] >> (8 * (i % 8)));
    return true;
}

std::optional<std::int64_t> nearest_decimal(double value, int decimals) {
    auto const scaled =
        value * static_cast<double>(powers_of_ten[static_cast<std::size_t>(decimals)]);
    if (!std::isfinite(scaled) || std::abs(scaled) >= 9e15) return std::nullopt;
    auto const nearest = std::round(scaled);
    auto const tolerance =
        std::max(1e-6, std::abs(scaled) * 4 * std::numeric_limits<double>::epsilon());
    if (std::abs(scaled - nearest) > tolerance) return std::nullopt;
    return static_cast<std::int64_t>(nearest);
}

} // namespace polyquant::json

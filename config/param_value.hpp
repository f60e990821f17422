// How each type of parameter is read from and printed to configuration text. Printed text is TOML
// and reads back to an equal value; hashes and journals are made of it.
#pragma once

#include "config/raw_value.hpp"
#include "engine/core/market.hpp"
#include "engine/core/time.hpp"
#include "engine/core/units.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace polyquant::config {

// One value for each asset; text "{ btc = 0.7, eth = 0.7 }", where what is left out keeps its
// default, or one number for all four.
struct PerAsset {
    std::array<double, asset_count> values{};

    constexpr PerAsset() = default;

    constexpr explicit PerAsset(double all) { values.fill(all); }

    constexpr double operator[](Asset asset) const { return values[index_of(asset)]; }

    friend constexpr bool operator==(PerAsset const&, PerAsset const&) = default;
};

using AssetList = std::vector<Asset>;
using TextList = std::vector<std::string>;

// What is wrong with a text, or nothing.
using Complaint = std::optional<std::string>;

// Money and prices: a TOML number or string, refused unless it is a whole number of the type's
// smallest step. Durations: a string with its unit ("250ms", "45s", "5m", "4h", "2d"); a bare
// number is refused because seconds and milliseconds would look alike.
Complaint read_value(RawValue const& raw, Price& out);
Complaint read_value(RawValue const& raw, Usdc& out);
Complaint read_value(RawValue const& raw, Shares& out);
Complaint read_value(RawValue const& raw, UsdPrice& out);
Complaint read_value(RawValue const& raw, Millis& out);
Complaint read_value(RawValue const& raw, Seconds& out);
Complaint read_value(RawValue const& raw, int& out);
Complaint read_value(RawValue const& raw, std::int64_t& out);
Complaint read_value(RawValue const& raw, double& out); // finite numbers only
Complaint read_value(RawValue const& raw, bool& out);
Complaint read_value(RawValue const& raw, std::string& out);
Complaint read_value(RawValue const& raw, TextList& out);
Complaint read_value(RawValue const& raw, AssetList& out); // each asset at most once
Complaint read_value(RawValue const& raw, PerAsset& out);

std::string print_value(Price value);
std::string print_value(Usdc value);
std::string print_value(Shares value);
std::string print_value(UsdPrice value);
std::string print_value(Millis value);
std::string print_value(Seconds value);
std::string print_value(int value);
std::string print_value(std::int64_t value);
std::string print_value(double value);
std::string print_value(bool value);
std::string print_value(std::string const& value);
std::string print_value(TextList const& value);
std::string print_value(AssetList const& value);
std::string print_value(PerAsset const& value);

// Enums take part by a function next to their definition, found by its argument:
//   constexpr std::array<Choice<Tone>, 2> choices(Tone) { return {{{"low", Tone::low}, ...}}; }
template <class E>
struct Choice {
    std::string_view name;
    E value;
};

template <class E>
concept NamedEnum = std::is_enum_v<E> && requires(E e) { choices(e); };

Complaint
read_choice(RawValue const& raw, std::vector<std::string_view> const& names, std::size_t& index);

template <NamedEnum E>
std::vector<std::string_view> choice_names() {
    std::vector<std::string_view> names;
    for (auto const& choice : choices(E{}))
        names.push_back(choice.name);
    return names;
}

template <NamedEnum E>
Complaint read_value(RawValue const& raw, E& out) {
    std::size_t index = 0;
    if (auto complaint = read_choice(raw, choice_names<E>(), index)) return complaint;
    out = choices(E{})[index].value;
    return std::nullopt;
}

template <NamedEnum E>
std::string_view name_of_choice(E value) {
    for (auto const& choice : choices(E{}))
        if (choice.value == value) return choice.name;
    return "?";
}

template <NamedEnum E>
std::string print_value(E value) {
    return '"' + std::string{name_of_choice(value)} + '"';
}

// The type of a parameter's limits: its own type, its element's type, or none.
struct NoBound {};

template <class V>
struct BoundOf {
    using type = std::conditional_t<std::is_enum_v<V>, NoBound, V>;
};

template <>
struct BoundOf<bool> {
    using type = NoBound;
};

template <>
struct BoundOf<std::string> {
    using type = NoBound;
};

template <>
struct BoundOf<TextList> {
    using type = NoBound;
};

template <>
struct BoundOf<AssetList> {
    using type = NoBound;
};

template <>
struct BoundOf<PerAsset> {
    using type = double;
};

template <class V>
using Bound = typename BoundOf<V>::type;

template <class V>
bool is_within(V const& value, V const& min, V const& max) {
    return value >= min && value <= max;
}

inline bool is_within(PerAsset const& value, double min, double max) {
    for (auto const v : value.values)
        if (v < min || v > max) return false;
    return true;
}

// For documentation: "price", "money", "duration", "one of: ...".
template <class V>
std::string type_name() {
    if constexpr (std::is_same_v<V, Price>)
        return "price";
    else if constexpr (std::is_same_v<V, Usdc>)
        return "money";
    else if constexpr (std::is_same_v<V, Shares>)
        return "shares";
    else if constexpr (std::is_same_v<V, UsdPrice>)
        return "price of a coin";
    else if constexpr (std::is_same_v<V, Millis> || std::is_same_v<V, Seconds>)
        return "duration";
    else if constexpr (std::is_same_v<V, int> || std::is_same_v<V, std::int64_t>)
        return "whole number";
    else if constexpr (std::is_same_v<V, double>)
        return "number";
    else if constexpr (std::is_same_v<V, bool>)
        return "true or false";
    else if constexpr (std::is_same_v<V, std::string>)
        return "text";
    else if constexpr (std::is_same_v<V, TextList>)
        return "list of texts";
    else if constexpr (std::is_same_v<V, AssetList>)
        return "list of assets";
    else if constexpr (std::is_same_v<V, PerAsset>)
        return "number for each asset";
    else
        return "choice";
}

} // namespace polyquant::config

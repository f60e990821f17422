// Random parameter values for properties: any value of a table that breaks no rule of its struct.
#pragma once

#include "config/param_table.hpp"

#include <rapidcheck.h>

#include <algorithm>

namespace polyquant::test {

inline std::int64_t between(std::int64_t low, std::int64_t high) {
    if (low == high) return low;
    // At full size from the first case on: otherwise early cases stay near `low`.
    auto const drawn =
        *rc::gen::resize(rc::kNominalSize, rc::gen::inRange<std::int64_t>(low, high));
    return *rc::gen::weightedElement<std::int64_t>({{8, drawn}, {1, low}, {1, high}});
}

inline double between(double low, double high) {
    constexpr std::int64_t steps = 1'000'003;
    return std::clamp(
        low + (high - low) * static_cast<double>(between(std::int64_t{0}, steps)) / steps, low, high
    );
}

inline std::string random_text() {
    static auto const pieces = {
        "a", "Z", "9", " ", "\"", "\\", "#", "\n", "\t", "\x01", "\x7f", "=", "[", "'", "\u00e9"
    };
    std::string text;
    auto const length = between(std::int64_t{0}, std::int64_t{8});
    for (std::int64_t i = 0; i < length; ++i)
        text += *rc::gen::elementOf(std::vector<std::string>(pieces.begin(), pieces.end()));
    return text;
}

template <class Row>
typename Row::Value random_value(Row const& row) {
    using V = typename Row::Value;
    if constexpr (config::NamedEnum<V>) {
        auto const all = choices(V{});
        return all[static_cast<std::size_t>(
                       between(std::int64_t{0}, static_cast<std::int64_t>(all.size()) - 1)
                   )]
            .value;
    } else if constexpr (std::is_same_v<V, bool>) {
        return between(std::int64_t{0}, std::int64_t{1}) == 1;
    } else if constexpr (std::is_same_v<V, std::string>) {
        return random_text();
    } else if constexpr (std::is_same_v<V, config::TextList>) {
        config::TextList texts;
        for (auto n = between(std::int64_t{0}, std::int64_t{3}); n > 0; --n)
            texts.push_back(random_text());
        return texts;
    } else if constexpr (std::is_same_v<V, config::AssetList>) {
        config::AssetList assets;
        for (auto const asset : all_assets)
            if (between(std::int64_t{0}, std::int64_t{1}) == 1) assets.push_back(asset);
        if (between(std::int64_t{0}, std::int64_t{1}) == 1)
            std::reverse(assets.begin(), assets.end());
        return assets;
    } else if constexpr (std::is_same_v<V, config::PerAsset>) {
        config::PerAsset values;
        for (auto& value : values.values)
            value = between(row.min, row.max);
        return values;
    } else if constexpr (std::is_same_v<V, double>) {
        return between(row.min, row.max);
    } else if constexpr (std::is_same_v<V, int> || std::is_same_v<V, std::int64_t>) {
        return static_cast<V>(between(std::int64_t{row.min}, std::int64_t{row.max}));
    } else if constexpr (requires { row.min.micros(); }) {
        return V::from_micros(between(row.min.micros(), row.max.micros()));
    } else if constexpr (requires { row.min.e8(); }) {
        return V::from_e8(between(row.min.e8(), row.max.e8()));
    } else {
        return V{between(std::int64_t{row.min.count()}, std::int64_t{row.max.count()})};
    }
}

template <class P>
bool is_sound(P const& params) {
    if constexpr (requires { params.faults(); })
        return params.faults().empty();
    else
        return true;
}

// About a third of the members take a random value, where the struct's rules allow it.
template <class P>
P random_params(P start = {}) {
    config::for_each_param<P>([&](auto const& row) {
        if (between(std::int64_t{0}, std::int64_t{2}) != 0) return;
        auto const before = start.*row.member;
        start.*row.member = random_value(row);
        if (!is_sound(start)) start.*row.member = before;
    });
    return start;
}

} // namespace polyquant::test

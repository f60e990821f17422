// Catch2 with readable failures for our values. Include this instead of <catch2/catch.hpp>.
#pragma once

#include "engine/core/failure.hpp"
#include "engine/core/ids.hpp"
#include "engine/core/time.hpp"
#include "engine/core/units.hpp"

#include <catch2/catch.hpp>

#include <concepts>
#include <string>

namespace Catch {

template <class T>
    requires requires(T const& value) {
        { polyquant::to_string(value) } -> std::convertible_to<std::string_view>;
    }
struct StringMaker<T> {
    static std::string convert(T const& value) { return std::string{polyquant::to_string(value)}; }
};

template <>
struct StringMaker<polyquant::UtcTime> {
    static std::string convert(polyquant::UtcTime const& value) {
        return polyquant::format_utc(value);
    }
};

template <class T>
struct StringMaker<polyquant::Result<T>> {
    static std::string convert(polyquant::Result<T> const& result) {
        if (result.has_error()) return "{ " + polyquant::describe(result.error()) + " }";
        if constexpr (std::is_void_v<T>)
            return "{ success }";
        else
            return StringMaker<T>::convert(result.value());
    }
};

} // namespace Catch

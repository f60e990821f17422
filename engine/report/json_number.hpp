// JSON knows no NaN: a figure that does not exist is null.
#pragma once

#include <boost/json.hpp>

#include <cmath>

namespace polyquant::report {

inline boost::json::value number(double value) {
    if (!std::isfinite(value)) return nullptr;
    return value;
}

} // namespace polyquant::report

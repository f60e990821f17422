// Files of one JSON object a line.
#pragma once

#include "engine/core/failure.hpp"

#include <boost/json/fwd.hpp>

#include <functional>
#include <string>
#include <string_view>

namespace polyquant::models::window {

// Calls `visit` with the object of every line that is not empty. Stops at the first line that is no
// object, or that `visit` finds fault with (it says what is wrong; empty: nothing), and names it.
Result<void> for_each_json_line(
    std::string_view text,
    std::string const& where,
    std::function<std::string(boost::json::object const&)> const& visit
);

} // namespace polyquant::models::window

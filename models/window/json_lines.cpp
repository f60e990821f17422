#include "models/window/json_lines.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace polyquant::models::window {

Result<void> for_each_json_line(
    std::string_view text,
    std::string const& where,
    std::function<std::string(boost::json::object const&)> const& visit
) {
    for (std::size_t number = 1; !text.empty(); ++number) {
        auto const end = std::min(text.find('\n'), text.size());
        auto const line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.empty() || line == "\r") continue;
        boost::system::error_code ec;
        auto const json = boost::json::parse(line, ec);
        auto const* object = ec ? nullptr : json.if_object();
        auto const fault = object == nullptr ? std::string{"is no JSON object"} : visit(*object);
        if (!fault.empty())
            return Failure{Fault::parse, fmt::format("{}:{}", where, number), fault};
    }
    return boost::system::in_place_value;
}

} // namespace polyquant::models::window

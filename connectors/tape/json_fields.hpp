// Reading fields of a JSON object that may be missing or of another type.
#pragma once

#include <boost/json.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace polyquant::tape {

inline boost::json::value const* field(boost::json::object const& object, std::string_view key) {
    return object.if_contains({key.data(), key.size()});
}

inline std::optional<std::string_view>
text_field(boost::json::object const& object, std::string_view key) {
    auto const* value = field(object, key);
    if (value == nullptr || !value->is_string()) return std::nullopt;
    auto const& text = value->get_string();
    return std::string_view{text.data(), text.size()};
}

inline std::optional<double> number_field(boost::json::object const& object, std::string_view key) {
    auto const* value = field(object, key);
    if (value == nullptr || !value->is_number()) return std::nullopt;
    return value->to_number<double>();
}

inline bool true_field(boost::json::object const& object, std::string_view key) {
    auto const* value = field(object, key);
    return value != nullptr && value->is_bool() && value->get_bool();
}

} // namespace polyquant::tape

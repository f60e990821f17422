#include "config/raw_value.hpp"

#include <cstdlib>

namespace polyquant::config {

RawValue const* RawValue::find(std::string_view member) const {
    if (kind != Kind::table) return nullptr;
    for (auto const& item : items)
        if (item.key == member) return &item;
    return nullptr;
}

std::string_view to_string(RawValue::Kind kind) {
    switch (kind) {
    case RawValue::Kind::string: return "a text";
    case RawValue::Kind::integer: return "a whole number";
    case RawValue::Kind::real: return "a decimal number";
    case RawValue::Kind::boolean: return "a truth value";
    case RawValue::Kind::date: return "a date or time";
    case RawValue::Kind::list: return "a list";
    case RawValue::Kind::table: return "a table";
    }
    std::abort();
}

} // namespace polyquant::config

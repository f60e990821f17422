// Tolerant reading of a parsed JSON document: the venues send the same value as text, number, "" or
// null depending on the endpoint and the year. For .cpp files only.
#pragma once

#include "engine/core/time.hpp"
#include "engine/core/units.hpp"

#include <simdjson.h>

#include <optional>
#include <string>
#include <string_view>

namespace polyquant::json {

using Element = simdjson::dom::element;

// The member, unless it is missing or null or `object` is no object.
std::optional<Element> member(Element object, std::string_view key);

// Text of a string member; empty when it is missing, null or something else.
std::string_view text(Element object, std::string_view key);

// Text of a string or the digits of a whole number.
std::string text_or_number(Element object, std::string_view key);

std::optional<bool> flag(Element object, std::string_view key);

// Integer count of 10^-decimals from text or number; empty when missing, null or "".
// `bad` is set when something is there but is no such decimal.
std::optional<std::int64_t> decimal(Element object, std::string_view key, int decimals, bool& bad);

std::optional<std::int64_t> whole(Element object, std::string_view key);

// Unix seconds or milliseconds (told apart by size) as text or number, or ISO text.
std::optional<UtcTime> time(Element object, std::string_view key);

// An array, also when it comes as text that holds JSON ("[\"Up\", \"Down\"]"): the strings in it.
// Empty when it is missing or holds anything but strings.
std::optional<std::vector<std::string>> strings(Element object, std::string_view key);

// "\"...first characters of the frame...\"" for error messages, printable only.
std::string excerpt(std::string_view frame);

// Parses; a Failure names `where` and shows the beginning of the text.
Result<Element> parse(simdjson::dom::parser& parser, std::string_view text, std::string_view where);

} // namespace polyquant::json
